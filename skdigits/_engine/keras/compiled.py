"""A network compiled for training and prediction, with its traced functions."""

import itertools
import weakref

import keras
import numpy as np
import tensorflow as tf

from ..._core.warnings import warn_user
from .build import STANDARDISE, build_network, mean_and_variance
from .precision import dtype_policy
from .trainer import Trainer
from .weights import (
    assign,
    initialise,
    load_state,
    read_state,
    seed_generators,
)

PREDICTION_BATCH = 240  # images, an upper bound
# Matrix products compute the last rows of a batch by another method than the rest, with
# other rounding, unless the number of rows is a multiple of this (seen with TensorFlow
# 2.21 on AVX2: with oneDNN and without, on one thread and on two).
BATCH_UNIT = 24
MAX_INITIAL_SHARE = 0.1  # of initial values in moving statistics


class CompiledNetwork:
    """A compiled network that fits and predictions use in turn.

    The weights after a fit are returned as a `NetworkState`, which can be loaded again.

    Parameters
    ----------
    spec : NetworkSpec
    seed : int or None
        See `skdigits._engine.keras.build.build_network`.

    Attributes
    ----------
    spec : NetworkSpec
    policy : str
        The dtype policy of its layers.
    readers : int
        Number of predictions that use it now; `pool` counts them.
    """

    def __init__(self, spec, seed=None):
        self.spec = spec
        self.policy = dtype_policy(spec)
        self.readers = 0
        self._network = build_network(spec, seed=seed)
        # Variables: constants would be traced into functions that other fits share.
        self._pixels = self._network.get_layer(STANDARDISE)
        self._pixels.mean = tf.Variable(self._pixels.mean)
        self._pixels.variance = tf.Variable(self._pixels.variance)
        self._trainer = Trainer(
            self._network,
            optimizer=spec.optimizer,
            label_smoothing=spec.label_smoothing,
        )
        self._fresh_optimizer = read_state(self._network).optimizer
        self._predictors = {}
        self._forget_state()

    def start(self, pixels, seed):
        """Set random weights, as in a network that has never been trained."""
        self._forget_state()
        self._set_pixels(pixels)
        rng = np.random.default_rng(seed)
        if isinstance(self.spec.architecture, str):
            initialise(self._network, rng)
        else:  # it has set its weights, which may be trained ones
            seed_generators(self._network, rng)
        assign(self._network.optimizer.variables, self._fresh_optimizer)

    def holds(self, state):
        """Whether the network holds the weights of `state`."""
        return state is not None and self._held_state() is state

    def load(self, pixels, state):
        """Set the pixels' statistics and the weights of a trained network."""
        if not self.holds(state):
            load_state(self._network, state)
            self._set_pixels(pixels)
            self._remember_state(state)

    def _set_pixels(self, pixels):
        layer = self._pixels
        # In its configuration, which copies and files have, and in what it computes.
        layer.input_mean, layer.input_variance = mean_and_variance(pixels)
        layer.mean.assign(layer.input_mean)
        layer.variance.assign(layer.input_variance)

    def train(self, feed, **options):
        """Train on a feed; return the new state."""
        self._forget_state()
        self._trainer.train(feed, **options)
        state = read_state(self._network)
        self._remember_state(state)
        return state

    def warn_of_unsettled_statistics(self, n_steps):
        """Warn if moving statistics still hold much of their initial values.

        Keras's default momentum needs hundreds of steps. With fewer, a network predicts
        with other statistics than it was trained with.

        Parameters
        ----------
        n_steps : int
            Steps of the training.
        """
        for layer in _all_layers(self._network):
            if not isinstance(layer, keras.layers.BatchNormalization):
                continue
            initial = layer.momentum**n_steps
            if layer.trainable and initial > MAX_INITIAL_SHARE:
                warn_user(
                    f"The BatchNormalization layer {layer.name!r} has momentum="
                    f"{layer.momentum:g}: after {n_steps} steps its moving statistics "
                    f"still consist of {initial:.0%} initial values, and predictions "
                    "are worse than the training's accuracy. Pass momentum=0.9 to the "
                    "layer, or train for more epochs or with a smaller batch_size."
                )
                return

    # A weak reference: an idle network must not keep the arrays of a classifier that
    # was deleted. It is a function that returns the state, or None once it is deleted.
    def _remember_state(self, state):
        self._held_state = weakref.ref(state)

    def _forget_state(self):
        self._held_state = lambda: None

    def predict(self, images, *, max_shift):
        """Compute the probabilities of the classes.

        All batches of a call have one size, padded with blank images, for which all
        rows of a batch are computed alike. So the result for an image does not depend
        on its position among the others.

        Parameters
        ----------
        images : ndarray of shape (n, height, width, channels), uint8 or float32
            Raw pixels.
        max_shift : int
            With more than 0 the probabilities are means over the images and their
            shifts by up to `max_shift` pixels.

        Returns
        -------
        ndarray of shape (n, n_classes), float64
        """
        predictor = self._predictor(images.dtype, max_shift)
        size = prediction_batch(len(images))
        parts = []
        for first in range(0, len(images), size):
            batch = images[first : first + size]
            n = len(batch)
            if n < size:
                blank = np.zeros((size - n, *images.shape[1:]), images.dtype)
                batch = np.concatenate([batch, blank])
            parts.append(predictor(batch).numpy()[:n])
        # In float32 they sum to 1 up to rounding; scikit-learn's log loss and ensembles
        # need sums that are right in float64.
        found = np.concatenate(parts).astype(np.float64)
        return found / found.sum(axis=1, keepdims=True)

    def _predictor(self, dtype, max_shift):
        """Trace once for each dtype of pixels, whatever the size of a batch."""
        if (dtype, max_shift) not in self._predictors:
            signature = [tf.TensorSpec((None, *self.spec.image_shape), dtype)]

            @tf.function(input_signature=signature, autograph=False)
            def probabilities(images):
                outputs = [
                    _exact(self._network(copy, training=False))
                    for copy in shifted(tf.cast(images, tf.float32), max_shift)
                ]
                return tf.add_n(outputs) / len(outputs)

            # Another thread may have made one meanwhile: all use the first.
            self._predictors.setdefault((dtype, max_shift), probabilities)
        return self._predictors[dtype, max_shift]


def _all_layers(model):
    """Yield the layers of a model and of the models among them."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _all_layers(layer)


def prediction_batch(n):
    """Return the size of the batches in which `n` images are predicted."""
    if n == 1:
        return 1
    n_batches = -(-n // PREDICTION_BATCH)
    return -(-n // (n_batches * BATCH_UNIT)) * BATCH_UNIT


def shifted(images, max_shift):
    """Yield a batch and its shifts by up to `max_shift` pixels in each direction.

    Pixels that are shifted in from outside repeat those at the edge.

    Parameters
    ----------
    images : tensor of shape (n, height, width, channels)
    max_shift : int

    Yields
    ------
    tensor of the shape of `images`
        (2 * max_shift + 1) ** 2 of them.
    """
    height, width = images.shape[1:3]
    steps = range(-max_shift, max_shift + 1)
    for down, right in itertools.product(steps, steps):
        rows = np.clip(np.arange(height) - down, 0, height - 1)
        columns = np.clip(np.arange(width) - right, 0, width - 1)
        yield tf.gather(tf.gather(images, rows, axis=1), columns, axis=2)


def _exact(probabilities):
    """Convert probabilities to float32 that sums to 1, which bfloat16 does not."""
    if probabilities.dtype == tf.float32:
        return probabilities
    probabilities = tf.cast(probabilities, tf.float32)
    return probabilities / tf.reduce_sum(probabilities, axis=1, keepdims=True)
