"""Pool of compiled models, which fits use in turn.

Compiling one takes most of a second, and memory that TensorFlow never frees. So the
pool stores it: a fit copies its weights out as a `Weights`, and the next fit of an
equal `ModelSpec` reuses the model.
"""

import contextlib
import threading

from .compiled import CompiledModel
from .precision import dtype_policy
from .quiet import without_retracing_warnings
from .start import check_process

MAX_IDLE = 8  # models; a small one takes about 5 MiB

_idle = []
_lock = threading.Lock()


@contextlib.contextmanager
def borrow(trained, *, alone=False):
    """Borrow the compiled model of a `TrainedNetwork`, to train it further.

    It does not return to the pool after an error.

    Parameters
    ----------
    trained : TrainedNetwork
        If it has no weights, the compiled one starts with random weights.
    alone : bool
        Build a new one that does not join the pool: the user's callbacks may change it.

    Yields
    ------
    CompiledModel
    """
    check_process()
    with without_retracing_warnings():
        compiled = None if alone else _take(trained.spec)
        if compiled is None:
            compiled = CompiledModel(trained.spec, trained.seed)
        if trained.weights is None:
            compiled.start(trained.pixels, trained.seed)
        else:
            compiled.load(trained.pixels, trained.weights)
        yield compiled
    if not alone:
        with _lock:
            _idle.append(compiled)
            del _idle[:-MAX_IDLE]


def check_weights(trained):
    """Raise a ValueError unless the weights of a `TrainedNetwork` fit its spec."""
    with borrow(trained):
        pass


def _take(spec):
    """Take the newest idle model of a specification out of the pool, or None."""
    policy = dtype_policy(spec)
    with _lock:
        for compiled in reversed(_idle):
            if compiled.spec == spec and compiled.policy == policy:
                _idle.remove(compiled)
                return compiled
    return None
