"""Starts TensorFlow: in silence, and with the threads that the process may use."""

import contextlib
import os
import platform
import sys

from ... import __version__
from ..._core.threads import thread_budget
from ..._core.warnings import warn_user
from .quiet import without_chatter
from .workers import end_with_parent

START_SETTINGS = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}

ONEDNN_MACHINES = ("x86_64", "AMD64")  # where TensorFlow can do without oneDNN

_missed = []  # what skdigits would have set, had it started TensorFlow itself
_process = None  # in which TensorFlow was started


def start_tensorflow():
    """Import TensorFlow and Keras without a word.

    TensorFlow reads from the environment, once and for all while it is imported,
    whether to use oneDNN's kernels and what to log. What the user has set stays; what
    is set here is taken back at once.
    """
    global _process
    end_with_parent()
    _check_backend(os.environ.get("KERAS_BACKEND") or "tensorflow")
    is_loaded = "tensorflow" in sys.modules
    quietly = contextlib.nullcontext() if is_loaded else without_chatter()
    with _settings(START_SETTINGS), quietly:
        import tensorflow as tf

        _process = os.getpid()
        _limit_threads(tf)
        _share_gpus(tf)
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
        warn_user(f"TensorFlow was started before skdigits used it. {message}")


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


def _share_gpus(tf):
    """Take a GPU's memory as it is needed, unless the user has said how much.

    TensorFlow takes all of it otherwise, and the next process, such as joblib's second
    worker, finds none.
    """
    if "TF_FORCE_GPU_ALLOW_GROWTH" in os.environ:
        return
    for gpu in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except ValueError:  # the user has set a limit
            pass
        except RuntimeError:  # TensorFlow runs already
            _missed.append(
                "It took all memory of the GPU, and other processes find none. Set "
                "TF_FORCE_GPU_ALLOW_GROWTH=true before it is imported."
            )
            return


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
