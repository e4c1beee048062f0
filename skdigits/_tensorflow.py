"""Starts TensorFlow: in silence, and with the threads that the process may use.

To import this file is to start it; whoever imports Keras imports this first.
"""

import contextlib
import logging
import os
import re
import threading

from .parallel import thread_budget

# What TensorFlow writes straight to file descriptor 2 as it starts, whatever
# TF_CPP_MIN_LOG_LEVEL says (seen with 2.21).
CHATTER = re.compile(
    rb"^(WARNING: All log messages before absl::InitializeLog"
    rb"|(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: )?"
    rb"[IWE]\d{0,4} (\d\d:\d\d:)?[\d:.]+ +\d+ \w+\.(cc|h):\d+\]"
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] (tensorflow|external)/"
    rb"|To enable the following instructions:.*rebuild TensorFlow)"
)
START_SETTINGS = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}


def start():
    """Import TensorFlow and Keras without a word.

    oneDNN's kernels and the log level are read from the environment as TensorFlow
    starts. What the user has set stays; what is set here is taken back at once.
    """
    _check_backend(os.environ.get("KERAS_BACKEND") or "tensorflow")
    with _settings(START_SETTINGS), _without_chatter():
        import tensorflow as tf

        _limit_threads(tf)
        tf.constant(0)  # the devices are looked for at the first operation
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
def _without_chatter():
    """Drop known lines from file descriptor 2; pass all others on as they come."""
    try:
        terminal = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    read, write = os.pipe()
    os.dup2(write, 2)
    os.close(write)

    def forward():
        with os.fdopen(read, "rb") as lines, os.fdopen(terminal, "wb", 0) as out:
            for line in lines:
                if not CHATTER.match(line):
                    out.write(line)

    # A process that another thread starts meanwhile holds the pipe open: then the
    # thread goes on forwarding what it writes, and nobody waits for it.
    restore = os.dup(terminal)
    forwarder = threading.Thread(target=forward, daemon=True)
    forwarder.start()
    try:
        yield
    finally:
        os.dup2(restore, 2)
        os.close(restore)
        forwarder.join(timeout=1)


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
