"""Predictions by functions that take the weights of a fit as arguments.

Building a model and tracing its functions takes most of a second, and memory that
TensorFlow never frees. So all fits of equal specifications share one `Predictor`, in
any number of threads.
"""

import itertools
import threading
import weakref

import numpy as np
import tensorflow as tf

from ..._images.flips import FLIPS
from ..calibration import with_temperature
from .build import build_model, building, mean_and_variance
from .precision import dtype_policy
from .quiet import without_retracing_warnings
from .start import check_process
from .weights import check_arrays

MAX_PREDICTORS = 8  # a small one takes about 5 MiB
PREDICTION_BATCH = 240  # images, an upper bound
# Matrix products compute the last rows of a batch by another method than the rest, with
# other rounding, unless the number of rows is a multiple of this (seen with TensorFlow
# 2.21 on AVX2: with oneDNN and without, on one thread and on two).
BATCH_UNIT = 24

_predictors = {}  # (spec, dtype policy) -> Predictor; the newest are last


def predictor_of(spec):
    """Return the `Predictor` of a `ModelSpec`."""
    check_process()
    key = spec, dtype_policy(spec)
    found = _predictors.get(key)
    if found is None:
        with building:  # the other threads wait for one
            found = _predictors.get(key) or Predictor(spec)
            _predictors[key] = found
            for oldest in list(_predictors)[:-MAX_PREDICTORS]:
                del _predictors[oldest]
    return found


class Predictor:
    """Model that predicts with the weights of any fit of its specification.

    Parameters
    ----------
    spec : ModelSpec
    """

    def __init__(self, spec):
        self._model = build_model(spec)  # its first layer leaves the pixels unchanged
        self._image_shape = spec.image_shape
        index = {id(variable): i for i, variable in enumerate(self._model.variables)}
        self._trainable = [index[id(v)] for v in self._model.trainable_variables]
        self._others = [index[id(v)] for v in self._model.non_trainable_variables]
        self._tensors = weakref.WeakKeyDictionary()  # Weights -> tensors
        self._functions = {}
        self._tracing = threading.Lock()

    def predict(self, trained, images, *, max_shift, flip=None):
        """Compute the probabilities of the classes.

        All batches of a call have one size, padded with blank images, for which all
        rows of a batch are computed alike. So the result for an image does not depend
        on its position among the others.

        Parameters
        ----------
        trained : TrainedNetwork
        images : ndarray of shape (n, height, width, channels), uint8 or float32
            Raw pixels.
        max_shift : int
            With more than 0 the probabilities are means over the images and their
            shifts by up to `max_shift` pixels.
        flip : str or None
            A key of `FLIPS`: the probabilities are means over all these images and
            their mirror images.

        Returns
        -------
        ndarray of shape (n, n_classes), float64

        Raises
        ------
        ValueError
            If the weights of `trained` do not fit the model.
        """
        weights = self._weights(trained)
        function = self._function(images.dtype, max_shift, flip)
        size = prediction_batch(len(images))
        parts = []
        for first in range(0, len(images), size):
            batch = images[first : first + size]
            n = len(batch)
            if n < size:
                blank = np.zeros((size - n, *images.shape[1:]), images.dtype)
                batch = np.concatenate([batch, blank])
            parts.append(function(tf.constant(batch), *weights).numpy()[:n])
        # In float32 they sum to 1 up to rounding; scikit-learn's log loss and ensembles
        # need sums that are right in float64.
        found = np.concatenate(parts).astype(np.float64)
        found /= found.sum(axis=1, keepdims=True)
        return with_temperature(found, trained.temperature)

    def _weights(self, trained):
        """Return the pixels' mean and standard deviation and the weights: tensors."""
        tensors = self._tensors.get(trained.weights)
        if tensors is None:
            check_arrays(self._model.variables, trained.weights.model)
            mean, variance = np.float32(mean_and_variance(trained.pixels))
            arrays = [mean, np.sqrt(variance), *trained.weights.model]
            tensors = self._tensors[trained.weights] = [tf.constant(a) for a in arrays]
        return tensors

    def _function(self, *key):
        """Trace once for each dtype of pixels, whatever the size of a batch."""
        with self._tracing:
            if key not in self._functions:
                self._functions[key] = self._trace(*key)
            return self._functions[key]

    def _trace(self, dtype, max_shift, flip):
        @tf.function(autograph=False)
        def probabilities(images, mean, std, *weights):
            outputs = [
                _exact(
                    self._model.stateless_call(
                        [weights[i] for i in self._trainable],
                        [weights[i] for i in self._others],
                        (copy - mean) / std,
                        training=False,
                    )[0]
                )
                for copy in views(tf.cast(images, tf.float32), max_shift, flip)
            ]
            return tf.add_n(outputs) / len(outputs)

        with without_retracing_warnings():
            return probabilities.get_concrete_function(
                tf.TensorSpec((None, *self._image_shape), dtype),
                *[tf.TensorSpec((), tf.float32)] * 2,
                *[tf.TensorSpec(v.shape, v.dtype) for v in self._model.variables],
            )


def prediction_batch(n):
    """Return the size of the batches in which `n` images are predicted."""
    if n == 1:
        return 1
    n_batches = -(-n // PREDICTION_BATCH)
    return -(-n // (n_batches * BATCH_UNIT)) * BATCH_UNIT


def views(images, max_shift, flip):
    """Yield the shifts of a batch, each followed by its mirror images."""
    for copy in shifted(images, max_shift):
        mirrored = [copy]
        for axis in FLIPS.get(flip, ()):
            mirrored += [tf.reverse(each, [axis]) for each in mirrored]
        yield from mirrored


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
