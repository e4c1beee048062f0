"""Predictions of CNNClassifier: probabilities independent of the other images."""

import itertools

import numpy as np
import pytest
from helpers.classifiers import dense, equal, small, weights
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_predict

pytestmark = pytest.mark.processor


@pytest.mark.parametrize("architecture", ["fast", "classic", "residual", "vgg"])
def test_prediction_does_not_depend_on_the_order_of_images(
    digits, fitted, architecture
):
    model = fitted(architecture=architecture, width=1)
    for n in (2, 30, 200, 650):
        X = np.tile(digits[0], (4, 1))[:n]
        order = np.random.default_rng(0).permutation(n)
        np.testing.assert_array_equal(
            model.predict_proba(X[order]), model.predict_proba(X)[order]
        )


def test_probabilities_sum_to_one_in_float64(digits):
    X, y = digits
    for dtype in (np.uint8, np.float32, np.float64):
        proba = small(epochs=1).fit(X.astype(dtype), y).predict_proba(X.astype(dtype))
        assert proba.dtype == np.float64
        np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-15)


def test_logarithms_of_probabilities_are_finite(digits):
    X, y = digits
    model = small(epochs=2, learning_rate=0.5, schedule="constant").fit(X, y)
    proba, log_proba = model.predict_proba(X), model.predict_log_proba(X)
    assert proba.min() == 0 and np.isfinite(log_proba).all()
    np.testing.assert_allclose(np.exp(log_proba), proba, atol=1e-37)
    ways = cross_val_predict(small(epochs=1), X, y, cv=2, method="predict_log_proba")
    assert np.isfinite(ways).all()


def test_prediction_does_not_depend_on_the_batch(digits, fitted):
    X, _ = digits
    model = fitted()
    many = np.tile(X, (5, 1))
    one_by_one = np.concatenate([model.predict_proba(X[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(model.predict_proba(many)[:5], one_by_one, atol=1e-6)


@pytest.mark.parametrize("max_shift", [1, 2])
def test_test_time_shift_averages_over_shifted_copies(digits, fitted, max_shift):
    X, _ = digits
    model = fitted(epochs=5)
    margins = (0, 0), (max_shift, max_shift), (max_shift, max_shift)
    wide = np.pad(X.reshape(-1, 8, 8), margins, mode="edge")
    starts = range(2 * max_shift + 1)
    copies = [
        model.predict_proba(np.ascontiguousarray(wide[:, i : i + 8, j : j + 8]))
        for i, j in itertools.product(starts, starts)
    ]
    model.set_params(test_time_shift=max_shift)
    averaged = model.predict_proba(X)
    np.testing.assert_allclose(averaged, np.mean(copies, axis=0), atol=1e-6)
    np.testing.assert_array_equal(model.predict(X), averaged.argmax(axis=1))


def test_test_time_shift_may_be_a_fraction_of_the_side(digits, fitted):
    X, model = digits[0][:50], fitted()
    by_pixels = [
        model.set_params(test_time_shift=pixels).predict_proba(X) for pixels in range(3)
    ]
    for fraction, pixels in [(0.1, 0), (0.124, 0), (0.125, 1), (0.3, 2), (0.04, 0)]:
        proba = model.set_params(test_time_shift=fraction).predict_proba(X)
        np.testing.assert_array_equal(proba, by_pixels[pixels])


@pytest.mark.parametrize("max_shift", [0, 1])
@pytest.mark.parametrize(
    ("flip", "axes"),
    [
        ("horizontal", [(), (2,)]),
        ("vertical", [(), (1,)]),
        ("both", [(), (1,), (2,), (1, 2)]),
    ],
)
def test_test_time_flip_averages_over_mirror_images(
    digits, fitted, flip, axes, max_shift
):
    X = digits[0][:60].reshape(-1, 8, 8)
    model = fitted(epochs=5).set_params(test_time_shift=max_shift)
    copies = [model.predict_proba(np.flip(X, axis)) for axis in axes]
    averaged = model.set_params(test_time_flip=flip).predict_proba(X)
    np.testing.assert_allclose(averaged, np.mean(copies, axis=0), atol=1e-6)
    assert np.abs(averaged - copies[0]).max() > 0.01


def test_fraction_of_a_large_side_is_at_most_ten_pixels():
    X = np.random.default_rng(0).integers(0, 256, (20, 48, 48), dtype=np.uint8)
    model = small(architecture=dense(2), epochs=1, test_time_shift=0.9)  # fast to trace
    model.fit(X, np.arange(20) % 2)
    proba = model.predict_proba(X[:2])
    model.set_params(test_time_shift=10)
    np.testing.assert_array_equal(model.predict_proba(X[:2]), proba)


def test_training_does_not_depend_on_test_time_augmentation(digits, fitted):
    X, _ = digits
    first, second = fitted(), fitted(test_time_shift=1, test_time_flip="both")
    assert equal(weights(first), weights(second))
    with pytest.raises(ValueError, match="'test_time_shift' parameter.*Got -2"):
        first.set_params(test_time_shift=-2).predict(X)


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_prediction_before_fit_is_an_error(digits, method):
    with pytest.raises(NotFittedError):
        getattr(small(), method)(digits[0])
    with pytest.raises(NotFittedError):
        _ = small().model_
