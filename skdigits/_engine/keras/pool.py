"""Pool of compiled networks, which fits and predictions use in turn.

Compiling one takes most of a second, and memory that TensorFlow never frees. So the
pool stores it: a fit copies its weights out as a `NetworkState`, and the next fit of an
equal `NetworkSpec` reuses the network. A fit uses a network alone; predictions from the
same weights share one, in any number of threads.
"""

import contextlib
import threading
import weakref

from .compiled import CompiledNetwork
from .precision import dtype_policy
from .quiet import without_retracing_warnings
from .start import check_process

MAX_IDLE = 8  # networks; a small one takes about 5 MiB

_idle = []
_shared = []  # networks that predict now
_loading = weakref.WeakKeyDictionary()  # state -> lock of the thread that loads it
_lock = threading.Lock()  # of these three


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
        compiled = None if alone else _take(network)
        if compiled is None:
            compiled = CompiledNetwork(network.spec, network.seed)
        if network.state is None:
            compiled.start(network.pixels, network.seed)
        else:
            compiled.load(network.pixels, network.state)
        yield compiled
    if not alone:
        with _lock:
            _keep(compiled)


@contextlib.contextmanager
def share(network):
    """Share the compiled network of a `TrainedNetwork` among simultaneous predictions.

    The first of several threads loads the weights while the others wait.

    Parameters
    ----------
    network : TrainedNetwork

    Yields
    ------
    CompiledNetwork
    """
    check_process()
    with without_retracing_warnings():
        with _lock:
            loading = _loading.setdefault(network.state, threading.Lock())
        with loading:
            compiled = _join(network)
            if compiled is None:
                compiled = _take(network)
                if compiled is None:
                    compiled = CompiledNetwork(network.spec)
                compiled.load(network.pixels, network.state)
                compiled.readers = 1
                with _lock:
                    _shared.append(compiled)
        try:
            yield compiled
        finally:
            with _lock:
                compiled.readers -= 1
                if compiled.readers == 0:
                    _shared.remove(compiled)
                    _keep(compiled)


def check_state(network):
    """Raise a ValueError unless the state of a `TrainedNetwork` fits its spec."""
    with borrow(network):
        pass


def _keep(compiled):
    _idle.append(compiled)
    del _idle[:-MAX_IDLE]


def _take(network):
    """Take an idle network out of the pool, or None if none fits.

    One that holds the weights already is preferred, as they need not be loaded.
    """
    with _lock:
        fitting = _fitting(_idle, network.spec)
        if not fitting:
            return None
        holding = [compiled for compiled in fitting if compiled.holds(network.state)]
        taken = holding[-1] if holding else fitting[-1]
        _idle.remove(taken)
        return taken


def _join(network):
    """Add one reader to a compiled network that predicts from a state; else None."""
    with _lock:
        for compiled in _fitting(_shared, network.spec):
            if compiled.holds(network.state):
                compiled.readers += 1
                return compiled
    return None


def _fitting(networks, spec):
    policy = dtype_policy(spec)
    return [n for n in networks if n.spec == spec and n.policy == policy]
