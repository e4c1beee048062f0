"""Starts TensorFlow: in silence, and with the threads that the process may use.

To import this file is to start it; whoever imports Keras imports this first.
"""

import contextlib
import logging
import os
import platform
import subprocess
import sys
import threading
import warnings

from . import __version__
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

ONEDNN_MACHINES = ("x86_64", "AMD64")  # where TensorFlow can do without oneDNN

_forwarders = []  # kept, or Python would warn of one that still runs
_missed = []  # what skdigits would have set, had it started TensorFlow itself
_process = None  # in which TensorFlow was started


def start():
    """Import TensorFlow and Keras without a word.

    oneDNN's kernels and the log level are read from the environment as TensorFlow
    starts. What the user has set stays; what is set here is taken back at once.
    """
    global _process
    _check_backend(os.environ.get("KERAS_BACKEND") or "tensorflow")
    with _settings(START_SETTINGS), without_chatter():
        import tensorflow as tf

        _process = os.getpid()
        _limit_threads(tf)
        # The devices are looked for, and the feed says its word, at their first use.
        number = tf.TensorSpec((), tf.int32)
        next(iter(tf.data.Dataset.from_generator(lambda: [0], output_signature=number)))
        import keras
    _check_backend(keras.backend.backend())
    if not has_onednn() and _wants_onednn():
        _missed.append(
            "It runs without oneDNN, with which this processor trains faster and the "
            "same seed gives other rounding. Set TF_ENABLE_ONEDNN_OPTS=1 in the "
            "environment before TensorFlow or Keras is imported; 0 means that you do "
            "not want it."
        )


def _wants_onednn():
    can_have_it = platform.machine() in ONEDNN_MACHINES and sys.platform != "darwin"
    return can_have_it and os.environ.get("TF_ENABLE_ONEDNN_OPTS") != "0"


def has_onednn():
    """Whether TensorFlow uses oneDNN's kernels in this process."""
    from tensorflow.python.util import _pywrap_util_port

    return bool(_pywrap_util_port.IsMklEnabled())


def n_threads():
    """Give the number of threads that one operation of TensorFlow's may use."""
    import tensorflow as tf

    limit = tf.config.threading.get_intra_op_parallelism_threads()
    if limit:
        return limit
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def trained_with():
    """Say what a training in this process depends on beside data, seed and processor.

    Returns
    -------
    dict
        Versions of "skdigits", "keras" and "tensorflow", "onednn" and "threads".
    """
    import keras
    import tensorflow as tf

    return {
        "skdigits": __version__,
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "onednn": has_onednn(),
        "threads": n_threads(),
    }


def check_process():
    """Look whether TensorFlow can be used here as it should be.

    Warns once if somebody else started TensorFlow, with settings that cost speed or
    change what a seed gives.

    Raises
    ------
    RuntimeError
        In a process that was forked after TensorFlow had started: its threads are not
        there, and it would wait for them for ever.
    """
    if os.getpid() != _process:
        raise RuntimeError(
            "This process was forked from one that had used skdigits, and TensorFlow "
            "would wait for ever in it. Start processes anew: joblib's default backend "
            '"loky" does, and so does multiprocessing.get_context("spawn").'
        )
    if _missed:
        message = " ".join(_missed)
        _missed.clear()
        warnings.warn(
            f"TensorFlow was started before skdigits used it. {message}", stacklevel=4
        )


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
    try:
        tf.config.threading.set_intra_op_parallelism_threads(budget)
        tf.config.threading.set_inter_op_parallelism_threads(budget)
    except RuntimeError:  # TensorFlow runs already
        if n_threads() != budget:
            _missed.append(
                f"It uses {n_threads()} threads where OMP_NUM_THREADS={budget} allows "
                f"{budget}. Set TF_NUM_INTRAOP_THREADS={budget} and "
                f"TF_NUM_INTEROP_THREADS={budget} before it is imported."
            )


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
