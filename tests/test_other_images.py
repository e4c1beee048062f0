"""Accuracy of the presets on images other than MNIST."""

import cv2
import numpy as np
import pytest
from helpers.openml import write_openml_cache
from sklearn.datasets import fetch_openml, load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdigits import make_digit_pipeline
from skdigits._presets import DIGIT_PRESETS, PRESETS

pytestmark = pytest.mark.slow

# The preset "robust" is left out: it converts all images to the form of digits.
presets = pytest.mark.parametrize("preset", [p for p in PRESETS if p != "robust"])
# "pictures" mirrors images, which makes other signs of digits.
digit_presets = pytest.mark.parametrize(
    "preset", [p for p in DIGIT_PRESETS if p != "robust"]
)


def patterns(n, shape, random_state):
    """Make images of ten classes: one pattern each, shifted, dimmed and with noise."""
    height, width, channels = shape
    coarse = np.random.default_rng(0).uniform(0, 200, (10, 4, 4, channels))
    whole = [
        cv2.resize(c, (width, height), interpolation=cv2.INTER_CUBIC) for c in coarse
    ]
    rng = np.random.default_rng(random_state)
    y = np.arange(n) % 10
    images = [
        np.roll(whole[label].reshape(shape), rng.integers(-1, 2, 2), (0, 1))
        * rng.uniform(0.5, 1)
        + rng.normal(0, 20, shape)
        for label in y
    ]
    return np.clip(images, 0, 255).astype(np.uint8), y


@digit_presets
def test_digits_of_8x8(preset):
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=500, stratify=y, random_state=0
    )
    model = make_digit_pipeline(preset, random_state=0).fit(X_train, y_train)
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    expected = linear.fit(X_train, y_train).score(X_test, y_test)
    # Seven epochs of "fast" are only ninety steps here.
    if preset == "fast":
        model.set_params(cnn__epochs=40).fit(X_train, y_train)
    assert model.score(X_test, y_test) > expected


@presets
def test_colours_of_32x32(preset):
    shape = 32, 32, 3
    X, y = patterns(1000, shape, random_state=1)
    model = make_digit_pipeline(preset, random_state=0).fit(X, y)
    X_test, y_test = patterns(500, shape, random_state=2)
    assert model.score(X_test, y_test) > 0.95


@presets
@pytest.mark.parametrize(
    ("name", "data_id"), [("Kuzushiji-MNIST", 41982), ("Fashion-MNIST", 40996)]
)
def test_sets_like_mnist_from_openml(preset, name, data_id, tmp_path):
    X, y = patterns(1500, (28, 28, 1), random_state=1)
    write_openml_cache(tmp_path, name, X.reshape(len(X), -1), y, data_id=data_id)
    # With pandas 3, the parser "pandas" of scikit-learn 1.9 fails on numbered classes.
    X, y = fetch_openml(
        name, version=1, data_home=tmp_path, return_X_y=True, parser="liac-arff"
    )
    model = make_digit_pipeline(preset, random_state=0).fit(X[:1000], y[:1000])
    assert model.score(X[1000:], y[1000:]) > 0.95
    assert model.classes_.tolist() == [*map(str, range(10))]
