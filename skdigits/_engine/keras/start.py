"""Start of TensorFlow, with the settings and threads that this process needs."""

import contextlib
import os
import platform
import sys

from ... import __version__
from ..._core.threads import thread_budget
from ..._core.warnings import warn_user
from .workers import end_with_parent

START_SETTINGS = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}

ONEDNN_MACHINES = ("x86_64", "AMD64")  # on others TensorFlow has no choice

_missed = []  # messages about settings that came too late, as TensorFlow was running
_process = None  # number of the process in which TensorFlow was started


def start_tensorflow():
    """Import TensorFlow and Keras.

    TensorFlow reads only once, during its import, which variables of the environment
    select the kernels of oneDNN and the level of its log. Variables that the user has
    set stay; others are set during the import and then removed.
    """
    global _process
    end_with_parent()
    _check_backend(os.environ.get("KERAS_BACKEND") or "tensorflow")
    with _environment_defaults(START_SETTINGS):
        import tensorflow as tf

        _process = os.getpid()
        _limit_threads(tf)
        _share_gpus(tf)
        import keras
    _check_backend(keras.backend.backend())
    if not has_onednn() and _wants_onednn():
        _missed.append(
            "It runs without oneDNN. With oneDNN this processor trains faster, and the "
            "results of a seed differ in rounding. Set TF_ENABLE_ONEDNN_OPTS=1 in the "
            "environment before TensorFlow or Keras is imported, or 0 to do without "
            "oneDNN and without this warning."
        )


def _wants_onednn():
    can_have_it = platform.machine() in ONEDNN_MACHINES and sys.platform != "darwin"
    return can_have_it and os.environ.get("TF_ENABLE_ONEDNN_OPTS") != "0"


def has_onednn():
    """Whether TensorFlow uses oneDNN's kernels in this process."""
    from tensorflow.python.util import _pywrap_util_port

    return bool(_pywrap_util_port.IsMklEnabled())


def n_threads():
    """Return the number of threads that one operation of TensorFlow may use."""
    import tensorflow as tf

    limit = tf.config.threading.get_intra_op_parallelism_threads()
    if limit:
        return limit
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def trained_with():
    """Return the software and settings on which the result of a training depends.

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
    """Check that TensorFlow works in this process.

    Warns once if other code started TensorFlow with settings that cost speed or change
    the results of a seed.

    Raises
    ------
    RuntimeError
        In a process that was forked after TensorFlow had started. The fork lacks the
        threads of TensorFlow and would wait for them forever.
    """
    if os.getpid() != _process:
        raise RuntimeError(
            "This process was forked from one that had used skdigits, so TensorFlow "
            "would wait forever. Start new processes instead: use the default backend "
            'of joblib, "loky", or multiprocessing.get_context("spawn").'
        )
    if _missed:
        message = " ".join(_missed)
        _missed.clear()
        warn_user(f"TensorFlow was started before skdigits used it. {message}")


def _check_backend(backend):
    if backend != "tensorflow":
        raise ImportError(
            f"The backend of Keras must be 'tensorflow'. Got {backend!r} instead. Set "
            "KERAS_BACKEND=tensorflow, or remove the variable, before Keras is "
            "imported."
        )


def _limit_threads(tf):
    """Set the number of threads, unless the user has set it or TensorFlow runs."""
    budget = thread_budget()
    if budget is None or "TF_NUM_INTRAOP_THREADS" in os.environ:
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(budget)
        tf.config.threading.set_inter_op_parallelism_threads(budget)
    except RuntimeError:  # TensorFlow is running
        if n_threads() != budget:
            _missed.append(
                f"It uses {n_threads()} threads where OMP_NUM_THREADS={budget} allows "
                f"{budget}. Set TF_NUM_INTRAOP_THREADS={budget} and "
                f"TF_NUM_INTEROP_THREADS={budget} before it is imported."
            )


def _share_gpus(tf):
    """Make TensorFlow allocate GPU memory on demand, unless the user has set a limit.

    By default it allocates all memory, and the next process, such as the second worker
    of joblib, finds none.
    """
    if "TF_FORCE_GPU_ALLOW_GROWTH" in os.environ:
        return
    for gpu in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except ValueError:  # the user has set a limit
            pass
        except RuntimeError:  # TensorFlow is running
            _missed.append(
                "It took all memory of the GPU, so other processes find none. Set "
                "TF_FORCE_GPU_ALLOW_GROWTH=true before it is imported."
            )
            return


@contextlib.contextmanager
def _environment_defaults(defaults):
    """Set those variables of the environment that are not set, inside a context."""
    added = [name for name in defaults if name not in os.environ]
    os.environ.update({name: defaults[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
