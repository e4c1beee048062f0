"""End of joblib workers whose parent process has ended."""

import multiprocessing
import os
import threading
import time

POLL_INTERVAL = 0.5  # seconds


def end_with_parent():
    """Make a joblib worker end soon after its parent, even if that was killed.

    By itself a worker notices it only after its task, which may be hours of training.
    """
    if multiprocessing.current_process().name.startswith("LokyProcess"):
        parent = multiprocessing.parent_process()
        threading.Thread(target=_watch, args=[parent], daemon=True).start()


def _watch(parent):
    if os.name == "nt":  # getppid() returns the number of a parent that has ended
        parent.join()
    else:  # joblib passes on nothing that join() could wait for
        while os.getppid() == parent.pid:
            time.sleep(POLL_INTERVAL)
    os._exit(1)
