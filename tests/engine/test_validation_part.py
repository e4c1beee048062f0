"""Images that `validation_fraction` holds out."""

import numpy as np
import pytest
from helpers.classifiers import small

from skdigits._engine.data import TrainingData, make_training_data

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


def test_groups_are_held_out_whole_and_close_to_the_fraction():
    rng = np.random.default_rng(0)
    sizes = rng.integers(5, 60, 40)
    groups = rng.permutation(np.repeat([f"writer {i}" for i in range(40)], sizes))
    y = rng.integers(0, 10, len(groups))
    images = np.zeros((len(y), 2, 2, 1), np.uint8)
    images[:, 0, 0, 0] = np.unique(groups, return_inverse=True)[1]
    data = make_training_data(images, y, classes=None, groups=groups)
    for fraction in (0.1, 0.25, 0.8):
        train, held_out = data.split(fraction, seed=0)
        writers = [{*part.images[:, 0, 0, 0]} for part in (train, held_out)]
        assert len(writers[0]) + len(writers[1]) == 40
        assert not writers[0] & writers[1]
        counts = np.bincount(held_out.labels) / np.bincount(data.labels)
        np.testing.assert_allclose(counts, fraction, atol=0.08)
        np.testing.assert_array_equal(
            data.split(fraction, seed=0)[1].images, held_out.images
        )


def test_fit_holds_out_groups(digits):
    X, y = digits
    X, groups = X.copy(), np.repeat(["a", "b", "c", "d"], 50)
    X[groups == "a"] += 10  # its pixels are in 10..26, those of the others in 0..16
    model = small(validation_fraction=0.2).fit(X, y, groups=groups)
    assert len(model.history_["val_loss"]) == 2
    # A group with weights of 0 is not one of those to choose from.
    weight = np.where(np.isin(groups, ["a", "b"]), 1, 0)
    fits = [
        small(validation_fraction=0.2, random_state=seed, epochs=1)
        .fit(X, y, sample_weight=weight, groups=groups)
        .pixel_range_
        for seed in range(4)
    ]
    assert {*fits} == {(0, 16), (10, 26)}  # the other of the two is held out


def test_refuses_groups_that_cannot_be_held_out(digits):
    X, y = digits
    with pytest.raises(ValueError, match="groups need validation_fraction"):
        small().fit(X, y, groups=y)
    model = small(validation_fraction=0.2)
    for groups, message in (
        (np.zeros(200), "must leave some for the training. Got 1 in all"),
        (y, r"must leave each class in the training part. Class \d"),
        (y[1:], r"one group for each sample.*Got shape \(199,\)"),
        ([None, *y[1:]], "groups must be .* not None"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            model.fit(X, y, groups=groups)
