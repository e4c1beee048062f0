"""Classifiers that train in seconds, and comparisons of their weights."""

import pickle

import keras
import numpy as np

from skdigits import CNNClassifier


def small(**params):
    """Return an unfitted classifier for most tests."""
    return CNNClassifier(**{"width": 0.3, "epochs": 2, "random_state": 0, **params})


def smaller(**params):
    """Return an unfitted classifier for tests of files and signals, which fit often."""
    return CNNClassifier(**{"width": 0.25, "epochs": 2, "random_state": 0, **params})


class CachedFits:
    """Copies of fitted classifiers; each set of parameters is fitted once."""

    def __init__(self, X, y):
        self.data, self.pickles = (X, y), {}

    def __call__(self, **params):
        key = tuple(sorted(params.items()))
        if key not in self.pickles:
            self.pickles[key] = pickle.dumps(small(**params).fit(*self.data))
        return pickle.loads(self.pickles[key])


def weights(classifier):
    return classifier.model_.get_weights()


def equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def dense(n_out, activation="softmax"):
    return lambda image_shape, n_classes: keras.Sequential(
        [
            keras.Input(image_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(n_out, activation=activation),
        ]
    )


class Failing(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise ZeroDivisionError
