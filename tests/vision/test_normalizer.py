"""DigitNormalizer: MNIST's form from images of any kind, and rejected input."""

import io
import itertools
import pickle
import warnings
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import polars as pl
import pytest
import tensorflow as tf
from helpers.classifiers import small
from helpers.competition import competition_path
from PIL import Image
from scipy import ndimage
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils import Bunch

from skdigits import DigitNormalizer, ImageAugmenter, find_digits
from skdigits._augment.augmented import find_augmented
from skdigits.datasets import load_competition, load_sample, make_digit_photo
from skdigits.datasets._page import PAPERS, PENS
from skdigits.datasets._photo import LIGHTS


@pytest.fixture(scope="module")
def digits():
    """Return eighty digits in MNIST's form: (80, 28, 28), uint8."""
    sample = load_sample()
    normal = DigitNormalizer().transform(sample.X_train[:80]).reshape(-1, 28, 28)
    normal.flags.writeable = False
    return normal


def transform(images, **params):
    """Normalize images and return them as (n, height, width)."""
    digits = DigitNormalizer(**params).transform(images)
    height, width = params.get("output_shape", (28, 28))
    return digits.reshape(-1, height, width)


def assert_mnist_form(image, box_size=20):
    assert image.dtype == np.uint8
    rows, columns = np.nonzero(image)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == box_size
    middle = np.array(image.shape) / 2
    # Digits are moved by whole pixels, and grey levels are rounded.
    assert np.abs(ndimage.center_of_mass(image) - middle).max() < 0.51
    assert image.max() > 200
    assert np.median(image) == 0


def likeness(images, others):
    """Compute the correlation of each pair of images."""
    pairs = zip(images, others, strict=True)
    return np.array([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs])


# --- images in MNIST's form ----------------------------------------------------------


def test_mnist_digits_are_unchanged():
    path = competition_path()
    if path is None:
        pytest.skip("needs the competition's files; see docs/development.md")
    X = load_competition(path).X_train[:1000].to_numpy()
    changed = np.abs(DigitNormalizer().transform(X).astype(int) - X)
    assert np.mean(changed.max(axis=1) <= 1) > 0.95
    assert np.quantile(np.count_nonzero(changed > 1, axis=1), 0.99) < 10  # specks


def on_alpha(X, colour):
    image = np.full((*X.shape, 4), colour, np.uint8)
    image[..., 3] = X
    return image


def in_colour(X, *weights):
    return np.stack([(X * weight).astype(np.uint8) for weight in weights], axis=3)


FORMS = {
    "rows": lambda X: X.reshape(-1, 784),
    "lists": lambda X: X.reshape(-1, 784).tolist(),
    "a frame": lambda X: pd.DataFrame(X.reshape(-1, 784)),
    "one channel": lambda X: X[..., None],
    "a list": list,
    "a tuple": tuple,
    "int64": lambda X: X.astype(np.int64),
    "uint16": lambda X: X.astype(np.uint16) * 257,
    "0 to 1": lambda X: X / 255,
    "float32": lambda X: np.float32(X),
    "float16": lambda X: np.float16(X),
    "negative": lambda X: X / 128 - 1,
    "inverted": lambda X: 255 - X,
    "fainter": lambda X: X / 4 + 100,
    "grey and opacity": lambda X: np.stack([X, np.full_like(X, 255)], axis=3),
    "RGB": lambda X: in_colour(X, 1, 1, 1),
    "orange on black": lambda X: in_colour(X, 1, 0.5, 0),
    "blue on white": lambda X: 255 - in_colour(X, 1, 0.8, 0.1),
    "RGBA": lambda X: np.insert(in_colour(X, 1, 1, 1), 3, 255, axis=3),
    "black on transparent": lambda X: on_alpha(X, 0),
    "white on transparent": lambda X: on_alpha(X, 255),
    "opacity in 0 to 1": lambda X: on_alpha(X, 0) / 255,
    "opacity as float": lambda X: on_alpha(X, 0) * 1.0,
    "opacity as int": lambda X: on_alpha(X, 0).astype(int),
    "off centre": lambda X: np.pad(X, ((0, 0), (3, 20), (31, 2))),
    "off centre on white": lambda X: np.pad(255 - X, ((0, 0), (9, 1), (4, 50)), "edge"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_digit_gives_the_same_result(digits, form):
    X = FORMS[form](digits)
    before = pickle.dumps(X)
    found = transform(X).astype(int)
    np.testing.assert_allclose(found, digits, atol=1)
    assert pickle.dumps(X) == before


def test_images_of_different_sizes_and_kinds(digits):
    images = [
        digits[0],
        255 - np.pad(digits[1], ((40, 3), (2, 90))),
        on_alpha(digits[2:3], 0)[0],
        np.pad(digits[3], 5) / 255,
        in_colour(digits[4:5], 1, 1, 1)[0].astype(np.uint16),
    ]
    for forms in (images, tuple(images), as_objects(images)):
        np.testing.assert_allclose(transform(forms), digits[:5], atol=1)


PICTURES = {
    "a list of Pillow images": lambda X: [Image.fromarray(x) for x in X],
    "a list of both": lambda X: [Image.fromarray(X[0]), *X[1:]],
    "a Series": lambda X: pd.Series(list(X)),
    "a Series of Pillow images": lambda X: pd.Series([Image.fromarray(x) for x in X]),
    "a polars Series": lambda X: pl.Series(list(X), dtype=pl.Object),
    "objects": lambda X: as_objects([Image.fromarray(x) for x in X]),
    "an array of objects": lambda X: np.array(list(X), dtype=object),
    "nested lists": lambda X: X.tolist(),
    "a tensor": tf.constant,
    "a list of tensors": lambda X: [tf.constant(x) for x in X],
}


@pytest.mark.parametrize("form", PICTURES)
def test_every_container_of_photos_gives_the_same_result(form):
    photos = np.stack([felt_tip()] * 2)
    photos = np.stack([photos, photos // 2, photos], axis=3)
    expected = transform(list(photos))
    np.testing.assert_array_equal(transform(PICTURES[form](photos)), expected)
    assert DigitNormalizer().fit(PICTURES[form](photos)).transform([photos[0]]).any()


ONE_PICTURE = {
    "one channel": lambda grey: grey[..., None],
    "grey and opacity": lambda grey: np.dstack([grey, np.full_like(grey, 255)]),
    "RGB": lambda grey: np.dstack([grey] * 3),
    "RGBA": lambda grey: np.dstack([grey] * 3 + [np.full_like(grey, 255)]),
    "a tensor": lambda grey: tf.constant(np.dstack([grey] * 3)),
    "Pillow": Image.fromarray,
    "Pillow, CMYK": lambda grey: Image.fromarray(np.dstack([grey] * 3)).convert("CMYK"),
    "Pillow, palette": lambda grey: Image.fromarray(grey).quantize(256),
    "Pillow, opacity": lambda grey: Image.fromarray(grey).convert("LA"),
    "Pillow, turned": lambda grey: turned(Image.fromarray(np.rot90(grey))),
}


def turned(image):
    """Return an image whose EXIF data say that the camera was held sideways."""
    file = io.BytesIO()
    exif = image.getexif()
    exif[274] = 6
    image.save(file, "PNG", exif=exif)
    return Image.open(file)


@pytest.mark.parametrize("form", ONE_PICTURE)
def test_single_photo_is_one_sample(form):
    grey = felt_tip()
    np.testing.assert_array_equal(transform(ONE_PICTURE[form](grey)), transform([grey]))
    found = find_digits(ONE_PICTURE[form](grey))
    np.testing.assert_array_equal(found.boxes, find_digits(grey).boxes)


def as_objects(images):
    array = np.empty(len(images), dtype=object)
    array[:] = images
    return array


def test_binary_images(digits):
    found = transform(digits > 127)
    assert found.dtype == np.uint8
    assert np.median(likeness(found, digits)) > 0.9


@pytest.mark.parametrize("factor", [0.8, 2, 5, 12])
def test_result_does_not_depend_on_the_scale(digits, factor):
    large = [
        cv2.resize(np.pad(digit, 9), None, fx=factor, fy=factor, interpolation=3)
        for digit in digits[:20]
    ]
    for images in (large, [255 - image for image in large]):
        found = transform(images)
        assert np.median(likeness(found, digits[:20])) > 0.97
        for image in found:
            assert_mnist_form(image)


# --- photos --------------------------------------------------------------------------


def crops(photo, margin):
    for left, top, width, height in photo.boxes:
        rows = slice(max(0, top - margin), top + height + margin)
        yield photo.image[rows, max(0, left - margin) : left + width + margin]


@pytest.mark.parametrize(
    ("pen", "paper", "light"), itertools.product(PENS, PAPERS, LIGHTS)
)
def test_photos_are_converted_to_mnist_form(pen, paper, light):
    written = {"digits": "0123456789", "random_state": 1}
    photo = make_digit_photo(**written, pen=pen, paper=paper, light=light)
    found = transform(list(crops(photo, margin=14)))
    for image in found:
        assert_mnist_form(image)
    if paper == "plain":  # lines that cross a digit stay
        plain = make_digit_photo(**written, pen="felt", noise=0, jpeg_quality=None)
        expected = transform(list(crops(plain, margin=14)))
        assert np.median(likeness(found, expected)) > 0.8


def felt_tip(random_state=0, margin=25, **params):
    """Return a grey crop of a photo with one digit."""
    photo = make_digit_photo("5", pen="felt", random_state=random_state, **params)
    (crop,) = crops(photo, margin)
    return crop.min(axis=2)


def test_frames_and_specks_are_left_out():
    clean = felt_tip(margin=40)
    expected = transform([clean])[0]
    framed, specked, lined = clean.copy(), clean.copy(), clean.copy()
    for side in (0, 1, 2, -3, -2, -1):
        framed[side] = framed[:, side] = 10
    specked[5:9, 5:9] = specked[-9:-4, -20:-15] = 10
    lined[8:12] = 10  # from one side to the other
    for image in (framed, specked, lined):
        assert likeness(transform([image]), [expected]) > 0.99


def test_digits_that_touch_the_border_are_not_removed():
    photo = make_digit_photo("0123456789", pen="felt", random_state=0)
    for image in transform(list(crops(photo, margin=0))):
        assert np.count_nonzero(image > 128) > 20


# --- parameters ----------------------------------------------------------------------


def test_explicit_background(digits):
    np.testing.assert_array_equal(transform(digits, background="dark"), digits)
    light = transform(255 - digits, background="light")
    np.testing.assert_allclose(light.astype(int), digits, atol=1)
    wrong = transform(digits, background="light", on_blank="ignore")
    assert np.median(likeness(wrong + 1e-9, digits)) < 0.5


@pytest.mark.parametrize(
    ("output_shape", "box_size", "expected_box"),
    [((28, 28), 26, 26), ((56, 56), None, 40), ((20, 32), None, 14), ([8, 8], 8, 8)],
)
def test_output_shape_and_box_size(output_shape, box_size, expected_box):
    images = [felt_tip(seed) for seed in range(3)]
    params = {"output_shape": output_shape, "box_size": box_size, "centering": "box"}
    for image in transform(images, **params):
        assert image.shape == tuple(output_shape)
        rows, columns = np.nonzero(image)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == expected_box
        for index, length in zip((rows, columns), image.shape, strict=True):
            assert abs((index.min() + index.max() + 1) / 2 - length / 2) <= 0.5


def test_centering_only_shifts_digits(digits):
    boxed = transform(digits, centering="box")
    for image, mass in zip(boxed, digits, strict=True):
        moves = [
            first.start - second.start
            for first, second in zip(
                ndimage.find_objects(image > 0, 1)[0],
                ndimage.find_objects(mass > 0, 1)[0],
                strict=True,
            )
        ]
        np.testing.assert_array_equal(np.roll(mass, moves, axis=(0, 1)), image)
    assert (boxed != digits).any()


def test_stroke_width_broadens_thin_lines():
    y, x = np.indices((400, 400))
    ring = np.abs(np.hypot(y - 200, x - 200) - 140)
    thin, broad = (np.uint8(255 * (ring < half)) for half in (1.5, 30))
    ink = {
        width: transform([thin, broad], stroke_width=width).sum(axis=(1, 2)) / 255
        for width in (0, 2, 3)
    }
    # The ink of a ring is its circumference times its width: (20 - width) pi width.
    for width in (2, 3):
        expected = (20 - width) * np.pi * width
        assert ink[width][0] == pytest.approx(expected, rel=0.25)
        assert ink[width][1] == ink[0][1]
    assert ink[0][0] < 0.75 * ink[2][0]


def test_small_images_are_not_broadened(digits):
    np.testing.assert_array_equal(transform(digits, stroke_width=9), digits)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"output_shape": 28}, "The 'output_shape' parameter of DigitNormalizer"),
        ({"output_shape": (28,)}, r"two positive integers, .* Got \(28,\) instead"),
        ({"output_shape": (28, 0)}, r"two positive integers, .* Got \(28, 0\) inste"),
        ({"output_shape": (28.0, 28)}, "two positive integers"),
        ({"background": "grey"}, "The 'background' parameter of DigitNormalizer"),
        ({"box_size": 0}, "The 'box_size' parameter of DigitNormalizer"),
        ({"box_size": 29}, r"box_size must be at most 28 .* Got 29 instead"),
        ({"centering": "left"}, "The 'centering' parameter of DigitNormalizer"),
        ({"stroke_width": -1}, "The 'stroke_width' parameter of DigitNormalizer"),
        ({"on_blank": "skip"}, "The 'on_blank' parameter of DigitNormalizer"),
        ({"image_shape": 28}, "The 'image_shape' parameter of DigitNormalizer"),
        ({"image_shape": (28, 27)}, "must fit images of 784 pixels"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "transform"])
def test_rejects_invalid_parameters(digits, params, message, method):
    with pytest.raises(ValueError, match=message):
        getattr(DigitNormalizer(**params), method)(digits.reshape(-1, 784))


def test_rejects_a_misspelt_parameter():
    with pytest.raises(TypeError, match="'boxsize'. Did you mean 'box_size'"):
        DigitNormalizer(boxsize=20)


def test_rows_with_an_image_shape(digits):
    wide = np.pad(digits, ((0, 0), (2, 2), (20, 9)))
    rows = wide.reshape(len(wide), -1)
    found = transform(rows, image_shape=(32, -1))
    np.testing.assert_array_equal(found, digits)
    colour = in_colour(wide, 1, 0.7, 0).reshape(len(wide), -1)
    found = transform(colour, image_shape=[32, 57, 3])
    np.testing.assert_array_equal(found, digits)


# --- blank images --------------------------------------------------------------------


def test_blank_images_are_listed(digits):
    X = digits[:20].copy()
    X[[3, 7]] = 9
    message = "2 of 20 images, at indices 3, 7. Leave them out"
    with pytest.raises(ValueError, match=message):
        transform(X)
    with pytest.raises(ValueError, match="12 of 12 .* 0, 1, .* 8, 9, [.]{3}. Leave"):
        transform(X[[3] * 12])
    expected = digits[:20].copy()
    expected[[3, 7]] = 0
    with pytest.warns(UserWarning, match="2 of 20 .* 3, 7. Their rows are zeros"):
        np.testing.assert_array_equal(transform(X, on_blank="warn"), expected)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(transform(X, on_blank="ignore"), expected)
        transform(digits, on_blank="warn")


def through_jpeg(image):
    _, file = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return cv2.imdecode(file, cv2.IMREAD_GRAYSCALE)


@pytest.mark.parametrize("size", [40, 90, 500])
@pytest.mark.parametrize("noise", [0, 2, 10])
def test_plain_paper_is_blank(size, noise):
    y, x = np.indices((size, size)) / size
    rng = np.random.default_rng(0)
    papers = []
    for light in (0 * x, 60 * x, 30 * x - 80 * y, -90 * np.hypot(x, y)):
        paper = 150 + light + rng.normal(0, noise, light.shape)
        paper = np.clip(np.rint(paper), 0, 255).astype(np.uint8)
        papers += [paper, 255 - paper, through_jpeg(paper)]
    assert not transform(papers, on_blank="ignore").any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (40, 40), (30, 40, 4), (9, 9, 2)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float64, bool])
def test_one_shade_is_blank(shape, dtype):
    images = [np.zeros(shape, dtype), np.ones(shape, dtype)]
    assert not transform(images, on_blank="ignore").any()


# --- rejected input ------------------------------------------------------------------

GOOD = np.eye(30)
NAN = np.where(GOOD, np.nan, 0)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ([], ValueError, "at least one image. Got none"),
        (np.zeros((0, 28, 28)), ValueError, "at least one image. Got none"),
        ([GOOD, GOOD[0]], ValueError, r"X\[1\] must be an image. Got shape \(30,\)"),
        ([GOOD, GOOD[:, :0]], ValueError, r"X\[1\] .* Got shape \(30, 0\) instead"),
        (np.zeros((2, 9, 9, 5)), ValueError, r"X\[0\] .* Got shape \(9, 9, 5\)"),
        (np.zeros((2, 2, 9, 9, 1)), ValueError, r"X\[0\] .* Got shape \(2, 9, 9, 1\)"),
        ([GOOD, GOOD * 1j], TypeError, r"X\[1\] .* numbers. Got dtype complex128"),
        ([GOOD, GOOD.astype(str)], TypeError, r"X\[1\] .* numbers. Got dtype <U"),
        ([GOOD, None], TypeError, r"X\[1\] .* numbers. Got dtype object"),
        ([GOOD, NAN], ValueError, r"X\[1\] must have finite pixels"),
        ([GOOD, GOOD, NAN + np.inf], ValueError, r"X\[2\] must have finite"),
        ("7.png", TypeError, "X must be an image. Got the str '7.png'.*load_images"),
        ([GOOD, Path("7.png")], TypeError, r"X\[1\] must be an image.*load_images"),
        (pd.Series(["7.png"]), TypeError, r"X\[0\] must be an image.*load_images"),
        (Bunch(images=[GOOD]), TypeError, "X must be .* Got a Bunch.*load_images"),
        (NAN[:, :25], ValueError, "contains NaN"),
        (GOOD[0], ValueError, r"single image of shape \(30,\).*Pass X\[None\]"),
        (GOOD, ValueError, r"Got shape \(30, 30\).*single image, pass \[X\]"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "transform"])
def test_rejects_other_objects_than_images(X, error, message, method):
    with pytest.raises(error, match=message):
        getattr(DigitNormalizer(), method)(X)


def test_rows_must_match_those_of_fit(digits):
    names = [f"pixel{i}" for i in range(784)]
    frame = pd.DataFrame(digits.reshape(-1, 784), columns=names)
    with pytest.raises(ValueError, match="expecting 784 features"):
        DigitNormalizer().fit(frame.to_numpy()).transform(np.eye(729))
    with pytest.raises(ValueError, match=r"If X is a single image, pass \[X\]"):
        DigitNormalizer().fit(frame.to_numpy()).transform(digits[0])
    fitted = DigitNormalizer().fit(frame)
    with pytest.raises(ValueError, match="feature names"):
        fitted.transform(frame.rename(columns={"pixel0": "first"}))
    np.testing.assert_array_equal(fitted.transform(list(digits)), frame)
    fitted.fit(list(digits))
    assert not hasattr(fitted, "n_features_in_")
    assert not hasattr(fitted, "feature_names_in_")
    assert fitted.transform(np.pad(digits, 1)[1:-1].reshape(-1, 900)).shape[1] == 784


# --- as a transformer ----------------------------------------------------------------


def test_normalizer_is_stateless(digits):
    fitted = DigitNormalizer(centering="box").fit(digits)
    expected = DigitNormalizer(centering="box").transform(digits)
    for same in (fitted, clone(fitted), pickle.loads(pickle.dumps(fitted))):
        np.testing.assert_array_equal(same.transform(digits), expected)


def test_column_names(digits):
    normalizer = DigitNormalizer(output_shape=(7, 4)).set_output(transform="pandas")
    names = [f"pixel{i}" for i in range(28)]
    assert list(normalizer.get_feature_names_out()) == names
    found = normalizer.fit_transform(list(digits))
    assert list(found.columns) == names
    assert (found.dtypes == np.uint8).all()
    rows = pd.DataFrame(digits.reshape(-1, 784), index=range(5, 85))
    again = normalizer.transform(rows)
    assert list(again.index) == list(rows.index)
    np.testing.assert_array_equal(again, found)


def test_augmenter_after_a_normalizer_links_to_its_source(digits):
    images = [255 - np.pad(digit, 3) for digit in digits]
    steps = DigitNormalizer(), ImageAugmenter(random_state=0)
    source = find_augmented(make_pipeline(*steps).fit_transform(images)).source
    np.testing.assert_allclose(source[..., 0].astype(int), digits, atol=1)


@pytest.mark.processor
def test_folds_of_images_of_different_sizes(digits):
    rng = np.random.default_rng(0)
    images = [np.pad(digit, rng.integers(1, 9)) for digit in digits]
    model = make_pipeline(DigitNormalizer(), ImageAugmenter(), small())
    y = load_sample().y_train[:80]
    scores = cross_val_score(model, images, y, cv=2, error_score="raise")
    assert scores.shape == (2,)
    model.fit(images, y)
    alone = model[-1].predict_proba(model[0].transform(images))
    np.testing.assert_array_equal(model.predict_proba(images), alone)
    np.testing.assert_array_equal(model.predict_proba(images[:7]), alone[:7])
