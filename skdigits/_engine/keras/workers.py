"""Workers of joblib that end with the process that started them."""

import multiprocessing
import os
import threading
import time

INTERVAL = 0.5  # seconds between two looks for the parent


def end_with_parent():
    """Make a joblib worker end soon after its parent, even if that was killed.

    A worker notices this by itself only after its task, such as hours of training.
    """
    if multiprocessing.current_process().name.startswith("LokyProcess"):
        parent = multiprocessing.parent_process()
        threading.Thread(target=_watch, args=[parent], daemon=True).start()


def _watch(parent):
    if os.name == "nt":  # where a process keeps the number of a parent that is gone
        parent.join()
    else:  # where joblib passes nothing on that could be waited for
        while os.getppid() == parent.pid:
            time.sleep(INTERVAL)
    os._exit(1)
