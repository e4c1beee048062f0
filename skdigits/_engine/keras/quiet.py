"""Keeps TensorFlow from writing what nobody asked for."""

import contextlib
import logging
import os
import subprocess
import sys
import threading

# What TensorFlow writes straight to file descriptor 2 as it starts. With
# TF_CPP_MIN_LOG_LEVEL=3 version 2.21 still writes the first two kinds, from static
# initialisers that run while its libraries are loaded: no setting of Python's, of the
# environment's or of absl's comes before them. Older versions write the others, too.
CHATTER = (
    r"WARNING: All log messages before absl::InitializeLog"
    r"|[IWE]\d{4} [\d:.]+ +\d+ \w+\.(cc|h):\d+\]"
    r"|\d{4}-\d\d-\d\d [\d:.]+: [IWE] (tensorflow|external)/"
    r"|To enable the following instructions:.*rebuild TensorFlow"
)
FORWARD = """
import re, sys
chatter = re.compile(sys.argv[1].encode())
for line in sys.stdin.buffer:
    if not chatter.match(line):
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
"""

_forwarders = []  # kept, or Python would warn of one that still runs


@contextlib.contextmanager
def without_chatter():
    """Drop known lines from file descriptor 2; pass all others on as they come.

    A process of its own does it: a thread would need the GIL, which TensorFlow may
    hold while it writes, and would take the last words of a crash with it.
    """
    is_wanted = os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "0"
    has_python = sys.executable and not getattr(sys, "frozen", False)
    if is_wanted or not has_python:
        yield
        return
    try:
        terminal = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    forwarder = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", FORWARD, CHATTER],
        stdin=subprocess.PIPE,
        stdout=terminal,
        stderr=subprocess.DEVNULL,
        # Ctrl-C is not for it. Each system takes one of the two.
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
    os.dup2(forwarder.stdin.fileno(), 2)
    forwarder.stdin.close()
    try:
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        # A process that another thread started meanwhile may hold the pipe open. Then
        # the forwarder goes on for as long as that one writes, and nobody waits.
        with contextlib.suppress(subprocess.TimeoutExpired):
            forwarder.wait(timeout=1)
        _forwarders.append(forwarder)


@contextlib.contextmanager
def without_retracing_warnings():
    """Keep TensorFlow from warning this thread that functions are traced anew.

    Every other network has functions of its own; the advice would be ours to follow.
    """
    thread = threading.get_ident()

    def is_wanted(record):
        return record.thread != thread or "retracing" not in record.getMessage()

    logger = logging.getLogger("tensorflow")
    logger.addFilter(is_wanted)
    try:
        yield
    finally:
        logger.removeFilter(is_wanted)
