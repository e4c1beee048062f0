"""Fits and predictions in threads share compiled models, but no weights."""

import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from helpers.classifiers import equal, small, weights

from skdigits import CNNClassifier

pytestmark = pytest.mark.processor


def test_fits_share_no_weights(digits):
    X, y = digits
    first = small(random_state=0).fit(X, y)
    before = first.predict_proba(X)
    second = small(random_state=1).fit(X, y)
    assert not np.array_equal(before, second.predict_proba(X))
    np.testing.assert_array_equal(first.predict_proba(X), before)


def test_predictions_in_many_threads_trace_once(digits):
    X, y = digits
    traced = []

    class Traced(keras.layers.Layer):
        def call(self, inputs):
            traced.append(len(inputs.shape))
            return inputs

    def traced_architecture(image_shape, n_classes):
        return keras.Sequential(
            [
                keras.layers.Flatten(),
                Traced(),
                keras.layers.Dense(n_classes, activation="softmax"),
            ]
        )

    model = CNNClassifier(architecture=traced_architecture, epochs=1, random_state=0)
    model.fit(X, y)
    before = len(traced)
    model.predict_proba(X)
    once = len(traced) - before
    assert once > 0
    model.fit(X, y)
    before = len(traced)
    start = threading.Barrier(8)

    def predict(_):
        start.wait()
        return [model.predict_proba(X) for _ in range(5)]

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(predict, range(8)))
    assert len(traced) - before == once
    expected = model.predict_proba(X)
    assert all(np.array_equal(probas, [expected] * 5) for probas in found)


def test_fit_during_predictions_does_not_change_them(digits, fitted):
    X, y = digits
    model = fitted()
    expected = model.predict_proba(X)
    other = weights(small(random_state=1).fit(X, y))
    done = threading.Event()

    def predict():
        found = []
        while not done.is_set():
            found.append(np.array_equal(model.predict_proba(X), expected))
        return found

    with ThreadPoolExecutor(1) as threads:
        same = threads.submit(predict)
        fits = [small(random_state=1).fit(X, y) for _ in range(3)]
        done.set()
    assert same.result() and all(same.result())
    assert all(equal(weights(fitted), other) for fitted in fits)
