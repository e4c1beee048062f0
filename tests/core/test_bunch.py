"""Results of the loaders in a notebook's cell."""

import copy
import pickle

import joblib
import numpy as np
import pytest
from IPython.lib.pretty import pretty
from sklearn.utils import Bunch

from skdigits import find_digits
from skdigits.datasets import load_sample, make_digit_photo


@pytest.fixture(scope="module")
def bunches():
    photo = make_digit_photo("31", random_state=0)
    return {"sample": load_sample(), "photo": photo, "found": find_digits(photo.image)}


def test_representation_has_one_short_line_for_each_entry(bunches):
    for bunch in bunches.values():
        text = repr(bunch)
        assert text == str(bunch) == pretty(bunch)
        lines = text.splitlines()
        assert len(lines) == 1 + len(bunch) and max(map(len, lines)) < 90
        for line, name in zip(lines[1:], bunch, strict=True):
            assert line.strip().startswith(f"{name}: ")
    sample, found = repr(bunches["sample"]), repr(bunches["found"])
    assert "X_train: DataFrame of shape (1437, 784)" in sample
    assert "y_test: Series of shape (360,), uint8" in sample
    assert "images: list of 2, each ndarray" in found


def test_copies_and_pickles_are_independent_bunches(bunches, tmp_path):
    sample = bunches["sample"]
    joblib.dump(sample, tmp_path / "sample")
    for same in (
        copy.copy(sample),
        copy.deepcopy(sample),
        pickle.loads(pickle.dumps(sample)),
        joblib.load(tmp_path / "sample"),
    ):
        assert isinstance(same, Bunch) and repr(same) == repr(sample)
        np.testing.assert_array_equal(same.X_train, sample["X_train"])
        same.extra = None
        assert "extra: None" in repr(same) and "extra" not in sample
    assert "X_train" in dir(sample)
