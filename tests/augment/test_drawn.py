"""Drawn digits in place of a share of the augmented copies."""

import numpy as np
import pytest
from helpers.classifiers import small
from helpers.images import centre_of, still
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline

from skdigits import DigitNormalizer, ImageAugmenter
from skdigits.datasets import load_sample


def dots(n, labels=10, side=28):
    """Return images with a white dot at the column of their label, and the labels."""
    y = np.arange(n) % labels
    X = np.zeros((n, side, side), np.uint8)
    X[np.arange(n), 3, y] = 255
    return X.reshape(n, -1), y


def test_no_digits_are_drawn_by_default(images):
    y = np.arange(len(images)) % 10
    augmenter = ImageAugmenter(random_state=0)
    np.testing.assert_array_equal(
        augmenter.fit_transform(images, y), augmenter.fit_transform(images)
    )


@pytest.mark.parametrize("share", [0.05, 0.3, 1])
def test_share_of_the_copies_is_drawn(share):
    X, y = dots(1000)
    copies = still(drawn=share, random_state=0).fit_transform(X, y)
    assert (copies != X).any(axis=1).mean() == pytest.approx(share, abs=0.04)


def test_drawn_digits_have_the_form_of_mnist():
    X, y = dots(200)
    copies = still(drawn=1, random_state=0).fit_transform(X, y).reshape(-1, 28, 28)
    for image in copies:
        inked = np.argwhere(image > 64)
        assert 17 <= np.ptp(inked, axis=0).max() + 1 <= 21
        np.testing.assert_allclose(centre_of(image.astype(float)), 13.5, atol=0.6)
    assert copies.min() == 0 and copies.max() == 255
    assert len(np.unique(copies.reshape(len(X), -1), axis=0)) == len(X)


def test_drawn_digits_have_the_labels_of_their_images():
    """A classifier that learns from drawn digits alone reads digits of people."""
    X, y = dots(2000)
    model = Pipeline(
        [
            ("augment", still(drawn=1, random_state=0)),
            ("knn", KNeighborsClassifier(3)),
        ]
    ).fit(X, y)
    sample = load_sample()
    written = DigitNormalizer().transform(sample.X_train)
    assert model.score(written, sample.y_train) > 0.6


@pytest.mark.parametrize("dtype", [str, object, "U1", np.uint8])
def test_labels_may_be_numbers_or_strings(dtype):
    X, y = dots(40)
    augmenter = still(drawn=1, random_state=0)
    labels = y.astype(str).astype(dtype) if dtype is object else y.astype(dtype)
    np.testing.assert_array_equal(
        augmenter.fit_transform(X, labels), augmenter.fit_transform(X, y)
    )


@pytest.mark.parametrize(
    ("low", "high", "fill", "dtype"),
    [
        (0, 255, 0, np.uint8),
        (0, 16, 0, np.int64),
        (0, 1, 0, np.float64),
        (-0.4, 2.8, -0.4, np.float32),
        (0, 255, 255, np.uint8),  # dark on light
    ],
)
def test_ink_and_paper_are_in_the_range_of_the_images(low, high, fill, dtype):
    X, y = dots(50, side=20)
    X = (low + (high - low) * (X / 255)).astype(dtype)
    X = X if fill == low else (low + high - X)
    copies = still(drawn=1, fill_value=fill, random_state=0).fit_transform(X, y)
    assert copies.dtype == dtype
    np.testing.assert_allclose([copies.min(), copies.max()], [low, high], rtol=1e-6)
    assert np.median(copies) == np.asarray(fill, dtype)


def test_drawn_digits_fit_images_of_any_shape():
    rng = np.random.default_rng(0)
    for height, width in ((1, 1), (8, 8), (5, 30), (64, 40)):
        X = rng.integers(0, 255, (20, height, width), dtype=np.uint8)
        copies = still(drawn=1, random_state=0).fit_transform(X, np.arange(20) % 10)
        assert copies.shape == X.shape
        if min(height, width) > 8:  # nothing is cut off at the border
            assert not copies[:, [0, -1]].any() and not copies[:, :, [0, -1]].any()


def test_augment_draws_no_digits():
    X, y = dots(20)
    augmenter = still(drawn=1, random_state=0)
    assert (augmenter.fit_transform(X, y) != X).any(axis=1).all()
    np.testing.assert_array_equal(augmenter.augment(X), X)


@pytest.mark.parametrize(
    ("y", "match"),
    [
        (None, "needs the labels of the images. Got y=None"),
        (np.arange(20), "digits from 0 to 9, as ints or as str. Got 10 instead"),
        (-np.arange(20), "Got -19 instead"),
        (np.full(20, 1.5), "Got 1.5 instead"),
        (["cat"] * 20, "Got 'cat' instead"),
        (np.arange(9), "inconsistent numbers of samples"),
    ],
)
def test_drawn_needs_labels_that_are_digits(y, match):
    X, _ = dots(20)
    with pytest.raises(ValueError, match=match):
        ImageAugmenter(drawn=0.1).fit_transform(X, y)
    ImageAugmenter().fit_transform(X, y)  # which needs no labels


def test_drawn_needs_grey_images():
    X = np.zeros((20, 8, 8, 3), np.uint8)
    with pytest.raises(ValueError, match=r"needs grey images. Got images of shape"):
        ImageAugmenter(drawn=0.1).fit_transform(X, np.arange(20) % 10)


def test_search_scores_on_images_that_are_not_drawn():
    """Only with drawn=0 can a model learn the images, which are not of digits."""
    X, y = dots(100)
    model = Pipeline([("augment", still()), ("knn", KNeighborsClassifier(1))])
    search = GridSearchCV(model, {"augment__drawn": [1, 0]}, cv=StratifiedKFold(2))
    scores = search.fit(X, y).cv_results_["mean_test_score"]
    assert scores[0] < 0.5 and scores[1] == 1


def test_equal_seeds_draw_equal_digits(digits):
    X, y = digits
    model = Pipeline([("augment", ImageAugmenter(drawn=0.5)), ("cnn", small())])
    first = model.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(model.fit(X, y).predict_proba(X), first)
    model.set_params(augment__drawn=0)
    assert not np.array_equal(model.fit(X, y).predict_proba(X), first)


def test_labels_follow_their_images_in_training():
    """Held-out parts and weights of zero select rows, whose labels are drawn."""
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat(np.arange(10), 100)).astype(str)
    X = rng.integers(0, 256, (len(y), 784), dtype=np.uint8)
    model = Pipeline(
        [
            ("augment", still(drawn=1)),
            ("cnn", small(epochs=8, width=0.3, validation_fraction=0.2)),
        ]
    )
    weights = rng.integers(0, 2, len(y))
    model.fit(X, y, cnn__sample_weight=weights)
    sample = load_sample()
    written = DigitNormalizer().transform(sample.X_train)
    assert model.score(written, sample.y_train.astype(str)) > 0.4
