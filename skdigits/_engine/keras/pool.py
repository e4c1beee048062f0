"""Pool of compiled models, which fits use in turn.

Compiling one takes most of a second, and memory that TensorFlow never frees. So the
pool stores it: a fit copies its weights out as a `NetworkState`, and the next fit of an
equal `NetworkSpec` reuses the model.
"""

import contextlib
import threading

from .compiled import CompiledNetwork
from .precision import dtype_policy
from .quiet import without_retracing_warnings
from .start import check_process

MAX_IDLE = 8  # models; a small one takes about 5 MiB

_idle = []
_lock = threading.Lock()


@contextlib.contextmanager
def borrow(network, *, alone=False):
    """Borrow the compiled network of a `TrainedNetwork`, to train it further.

    It does not return to the pool after an error.

    Parameters
    ----------
    network : TrainedNetwork
        If it has no state, the compiled one starts with random weights.
    alone : bool
        Build a new one that does not join the pool: the user's callbacks may change it.

    Yields
    ------
    CompiledNetwork
    """
    check_process()
    with without_retracing_warnings():
        compiled = None if alone else _take(network.spec)
        if compiled is None:
            compiled = CompiledNetwork(network.spec, network.seed)
        if network.state is None:
            compiled.start(network.pixels, network.seed)
        else:
            compiled.load(network.pixels, network.state)
        yield compiled
    if not alone:
        with _lock:
            _idle.append(compiled)
            del _idle[:-MAX_IDLE]


def _take(spec):
    """Take the newest idle model of a specification out of the pool, or None."""
    policy = dtype_policy(spec)
    with _lock:
        for compiled in reversed(_idle):
            if compiled.spec == spec and compiled.policy == policy:
                _idle.remove(compiled)
                return compiled
    return None
