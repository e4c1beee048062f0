"""Engines: compiled networks with their traced functions, which fits take in turn.

To make one costs most of a second and memory that TensorFlow never gives back. So
they are kept: what a fit learns leaves the engine as a `NetworkState`, and the next
fit of an equal `NetworkSpec` finds it ready. A fit has its engine for itself; all
predictions from one state, in whatever thread, share one.
"""

import contextlib
import threading
import weakref

from . import _tensorflow  # it starts TensorFlow, so it comes first

# isort: split
import numpy as np
import tensorflow as tf

from . import _feed, _keras
from ._network_state import NetworkState

MAX_IDLE = 8  # engines kept; a small one holds about 5 MiB

_idle = []
_shared = []  # engines that predict now
_loading = weakref.WeakKeyDictionary()  # state -> the lock of whoever loads it
_lock = threading.Lock()  # of these three


class Engine:
    """A compiled network and its functions.

    Parameters
    ----------
    spec : NetworkSpec
    seed : int or None
        See `_keras.build_network`.
    """

    def __init__(self, spec, seed=None):
        self.spec = spec
        self.policy = _keras.dtype_policy(spec)
        self.network = _keras.build_network(spec, seed)
        self.trainer = _keras.Trainer(
            self.network, optimizer=spec.optimizer, label_smoothing=spec.label_smoothing
        )
        self._fresh_optimizer = NetworkState.of(self.network).optimizer
        self._predictors = {}
        self._holds = None
        self.readers = 0  # predictions that use it now

    def start_anew(self, seed):
        """Draw the weights as for a network that has never been trained."""
        self._holds = None
        rng = np.random.default_rng(seed)
        if isinstance(self.spec.architecture, str):
            _keras.initialise(self.network, rng)
        else:  # it drew its own as it was built, and may have brought trained ones
            _keras.seed_generators(self.network, rng)
        _keras.assign(self.network.optimizer.variables, self._fresh_optimizer)

    def holds(self, state):
        """Whether the network is just as `state` left it."""
        return state is not None and self._holds is not None and self._holds() is state

    def load(self, state):
        """Take the network up where `state` left it."""
        if not self.holds(state):
            _keras.assign(self.network.variables, state.network)
            _keras.assign(self.network.optimizer.variables, state.optimizer)
            self._holds = weakref.ref(state)

    def train(self, feed, **options):
        """Train on a feed; return the new state."""
        self._holds = None
        self.trainer.train(feed, **options)
        state = NetworkState.of(self.network)
        self._holds = weakref.ref(state)
        return state

    def predict(self, images, mean, deviation, *, reach):
        """Give the probabilities of the classes: (n, n_classes), float64.

        With `reach` > 0 they are means over the images and their shifts.
        """
        predictor = self._predictor(images.dtype, reach)
        found = _feed.predict(lambda batch: predictor(batch, mean, deviation), images)
        # In float32 they sum to 1 but for rounding. Ensembles add them up in float64,
        # and scikit-learn's log loss wants sums that are right in that.
        found = found.astype(np.float64)
        return found / found.sum(axis=1, keepdims=True)

    def _predictor(self, dtype, reach):
        """Trace once for each dtype of pixels, whatever the size of a batch."""
        if (dtype, reach) not in self._predictors:
            number = tf.TensorSpec((), tf.float32)
            signature = [
                tf.TensorSpec((None, *self.spec.image_shape), dtype),
                number,
                number,
            ]

            @tf.function(input_signature=signature, autograph=False)
            def probabilities(images, mean, deviation):
                pixels = _feed.standardise(images, mean, deviation)
                outputs = [
                    _exact(self.network(copy, training=False))
                    for copy in _feed.shifted(pixels, reach)
                ]
                return tf.add_n(outputs) / len(outputs)

            # Another thread may have made one meanwhile: all take the first.
            self._predictors.setdefault((dtype, reach), probabilities)
        return self._predictors[dtype, reach]


def _exact(probabilities):
    """Give float32 that sums to 1: in half the precision it does so nearly."""
    if probabilities.dtype == tf.float32:
        return probabilities
    probabilities = tf.cast(probabilities, tf.float32)
    return probabilities / tf.reduce_sum(probabilities, axis=1, keepdims=True)


@contextlib.contextmanager
def lend(spec, *, state=None, seed=None, alone=False):
    """Lend an engine: one that holds `state`, or one that starts anew from `seed`.

    An engine that an error left in the middle of its work is not lent again.

    Parameters
    ----------
    spec : NetworkSpec
    state : NetworkState or None
    seed : int or None
        Needed where there is no `state`.
    alone : bool
        Make a new engine and keep it from others: for callbacks of the user's, which
        may change it in any way.

    Yields
    ------
    Engine
    """
    _tensorflow.check_process()
    with _tensorflow.without_retracing_warnings():
        engine = (None if alone else _take(spec, state)) or Engine(spec, seed)
        if state is None:
            engine.start_anew(seed)
        else:
            engine.load(state)
        yield engine
    if not alone:
        with _lock:
            _keep(engine)


@contextlib.contextmanager
def share(spec, state):
    """Lend an engine that holds `state` to any number of predictions at a time.

    The first of several threads makes it ready, and the others wait for that.

    Parameters
    ----------
    spec : NetworkSpec
    state : NetworkState

    Yields
    ------
    Engine
    """
    _tensorflow.check_process()
    with _tensorflow.without_retracing_warnings():
        with _lock:
            loading = _loading.setdefault(state, threading.Lock())
        with loading:
            engine = _join(spec, state)
            if engine is None:
                engine = _take(spec, state) or Engine(spec)
                engine.load(state)
                engine.readers = 1
                with _lock:
                    _shared.append(engine)
        try:
            yield engine
        finally:
            with _lock:
                engine.readers -= 1
                if engine.readers == 0:
                    _shared.remove(engine)
                    _keep(engine)


def _keep(engine):
    _idle.append(engine)
    del _idle[:-MAX_IDLE]


def _take(spec, state):
    """Take an idle engine for a network, if possible the one that holds a state."""
    with _lock:
        fitting = _fitting(_idle, spec)
        if not fitting:
            return None
        holding = [engine for engine in fitting if engine.holds(state)]
        engine = (holding or fitting)[-1]
        _idle.remove(engine)
        return engine


def _join(spec, state):
    """Become one more reader of an engine that predicts from a state; else None."""
    with _lock:
        for engine in _fitting(_shared, spec):
            if engine.holds(state):
                engine.readers += 1
                return engine
    return None


def _fitting(engines, spec):
    policy = _keras.dtype_policy(spec)
    return [e for e in engines if e.spec == spec and e.policy == policy]


def check_state(spec, state):
    """Raise a ValueError unless a state fits the network of a specification."""
    with lend(spec, state=state):
        pass


def build_model(spec, state, mean, deviation):
    """Build a network of its own for the user, which takes raw pixels.

    Parameters
    ----------
    spec : NetworkSpec
    state : NetworkState
    mean, deviation : float
        In the unit of the pixels.

    Returns
    -------
    keras.Model
    """
    _tensorflow.check_process()
    network = _keras.build_network(spec)
    _keras.assign(network.variables, state.network)
    return _keras.with_standardisation(network, spec.image_shape, mean, deviation)


def describe_network(spec):
    """Build the network of a specification only to say what it is.

    Parameters
    ----------
    spec : NetworkSpec

    Returns
    -------
    str
    """
    _tensorflow.check_process()
    lines = []
    _keras.build_network(spec).summary(print_fn=lines.append, line_length=80)
    return "\n".join(lines)
