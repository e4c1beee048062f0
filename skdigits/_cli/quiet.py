"""Filter of the messages that TensorFlow writes when it starts."""

import contextlib
import os
import subprocess
import sys

# TensorFlow writes these straight to file descriptor 2. With TF_CPP_MIN_LOG_LEVEL=3
# version 2.21 still writes the first two kinds, from static initialisers that run while
# its libraries are loaded: no setting of Python, the environment or absl comes before
# them. Older versions write the other kinds as well.
START_MESSAGES = (
    r"WARNING: All log messages before absl::InitializeLog"
    r"|[IWE]\d{4} [\d:.]+ +\d+ \w+\.(cc|h):\d+\]"
    r"|\d{4}-\d\d-\d\d [\d:.]+: [IWE] (tensorflow|external)/"
    r"|To enable the following instructions:.*rebuild TensorFlow"
)
FORWARD = """
import re, sys
dropped = re.compile(sys.argv[1].encode())
for line in sys.stdin.buffer:
    if not dropped.match(line):
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
"""


@contextlib.contextmanager
def without_start_messages():
    """Drop known lines from file descriptor 2 and pass on all others unchanged.

    Workers that are started in this context inherit it. A process of its own filters
    the lines: a thread would need the GIL, which TensorFlow may hold while it writes,
    and would lose the last message of a crash.
    """
    is_wanted = os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "0"
    has_python = sys.executable and not getattr(sys, "frozen", False)
    if is_wanted or not has_python:
        yield
        return
    terminal = os.dup(2)
    try:
        forwarder = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", FORWARD, START_MESSAGES],
            stdin=subprocess.PIPE,
            stdout=terminal,
            stderr=subprocess.DEVNULL,
            # Ctrl-C must not end it. Each system takes one of these two.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    except OSError:  # this user may not start Python: the lines are shown
        os.close(terminal)
        yield
        return
    os.dup2(forwarder.stdin.fileno(), 2)
    forwarder.stdin.close()
    try:
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        # Workers that are still idle hold the pipe open: the forwarder ends with them.
        with contextlib.suppress(subprocess.TimeoutExpired):
            forwarder.wait(timeout=1)
