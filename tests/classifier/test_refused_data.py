"""Errors for images and labels that CNNClassifier refuses."""

import numpy as np
import pytest
from helpers.classifiers import small
from scipy import sparse

pytestmark = pytest.mark.processor


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_refuses_nan_and_infinity(digits, value):
    X, y = digits
    X = X.astype(float)
    X[3, 5] = value
    with pytest.raises(ValueError, match="NaN|infinity"):
        small().fit(X, y)


def test_refuses_values_beyond_float32(digits):
    X, y = digits
    with pytest.raises(ValueError, match="range of float32"):
        small().fit(X * 1e300, y)


def test_refuses_sparse(digits):
    X, y = digits
    with pytest.raises(TypeError, match="[Ss]parse"):
        small().fit(sparse.csr_array(X), y)


def test_refuses_no_samples(digits):
    X, y = digits
    with pytest.raises(ValueError, match="0 sample"):
        small().fit(X[:0], y[:0])


def test_refuses_one_class(digits):
    X, _ = digits
    with pytest.raises(ValueError, match="at least two classes. Got one class: 'a'"):
        small().fit(X, np.array(["a"] * len(X)))


def test_refuses_continuous_labels(digits):
    X, y = digits
    with pytest.raises(ValueError, match="Unknown label type"):
        small().fit(X, y + 0.5)


def test_refuses_labels_that_classes_does_not_list(digits):
    X, y = digits
    with pytest.raises(ValueError, match=r"labels that are in classes: \[.*Got \[9\]"):
        small().partial_fit(X, y, classes=np.arange(9))
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        small().partial_fit(X, y)
