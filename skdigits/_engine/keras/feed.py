"""Datasets that feed training and validation images to Keras."""

import itertools

import numpy as np
import tensorflow as tf

PREFETCH = 4  # batches that are prepared while the model trains
VALIDATION_BATCH = 240  # images, an upper bound


def training_feed(data, *, batch_size, seed, first_epoch, n_classes):
    """Feed images in a new order and with new augmented copies in each epoch.

    Parameters
    ----------
    data : TrainingData
    batch_size : int
        Size of the largest batch. Sizes differ by at most one image, so no epoch ends
        with a batch of one or two.
    seed : int
        The order and the augmentation of an epoch depend on it, on the seeds of the
        data and on the number of the epoch.
    first_epoch : int
    n_classes : int

    Returns
    -------
    tf.data.Dataset of (images, one-hot labels[, weights])
        Each pass over it is the next epoch.
    """
    epochs = itertools.count(first_epoch)
    n_batches = -(-len(data) // batch_size)

    def epoch():
        rng = np.random.default_rng([seed, *data.augment_seeds, next(epochs)])
        for indices in np.array_split(rng.permutation(len(data)), n_batches):
            yield indices, data.load(indices, rng)

    return _dataset(epoch, n_batches, data, n_classes)


def validation_feed(data, *, n_classes):
    """Feed held-out images unchanged and in their order."""
    n_batches = -(-len(data) // VALIDATION_BATCH)

    def once():
        for indices in np.array_split(np.arange(len(data)), n_batches):
            yield indices, data.images[indices]

    return _dataset(once, n_batches, data, n_classes)


def _dataset(batches, n_batches, data, n_classes):
    one_hot = np.eye(n_classes, dtype=np.float32)
    weighted = data.weights is not None

    def examples():
        for indices, images in batches():
            example = images, one_hot[data.labels[indices]]
            yield (*example, data.weights[indices]) if weighted else example

    # With an unknown batch size Keras does not trace again for a smaller batch.
    signature = (
        tf.TensorSpec((None, *data.images.shape[1:]), data.images.dtype),
        tf.TensorSpec((None, n_classes), tf.float32),
    )
    if weighted:
        signature += (tf.TensorSpec((None,), tf.float32),)

    options = tf.data.Options()
    # With autotune, a fit often waits seconds at the end of an epoch.
    options.autotune.enabled = False
    return (
        tf.data.Dataset.from_generator(examples, output_signature=signature)
        .apply(tf.data.experimental.assert_cardinality(n_batches))
        .prefetch(PREFETCH)
        .with_options(options)
    )
