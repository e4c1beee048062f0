"""load_sample: the bundled digits, enlarged and split."""

import numpy as np
import pandas as pd
import pytest
from helpers.competition import PIXELS
from sklearn.datasets import load_digits
from sklearn.metrics import pairwise_distances_argmin

from skdigits.datasets import load_sample

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def sample():
    return load_sample()


def test_frames_have_the_documented_types(sample):
    assert set(sample) == {"X_train", "y_train", "X_test", "y_test", "DESCR"}
    for part, n_rows in (("train", 1437), ("test", 360)):
        X, y = sample[f"X_{part}"], sample[f"y_{part}"]
        assert X.shape == (n_rows, 784)
        assert list(X.columns) == PIXELS
        assert set(X.dtypes) == {np.dtype(np.uint8)}
        assert (y.shape, y.name, y.dtype) == ((n_rows,), "label", np.uint8)
        assert X.index.equals(pd.RangeIndex(n_rows))
        assert y.index.equals(X.index)
    assert "Alpaydin" in sample.DESCR
    assert "UCI" in sample.DESCR


def test_split_is_always_the_same(sample):
    again = load_sample()
    for name in ("X_train", "X_test"):
        pd.testing.assert_frame_equal(sample[name], again[name])
    for name in ("y_train", "y_test"):
        pd.testing.assert_series_equal(sample[name], again[name])


def test_split_is_stratified(sample):
    counts = np.bincount(load_digits().target)
    np.testing.assert_allclose(np.bincount(sample.y_test), counts * 360 / 1797, atol=1)


def cubic_weights(n_from, n_to):
    """Return weights of cubic convolution, a = -0.75, edges repeated (Keys, 1981)."""
    weights = np.zeros((n_to, n_from))
    for i in range(n_to):
        centre = (i + 0.5) * n_from / n_to - 0.5
        for j in range(int(np.floor(centre)) - 1, int(np.floor(centre)) + 3):
            x, a = abs(centre - j), -0.75
            near = (a + 2) * x**3 - (a + 3) * x**2 + 1
            far = a * (x**3 - 5 * x**2 + 8 * x - 4)
            weights[i, min(max(j, 0), n_from - 1)] += near if x <= 1 else far
    return weights


def test_sample_has_all_bundled_digits_enlarged(sample):
    bundled = load_digits()
    weights = cubic_weights(8, 20)
    large = weights @ (bundled.images * 255 / 16) @ weights.T
    expected = np.pad(np.clip(large, 0, 255), ((0, 0), (4, 4), (4, 4)))
    expected = expected.reshape(-1, 784)
    X = np.vstack([sample.X_train, sample.X_test]).astype(float)
    y = np.concatenate([sample.y_train, sample.y_test])
    origin = pairwise_distances_argmin(X, expected)
    assert sorted(origin) == list(range(1797))
    np.testing.assert_allclose(X, expected[origin], atol=0.51)
    np.testing.assert_array_equal(y, bundled.target[origin])
