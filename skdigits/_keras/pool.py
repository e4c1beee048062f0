"""The pool of compiled networks, which fits and predictions take in turn.

To make one costs most of a second and memory that TensorFlow never gives back. So they
are kept: what a fit learns leaves the network as a `NetworkState`, and the next fit of
an equal `NetworkSpec` finds it ready. A fit has its network for itself; all predictions
from one state, in whatever thread, share one.
"""

import contextlib
import threading
import weakref

from .compiled import CompiledNetwork
from .precision import dtype_policy
from .quiet import without_retracing_warnings
from .start import check_process

MAX_IDLE = 8  # networks kept; a small one holds about 5 MiB

_idle = []
_shared = []  # networks that predict now
_loading = weakref.WeakKeyDictionary()  # state -> the lock of whoever loads it
_lock = threading.Lock()  # of these three


@contextlib.contextmanager
def lend(spec, *, state=None, seed=None, alone=False):
    """Lend a network that holds `state`, or one that starts anew from `seed`.

    A network that an error left in the middle of its work is not lent again.

    Parameters
    ----------
    spec : NetworkSpec
    state : NetworkState or None
    seed : int or None
        Needed where there is no `state`.
    alone : bool
        Make a new network and keep it from others: for callbacks of the user's, which
        may change it in any way.

    Yields
    ------
    CompiledNetwork
    """
    check_process()
    with without_retracing_warnings():
        compiled = None if alone else _take(spec, state)
        if compiled is None:
            compiled = CompiledNetwork(spec, seed)
        if state is None:
            compiled.start_anew(seed)
        else:
            compiled.load(state)
        yield compiled
    if not alone:
        with _lock:
            _keep(compiled)


@contextlib.contextmanager
def share(spec, state):
    """Lend a network that holds `state` to any number of predictions at a time.

    The first of several threads makes it ready, and the others wait for that.

    Parameters
    ----------
    spec : NetworkSpec
    state : NetworkState

    Yields
    ------
    CompiledNetwork
    """
    check_process()
    with without_retracing_warnings():
        with _lock:
            loading = _loading.setdefault(state, threading.Lock())
        with loading:
            compiled = _join(spec, state)
            if compiled is None:
                compiled = _take(spec, state)
                if compiled is None:
                    compiled = CompiledNetwork(spec)
                compiled.load(state)
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


def check_state(spec, state):
    """Raise a ValueError unless a state fits the network of a specification."""
    with lend(spec, state=state):
        pass


def _keep(compiled):
    _idle.append(compiled)
    del _idle[:-MAX_IDLE]


def _take(spec, state):
    """Take an idle network out of the pool, or None if there is none that fits.

    If possible it is the one that holds `state`, which need not be loaded then.
    """
    with _lock:
        fitting = _fitting(_idle, spec)
        if not fitting:
            return None
        holding = [compiled for compiled in fitting if compiled.holds(state)]
        taken = holding[-1] if holding else fitting[-1]
        _idle.remove(taken)
        return taken


def _join(spec, state):
    """Become one more reader of a network that predicts from a state; else None."""
    with _lock:
        for compiled in _fitting(_shared, spec):
            if compiled.holds(state):
                compiled.readers += 1
                return compiled
    return None


def _fitting(networks, spec):
    policy = dtype_policy(spec)
    return [n for n in networks if n.spec == spec and n.policy == policy]
