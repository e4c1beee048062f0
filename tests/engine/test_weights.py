"""Weights of samples and classes."""

import numpy as np
import pytest
from helpers.classifiers import dense, equal, small, weights

pytestmark = pytest.mark.processor


def test_weights_count_as_repetitions(digits):
    """In a single batch, without dropout, a weight of 2 is a repetition."""
    X, y = digits
    params = {"batch_size": 400, "epochs": 3, "optimizer": "sgd", "learning_rate": 0.1}

    repeats = np.where(np.arange(len(X)) % 3 == 0, 2, 1)
    weighted = small(architecture=dense(10), **params).fit(X, y, repeats)
    repeated = small(architecture=dense(10), **params)
    repeated.fit(X.repeat(repeats, axis=0), y.repeat(repeats))
    # Repetitions change the pixel mean. Without weights, the difference is 0.05.
    np.testing.assert_allclose(
        weighted.predict_proba(X), repeated.predict_proba(X), atol=0.002
    )


def test_zero_weight_equals_absence(digits):
    X, y = digits
    keep = np.arange(len(X)) % 4 > 0
    weighted = small().fit(X, y, sample_weight=keep.astype(float))
    without = small().fit(X[keep], y[keep], sample_weight=np.ones(keep.sum()))
    assert equal(weights(weighted), weights(without))


def test_class_of_zero_weight_stays_in_classes(digits):
    X, y = digits
    without_3 = {digit: int(digit != 3) for digit in range(10)}
    model = small(class_weight=without_3, epochs=5).fit(X, y)
    assert model.predict_proba(X).shape == (200, 10)
    assert list(model.classes_) == list(range(10))
    # The same weights, for each sample.
    by_sample = small(epochs=5, warm_start=True).fit(X, y, (y != 3).astype(float))
    np.testing.assert_array_equal(by_sample.predict_proba(X), model.predict_proba(X))
    by_sample.fit(X, y, (y != 3).astype(float))


def test_scale_of_weights_does_not_matter(digits):
    X, y = digits
    w = np.linspace(1, 2, len(X))
    np.testing.assert_allclose(
        small().fit(X, y, w).predict_proba(X),
        small().fit(X, y, 1000 * w).predict_proba(X),
        atol=1e-4,
    )


def test_class_weight_moves_predictions(digits):
    X, y = digits
    y = (y == 0).astype(int)
    plain = small(epochs=3).fit(X, y).predict(X).mean()
    heavy = small(epochs=3, class_weight={1: 100.0}).fit(X, y).predict(X).mean()
    assert heavy > plain


def test_balanced_equals_its_weights(digits):
    X, y = digits
    keep = (y != 0) | (np.arange(len(y)) % 3 == 0)
    X, y = X[keep], y[keep]
    counts = np.bincount(y)
    by_hand = {digit: len(y) / (10 * counts[digit]) for digit in range(10)}
    balanced = small(class_weight="balanced").fit(X, y)
    np.testing.assert_allclose(
        balanced.predict_proba(X),
        small(class_weight=by_hand).fit(X, y).predict_proba(X),
        atol=1e-5,
    )


def test_refuses_negative_weights(digits):
    X, y = digits
    with pytest.raises(ValueError, match="[Nn]egative"):
        small().fit(X, y, sample_weight=np.linspace(-1, 1, len(X)))


def test_refuses_weights_that_leave_one_class(digits):
    X, y = digits
    with pytest.raises(
        ValueError, match="positive for samples of at least two classes"
    ):
        small(class_weight=dict.fromkeys(range(10), 0)).fit(X, y)
    with pytest.raises(ValueError, match="class_weight must be finite and not neg"):
        small(class_weight={3: -1}).fit(X, y)
    with pytest.raises(ValueError, match="needs all labels at once"):
        small(class_weight="balanced").partial_fit(X, y, classes=np.arange(10))
