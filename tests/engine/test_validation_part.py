"""Images that `validation_fraction` holds out."""

import numpy as np
import pytest
from helpers.classifiers import small

from skdigits._engine.data import TrainingData

pytestmark = pytest.mark.processor


def test_validation_part_is_stratified():
    y = np.repeat([0, 1], [180, 20])
    data = TrainingData(np.zeros((200, 2, 2, 1)), y, None, classes=np.array([0, 1]))
    parts = data.split(0.25, seed=0)
    shares = [np.bincount(part.labels) / len(part) for part in parts]
    np.testing.assert_allclose(shares, [[0.9, 0.1]] * 2)
    assert [len(part) for part in parts] == [150, 50]


def test_refuses_a_class_too_small_to_hold_out(digits):
    X, y = digits
    y = y.copy()
    y[0] = 77
    with pytest.raises(ValueError, match=r"two samples of each class.*Class 77 has 1"):
        small(validation_fraction=0.2).fit(X, y)
    with pytest.raises(ValueError, match="both parts must have at least one of each"):
        small(validation_fraction=0.01).fit(*digits)
