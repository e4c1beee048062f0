"""What CNNClassifier predicts: probabilities that do not depend on their neighbours."""

import itertools

import numpy as np
import pytest
from helpers.classifiers import equal, small, weights
from sklearn.exceptions import NotFittedError

pytestmark = pytest.mark.processor


@pytest.mark.parametrize("architecture", ["fast", "classic", "residual", "strided"])
@pytest.mark.parametrize("n", [2, 30, 200, 650])
def test_a_prediction_does_not_depend_on_the_place_among_others(
    digits, architecture, n
):
    X, y = digits
    model = small(architecture=architecture, width=1).fit(X, y)
    X = np.tile(X, (4, 1))[:n]
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


def test_predictions_do_not_depend_on_the_batch(digits):
    X, y = digits
    model = small().fit(X, y)
    many = np.tile(X, (5, 1))
    one_by_one = np.concatenate([model.predict_proba(X[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(model.predict_proba(many)[:5], one_by_one, atol=1e-6)


@pytest.mark.parametrize("reach", [1, 2])
def test_test_time_shift_averages_over_shifted_copies(digits, reach):
    X, y = digits
    model = small(epochs=5).fit(X, y)
    margins = (0, 0), (reach, reach), (reach, reach)
    wide = np.pad(X.reshape(-1, 8, 8), margins, mode="edge")
    places = range(2 * reach + 1)
    copies = [
        model.predict_proba(np.ascontiguousarray(wide[:, i : i + 8, j : j + 8]))
        for i, j in itertools.product(places, places)
    ]
    model.set_params(test_time_shift=reach)
    averaged = model.predict_proba(X)
    np.testing.assert_allclose(averaged, np.mean(copies, axis=0), atol=1e-6)
    np.testing.assert_array_equal(model.predict(X), averaged.argmax(axis=1))


@pytest.mark.parametrize(
    ("fraction", "pixels"), [(0.1, 0), (0.124, 0), (0.125, 1), (0.3, 2), (0.04, 0)]
)
def test_test_time_shift_may_be_a_fraction_of_the_side(digits, fraction, pixels):
    X, y = digits
    model = small(test_time_shift=fraction).fit(X, y)
    proba = model.predict_proba(X[:50])
    model.set_params(test_time_shift=pixels)
    np.testing.assert_array_equal(model.predict_proba(X[:50]), proba)


def test_a_fraction_of_a_large_side_is_ten_pixels_at_most():
    X = np.random.default_rng(0).integers(0, 256, (20, 48, 48), dtype=np.uint8)
    model = small(epochs=1, width=0.05, test_time_shift=0.9).fit(X, np.arange(20) % 2)
    proba = model.predict_proba(X[:2])
    model.set_params(test_time_shift=10)
    np.testing.assert_array_equal(model.predict_proba(X[:2]), proba)


def test_test_time_shift_is_no_part_of_the_training(digits):
    X, y = digits
    first, second = small().fit(X, y), small(test_time_shift=1).fit(X, y)
    assert equal(weights(first), weights(second))
    with pytest.raises(ValueError, match="'test_time_shift' parameter.*Got -2"):
        first.set_params(test_time_shift=-2).predict(X)


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_refuses_to_predict_before_fit(digits, method):
    with pytest.raises(NotFittedError):
        getattr(small(), method)(digits[0])
    with pytest.raises(NotFittedError):
        _ = small().model_
