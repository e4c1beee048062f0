"""Images to TensorFlow: the feed that trains, and the one that predicts."""

import itertools

import numpy as np
import tensorflow as tf

PREFETCH = 4  # batches that are made ready while the network trains
PREDICTION_BATCH = 240  # images at most
# Matrix products take the last rows of a batch by another way than the rest, and round
# them otherwise, unless the number of rows is a multiple of this (seen with TensorFlow
# 2.21 on AVX2: with oneDNN and without, on one thread and on two).
BATCH_UNIT = 24


def training_feed(data, *, batch_size, seed, first_epoch, scale, n_classes):
    """Feed images in a new order, and drawn anew, in each epoch.

    Parameters
    ----------
    data : TrainingData
    batch_size : int
        Largest batch. The images are dealt out evenly: batches differ by one at most,
        and no epoch ends with a batch of one or two.
    seed : int
        With the number of the epoch it gives its order and, with the data's own seeds,
        its draws.
    first_epoch : int
    scale : tuple of 2 floats
        Mean and deviation of the pixels, for `standardise`.
    n_classes : int

    Returns
    -------
    tf.data.Dataset of (images, one-hot labels[, weights])
        Each pass over it is the next epoch.
    """
    epochs = itertools.count(first_epoch)
    n_batches = -(-len(data) // batch_size)

    def epoch():
        rng = np.random.default_rng([seed, *data.draw_seeds, next(epochs)])
        for indices in np.array_split(rng.permutation(len(data)), n_batches):
            yield indices, data.load(indices, rng)

    return _dataset(epoch, n_batches, data, scale, n_classes)


def validation_feed(data, *, scale, n_classes):
    """Feed held-out images as they are, in their order."""
    n_batches = -(-len(data) // PREDICTION_BATCH)

    def once():
        for indices in np.array_split(np.arange(len(data)), n_batches):
            yield indices, data.images[indices]

    return _dataset(once, n_batches, data, scale, n_classes)


def _dataset(batches, n_batches, data, scale, n_classes):
    weighted = data.weights is not None

    def examples():
        for indices, images in batches():
            example = images, data.labels[indices]
            yield (*example, data.weights[indices]) if weighted else example

    # An unknown batch size keeps Keras from tracing once more for a smaller batch.
    signature = (
        tf.TensorSpec((None, *data.images.shape[1:]), data.images.dtype),
        tf.TensorSpec((None,), tf.int32),
    )
    if weighted:
        signature += (tf.TensorSpec((None,), tf.float32),)

    def prepare(images, labels, *weights):
        return standardise(images, *scale), tf.one_hot(labels, n_classes), *weights

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


def standardise(images, mean, deviation):
    """Give pixels mean 0 and deviation 1; `images` is a tensor."""
    return (tf.cast(images, tf.float32) - mean) / deviation


def shifted(images, reach):
    """Give a batch and its shifts by up to `reach` pixels in each direction.

    The pixels at an edge are repeated for those that come in from outside.

    Parameters
    ----------
    images : tensor of shape (n, height, width, channels)
    reach : int

    Yields
    ------
    tensor of the shape of `images`
        (2 * reach + 1) ** 2 of them.
    """
    height, width = images.shape[1:3]
    steps = range(-reach, reach + 1)
    for down, right in itertools.product(steps, steps):
        rows = np.clip(np.arange(height) - down, 0, height - 1)
        columns = np.clip(np.arange(width) - right, 0, width - 1)
        yield tf.gather(tf.gather(images, rows, axis=1), columns, axis=2)


def predict(function, images):
    """Apply a function to all images, batch by batch.

    All batches of a call are of one size, filled up with blank images, and that size
    makes no difference between a batch's rows. So what comes out for an image does not
    depend on its place among the others.

    Parameters
    ----------
    function : callable
        ``function(batch of images)`` gives a tensor with a row for each.
    images : ndarray of shape (n, height, width, channels)

    Returns
    -------
    ndarray of shape (n, ...)
    """
    size = prediction_batch(len(images))
    parts = []
    for first in range(0, len(images), size):
        batch = images[first : first + size]
        n = len(batch)
        if n < size:
            blank = np.zeros((size - n, *images.shape[1:]), images.dtype)
            batch = np.concatenate([batch, blank])
        parts.append(function(batch).numpy()[:n])
    return np.concatenate(parts)


def prediction_batch(n):
    """Give the size of the batches in which `n` images are predicted."""
    if n == 1:
        return 1
    n_batches = -(-n // PREDICTION_BATCH)
    return -(-n // (n_batches * BATCH_UNIT)) * BATCH_UNIT
