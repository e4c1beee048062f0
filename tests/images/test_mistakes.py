"""Warnings about the layout, the order and the scale of pixels."""

import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from helpers.classifiers import small
from PIL import Image
from sklearn.datasets import load_digits

from skdigits import (
    CNNClassifier,
    DigitNormalizer,
    ImageAugmenter,
    make_digit_pipeline,
)


@pytest.fixture(scope="module")
def bright(digits):
    """Images with pixels 0 to 240, and their labels."""
    X, y = digits
    return X * 15.0, y


@pytest.fixture(scope="module")
def fitted(bright):
    return small().fit(*bright)


def messages(function):
    """Call a function and return its warnings."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        function()
    return [str(warning.message) for warning in found]


SCALES = {  # of pixels that are 0 to 240
    "0 to 1": lambda X: X / 240,
    "0 to 16": lambda X: X / 15,
    "0 to 61440": lambda X: X * 256,
    "-1 to 1": lambda X: X / 120 - 1,
    "-240 to 240": lambda X: X * 2 - 240,
}


@pytest.mark.parametrize("scale", SCALES)
def test_another_pixel_scale_in_predict_raises_one_warning(bright, fitted, scale):
    X, y = bright
    found = messages(lambda: fitted.predict(SCALES[scale](X)))
    assert len(found) == 1 and found[0].startswith("Pixels must have the scale")
    assert "0 to 240" in found[0]
    assert messages(lambda: fitted.predict(X)) == []
    other = small().fit(SCALES[scale](X), y)
    assert len(messages(lambda: other.predict(X))) == 1


def test_images_of_the_same_scale_raise_no_warning(bright, fitted):
    X, _ = bright
    dark, light, blank = X // 3, np.minimum(X * 1.2, 255), X * 0
    for images in (dark, light, blank, X[:1], blank[:1] + 240, X.astype(np.uint8)):
        assert messages(lambda images=images: fitted.predict(images)) == []
    assert fitted.pixel_range_ == (0, 240)


@pytest.mark.parametrize("first", [1, 16])
def test_another_pixel_scale_in_partial_fit_raises_one_warning(digits, first):
    X, y = digits
    model = small().partial_fit(X / first, y, classes=np.unique(y))
    assert len(messages(lambda: model.partial_fit(X / (17 - first), y))) == 1
    assert len(messages(lambda: model.predict(X / 16))) == 1


def color_images(n=30, side=12):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (n, side, side, 3)).astype(np.uint8), np.arange(n) % 2


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels_first_raise_one_warning(channels):
    X, y = color_images()
    X = np.repeat(X[..., :1], channels, axis=-1)
    first = np.moveaxis(X, -1, 1)
    model = small(epochs=1)
    pipeline = make_digit_pipeline("fast").set_params(cnn__epochs=1)
    for estimator in (model, pipeline, ImageAugmenter()):
        found = messages(lambda estimator=estimator: estimator.fit(first, y))
        assert len(found) == 1 and "channels last" in found[0]
        assert messages(lambda estimator=estimator: estimator.fit(X, y)) == []
    flat = first.reshape(len(X), -1)
    model = small(epochs=1, image_shape=(channels, 12, 12))
    assert len(messages(lambda: model.fit(flat, y))) == 1


@pytest.mark.parametrize(
    "names",
    [
        [f"pixel{i}" for i in range(64)],
        [f"{row}x{column}" for row in range(8) for column in range(8)],
        list(range(64)),
        [str(i) for i in range(64)],
    ],
    ids=["pixel10", "1x10", "integers", "digits"],
)
def test_columns_in_another_order_raise_one_warning(digits, names):
    X, y = digits
    frame = pd.DataFrame(X, columns=names)
    scrambled = frame[sorted(names, key=str)[::-1]]
    pipeline = make_digit_pipeline("fast").set_params(cnn__epochs=1)
    for estimator in (small(epochs=1), pipeline, DigitNormalizer(on_blank="ignore")):
        found = messages(lambda estimator=estimator: estimator.fit(scrambled, y))
        assert len(found) == 1 and "order of the pixels" in found[0]
        assert str(scrambled.columns[0]) in found[0]
        assert messages(lambda estimator=estimator: estimator.fit(frame, y)) == []


def test_columns_with_other_names_raise_no_warning(digits):
    X, y = digits
    names = [f"{'cba'[i % 3]}{i}" for i in range(64)]
    frame = pd.DataFrame(X, columns=names)
    assert messages(lambda: small(epochs=1).fit(frame, y)) == []


def test_flat_color_images_get_a_hint_at_their_shape():
    X, y = color_images()
    (found,) = messages(lambda: small(epochs=1).fit(X.reshape(len(X), -1), y))
    assert "Color images need image_shape=(12, 12, 3)" in found


def test_a_single_image_gets_a_hint(digits, fitted):
    row = digits[0][0]
    image = row.reshape(8, 8)
    in_numpy, in_list = r"Pass X\[None\], or X\[:1\] in place", r"Pass \[X\]"
    advice = {"numpy": (image, in_numpy), "channel": (image[..., None], in_numpy)}
    advice |= {"row": (row, in_numpy), "tensor": (keras.ops.array(image), in_numpy)}
    advice |= {"list": (image.tolist(), in_list), "row list": (row.tolist(), in_list)}
    advice["Pillow"] = Image.fromarray(image.astype(np.uint8)), in_list
    advice["Series"] = pd.DataFrame(digits[0]).iloc[0], r"Pass X.iloc\[:1\] in place"
    for form, expected in advice.values():
        with pytest.raises(ValueError, match=f"a single image of shape.*{expected}"):
            fitted.predict(form)
    color = small(epochs=1).fit(*color_images())
    with pytest.raises(ValueError, match=f"a single image.*{in_numpy}"):
        color.predict(color_images()[0][0])


def test_photos_without_a_normalizer_get_a_hint(fitted):
    photo = np.zeros((40, 30, 3), np.uint8)
    small_photo = photo[:20]
    for form, message in [
        (photo, r"Got a single image of shape \(40, 30, 3\)"),
        (Image.fromarray(photo), r"Got a single image of shape \(40, 30, 3\)"),
        (photo[..., 0], "30 features, but CNNClassifier is expecting 64"),
        ([photo], r"Got images of shape \(40, 30, 3\)"),
        ([photo, small_photo], "images of one size"),
        (pd.Series([photo, small_photo]), "images of one size"),
    ]:
        with pytest.raises(ValueError, match=rf"{message}.*DigitNormalizer"):
            fitted.predict(form)


def test_images_of_one_size_may_be_in_any_sequence(bright, fitted):
    images = bright[0][:5].reshape(-1, 8, 8).astype(np.uint8)
    expected = fitted.predict_proba(images)
    objects = np.empty(5, object)
    objects[:] = list(images)
    pictures = [Image.fromarray(image) for image in images]
    for X in (list(images), objects, pd.Series(list(images)), pictures):
        np.testing.assert_array_equal(fitted.predict_proba(X), expected)


def test_pixels_that_float32_cannot_standardise_are_an_error(digits):
    X, y = digits
    for factor in (1e-9, 1e30):
        with pytest.raises(ValueError, match="standard deviation between"):
            small().fit(X * factor, y)


def with_batch_norm(momentum):
    def architecture(image_shape, n_classes):
        layers = keras.layers
        return keras.Sequential(
            [
                keras.Input(image_shape),
                layers.Flatten(),
                layers.Dense(16),
                layers.BatchNormalization(momentum=momentum, name="norm"),
                layers.Dense(n_classes, "softmax"),
            ]
        )

    return architecture


def test_unsettled_moving_statistics_raise_one_warning():
    X, y = load_digits(return_X_y=True)
    X, y = X[:500], y[:500]

    def fit(momentum, epochs):
        architecture = with_batch_norm(momentum)
        model = CNNClassifier(architecture=architecture, epochs=epochs, batch_size=50)
        return messages(lambda: model.fit(X, y))

    (found,) = fit(0.99, 2)
    assert "'norm'" in found and "after 20 steps" in found and "momentum=0.9 " in found
    assert fit(0.99, 30) == [] and fit(0.9, 5) == []
