"""Accepted layouts of images, and rejected shapes."""

import warnings

import numpy as np
import pandas as pd
import pytest
from helpers.classifiers import small

pytestmark = pytest.mark.processor


@pytest.mark.parametrize(
    "form", ["flat", "frame", "3d", "4d", "list", "float", "int64"]
)
def test_every_layout_of_X_gives_the_same_model(digits, form):
    X, y = digits
    forms = {
        "flat": X,
        "frame": pd.DataFrame(X, columns=[f"pixel{i}" for i in range(64)]),
        "3d": X.reshape(-1, 8, 8),
        "4d": X.reshape(-1, 8, 8, 1),
        "list": X.tolist(),
        "float": X.astype(float),
        "int64": X.astype("int64"),
    }
    expected = small().fit(X, y).predict_proba(X)
    model = small().fit(forms[form], y)
    np.testing.assert_allclose(model.predict_proba(forms[form]), expected, atol=1e-5)
    assert model.n_features_in_ == 64
    assert model.image_shape_ == (8, 8, 1)
    assert hasattr(model, "feature_names_in_") == (form == "frame")


def test_shapes_mix_between_fit_and_predict(digits):
    X, y = digits
    model = small().fit(X, y)
    np.testing.assert_array_equal(
        model.predict_proba(X), model.predict_proba(X.reshape(-1, 8, 8))
    )


def test_colour_images_in_rows():
    X = np.random.default_rng(0).random((10, 4 * 6 * 3))
    model = small(image_shape=(4, -1, 3)).fit(X, np.arange(10) % 2)
    assert model.image_shape_ == (4, 6, 3)


def test_pixels_that_are_not_a_square_are_one_row_with_a_warning(digits):
    X, y = digits
    with pytest.warns(UserWarning, match="image_shape=None.*60 features, .* not a"):
        model = small().fit(X[:, :60], y)
    assert model.image_shape_ == (1, 60, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # only fit warns
        proba = model.predict_proba(X[:, :60])
        same = small(image_shape=(1, -1)).fit(X[:, :60], y).predict_proba(X[:, :60])
    np.testing.assert_array_equal(proba, same)


@pytest.mark.parametrize(
    ("image_shape", "message"),
    [
        ((8, 9), r"must fit images of 64 pixels. Got \(8, 9\) instead"),
        ((8, 8, 3), "must fit images of 64 pixels"),
        ((-1, 9), "must fit"),
        ((-1, -1), "at most one -1"),
        ((0, 64), "must be positive"),
        ((8,), "2 or 3 integers"),
        ((8.0, 8), "2 or 3 integers"),
    ],
)
def test_rejects_a_shape_that_does_not_fit(digits, image_shape, message):
    X, y = digits
    with pytest.raises(ValueError, match=message):
        small(image_shape=image_shape).fit(X, y)


def test_rejects_images_of_another_shape_than_declared(digits):
    X, y = digits
    with pytest.raises(ValueError, match=r"must match the images of X.*\(8, 8\)"):
        small(image_shape=(4, 16)).fit(X.reshape(-1, 8, 8), y)


def test_rejects_five_dimensions(digits):
    X, y = digits
    with pytest.raises(ValueError, match="Got 5 dimensions"):
        small().fit(X.reshape(-1, 2, 4, 4, 2), y)


def test_rejects_another_number_of_pixels_at_predict(digits):
    X, y = digits
    model = small().fit(X, y)
    with pytest.raises(ValueError, match="49 features, but CNNClassifier is expecting"):
        model.predict(X[:, :49])
    with pytest.raises(ValueError, match="must match the images of X"):
        model.predict(X.reshape(-1, 4, 16))
