"""Starts TensorFlow: in silence, and with the threads that the process may use.

To import this file is to start it; whoever imports Keras imports this first.
"""

import contextlib
import logging
import os
import subprocess
import sys
import threading

from .parallel import thread_budget

# What TensorFlow writes straight to file descriptor 2 as it starts, whatever
# TF_CPP_MIN_LOG_LEVEL says (seen with 2.21).
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
START_SETTINGS = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}

_forwarders = []  # kept, or Python would warn of one that still runs


def start():
    """Import TensorFlow and Keras without a word.

    oneDNN's kernels and the log level are read from the environment as TensorFlow
    starts. What the user has set stays; what is set here is taken back at once.
    """
    _check_backend(os.environ.get("KERAS_BACKEND") or "tensorflow")
    with _settings(START_SETTINGS), without_chatter():
        import tensorflow as tf

        _limit_threads(tf)
        # The devices are looked for, and the feed says its word, at their first use.
        number = tf.TensorSpec((), tf.int32)
        next(iter(tf.data.Dataset.from_generator(lambda: [0], output_signature=number)))
        import keras
    _check_backend(keras.backend.backend())


def _check_backend(backend):
    if backend != "tensorflow":
        raise ImportError(
            "skdigits trains with Keras's TensorFlow backend. Got Keras with "
            f"{backend!r} instead. Set KERAS_BACKEND=tensorflow, or remove it, before "
            "Keras is imported."
        )


def _limit_threads(tf):
    """Give TensorFlow's pools the thread budget, unless the user or a start did."""
    budget = thread_budget()
    if budget is None or "TF_NUM_INTRAOP_THREADS" in os.environ:
        return
    with contextlib.suppress(RuntimeError):  # TensorFlow runs already
        tf.config.threading.set_intra_op_parallelism_threads(budget)
        tf.config.threading.set_inter_op_parallelism_threads(budget)


@contextlib.contextmanager
def _settings(defaults):
    """Set variables of the environment that nobody has set, for a while."""
    added = [name for name in defaults if name not in os.environ]
    os.environ.update({name: defaults[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


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
        start_new_session=True,  # Ctrl-C is not for it
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


start()
