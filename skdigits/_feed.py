"""Images to TensorFlow: the feed that trains, and the one that predicts."""

import itertools

import numpy as np
import tensorflow as tf

PREFETCH = 4  # batches that are made ready while the network trains
PREDICTION_BATCH = 256


def training_feed(load, labels, weights, *, batch_size, seeds, first_epoch, scaler):
    """Feed images in a new order, and drawn anew, in each epoch.

    Parameters
    ----------
    load : callable
        ``load(indices, rng)`` gives the images of those places, shape (batch, height,
        width, channels), uint8 or float32.
    labels : ndarray of shape (n_samples,), int
        Places of the classes.
    weights : ndarray of shape (n_samples,), float32, or None
    batch_size : int
        Largest batch. The images are dealt out evenly: batches differ by one at most,
        and no epoch ends with a batch of one or two.
    seeds : tuple of int
        Together with the number of the epoch they give its order and draws.
    first_epoch : int
    scaler : Scaler

    Returns
    -------
    tf.data.Dataset of (images, one-hot labels[, weights])
        Each pass over it is the next epoch.
    """
    epochs = itertools.count(first_epoch)
    n_batches = -(-len(labels) // batch_size)

    def epoch():
        rng = np.random.default_rng([*seeds, next(epochs)])
        for indices in np.array_split(rng.permutation(len(labels)), n_batches):
            yield indices, load(indices, rng)

    return _dataset(epoch, n_batches, labels, weights, scaler)


def validation_feed(images, labels, weights, *, scaler):
    """Feed held-out images as they are, in their order."""
    n_batches = -(-len(labels) // PREDICTION_BATCH)

    def once():
        for indices in np.array_split(np.arange(len(labels)), n_batches):
            yield indices, images[indices]

    return _dataset(once, n_batches, labels, weights, scaler)


def _dataset(batches, n_batches, labels, weights, scaler):
    def examples():
        for indices, images in batches():
            example = images, labels[indices]
            yield example if weights is None else (*example, weights[indices])

    # An unknown batch size keeps Keras from tracing once more for a smaller batch.
    signature = (
        tf.TensorSpec((None, *scaler.image_shape), scaler.dtype),
        tf.TensorSpec((None,), tf.int32),
    )
    if weights is not None:
        signature += (tf.TensorSpec((None,), tf.float32),)

    def prepare(images, labels, *weights):
        return scaler(images), tf.one_hot(labels, scaler.n_classes), *weights

    options = tf.data.Options()
    # With autotune on, a fit often waits seconds at the end of an epoch.
    options.autotune.enabled = False
    return (
        tf.data.Dataset.from_generator(examples, output_signature=signature)
        .apply(tf.data.experimental.assert_cardinality(n_batches))
        .map(prepare)
        .prefetch(PREFETCH)
        .with_options(options)
    )


class Scaler:
    """Standardises images in the graph: (pixels - mean) / deviation, float32.

    Parameters
    ----------
    mean, deviation : float
        In the unit of the pixels.
    image_shape : tuple of 3 ints
    dtype : numpy.dtype
        uint8 or float32, of the images that come in.
    n_classes : int
    """

    def __init__(self, mean, deviation, image_shape, dtype, n_classes):
        self.mean, self.deviation = mean, deviation
        self.image_shape, self.dtype = image_shape, dtype
        self.n_classes = n_classes

    def __call__(self, images):
        return standardise(images, self.mean, self.deviation)


def standardise(images, mean, deviation):
    """Give pixels mean 0 and deviation 1; `images` is a tensor."""
    return (tf.cast(images, tf.float32) - mean) / deviation


def predict(function, images):
    """Apply ``function(batch of images) -> tensor`` to all images, batch by batch."""
    batches = (
        function(images[first : first + PREDICTION_BATCH]).numpy()
        for first in range(0, len(images), PREDICTION_BATCH)
    )
    return np.concatenate(list(batches))
