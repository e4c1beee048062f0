"""find_digits: positions of digits, in reading order."""

import time

import cv2
import numpy as np
import pytest

from skdigits import DigitNormalizer, find_digits
from skdigits.datasets import make_digit_photo

TEXT = "3141592\n65358\n9793"


def overlaps(found, boxes):
    """Compute the intersection over union of each pair of boxes."""
    ends = np.minimum(
        (found + np.roll(found, 2, 1))[:, 2:], (boxes + np.roll(boxes, 2, 1))[:, 2:]
    )
    sides = np.clip(ends - np.maximum(found, boxes)[:, :2], 0, None)
    both = sides.prod(axis=1)
    return both / (found[:, 2:].prod(axis=1) + boxes[:, 2:].prod(axis=1) - both)


def assert_found(image, photo):
    found = find_digits(image)
    assert len(found.boxes) == len(found.images) == len(photo.boxes)
    # Boxes are compared in pairs, so this also checks the reading order.
    assert (overlaps(found.boxes, photo.boxes) > 0.6).all()
    np.testing.assert_array_equal(found.lines, photo.lines)
    return found


@pytest.mark.parametrize("pen", ["ballpoint", "pencil", "felt", "chalk"])
@pytest.mark.parametrize("light", ["even", "shadow", "lamp"])
@pytest.mark.parametrize("tilt", [-6, 0, 6])
def test_every_pen_light_and_tilt(pen, light, tilt):
    photo = make_digit_photo(TEXT, pen=pen, light=light, tilt=tilt, random_state=0)
    assert_found(photo.image, photo)


@pytest.mark.parametrize("pen", ["ballpoint", "felt", "chalk"])
@pytest.mark.parametrize("paper", ["ruled", "squared"])
def test_ruled_and_squared_paper(pen, paper):
    photo = make_digit_photo(TEXT, pen=pen, paper=paper, random_state=1)
    assert_found(photo.image, photo)


@pytest.mark.parametrize("light", ["even", "lamp"])
@pytest.mark.parametrize("height", [40, 90])
def test_pencil_on_squared_paper(height, light):
    photo = make_digit_photo(
        TEXT, pen="pencil", paper="squared", light=light, height=height, random_state=0
    )
    assert_found(photo.image, photo)


def test_page_of_many_small_digits():
    rows = np.random.default_rng(0).integers(0, 10, (12, 20)).tolist()
    photo = make_digit_photo(rows, height=28, light="shadow", random_state=0)
    assert_found(photo.image, photo)


def test_time_is_linear_in_the_number_of_digits():
    rows = np.random.default_rng(0).integers(0, 10, (20, 20)).tolist()
    part = make_digit_photo(rows, height=26, pen="felt", random_state=0).image
    start = time.process_time()
    found = find_digits(np.tile(part, (2, 3, 1)))  # 2,400 digits
    assert len(found.boxes) > 2000
    assert time.process_time() - start < 10  # 27 with a search over all pairs


@pytest.mark.parametrize("height", [24, 40, 60, 120, 200])
def test_digits_of_any_height(height):
    photo = make_digit_photo("27\n18", height=height, random_state=2)
    assert_found(photo.image, photo)


def test_boxes_are_in_pixels_of_the_original_photo():
    photo = make_digit_photo("0123456789", pen="felt", height=310, random_state=3)
    assert max(photo.image.shape) > 3000
    assert_found(photo.image, photo)


def test_single_digit():
    photo = make_digit_photo("5", random_state=4)
    assert_found(photo.image, photo)


def as_kind(image, kind):
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if kind == "alpha":  # ink on a transparent background
        return np.dstack([np.zeros_like(image), 255 - grey])
    return {
        "grey": grey,
        "grey with opacity": np.dstack([grey, np.full_like(grey, 255)]),
        "uint16": grey.astype(np.uint16) * 257,
        "float": image / 255,
        "inverted": 255 - image,
    }[kind]


@pytest.mark.parametrize(
    "kind", ["grey", "grey with opacity", "alpha", "uint16", "float", "inverted"]
)
def test_images_of_every_kind(kind):
    photo = make_digit_photo("4071\n26", pen="felt", random_state=5)
    image = as_kind(photo.image, kind)
    before = image.copy()
    assert_found(image, photo)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(("pen", "background"), [("felt", "light"), ("chalk", "dark")])
def test_explicit_background(pen, background):
    photo = make_digit_photo("806", pen=pen, random_state=6)
    found = find_digits(photo.image, background=background)
    np.testing.assert_array_equal(found.boxes, find_digits(photo.image).boxes)
    assert len(found.boxes) == 3


def test_crops_have_one_digit_light_on_black():
    photo = make_digit_photo("38", pen="felt", random_state=7)
    for digit in find_digits(photo.image).images:
        assert digit.dtype == np.uint8 and digit.max() == 255
        rim = np.concatenate([digit[0], digit[-1], digit[:, 0], digit[:, -1]])
        assert not rim.any()
    assert DigitNormalizer().transform(find_digits(photo.image).images).any(1).all()


def test_blank_page_has_no_digits():
    noise = np.random.default_rng(0).normal(0, 3, (300, 400))
    slope = np.linspace(120, 240, 400)
    for page in (np.full((300, 400), 255.0), 220 + noise, slope + noise):
        found = find_digits(np.clip(page, 0, 255).astype(np.uint8))
        assert found.images == []
        assert found.boxes.shape == (0, 4) and found.lines.shape == (0,)


# ------------------------------------------------------------------ strokes


def page_with(*strokes, size=(200, 400)):
    """Draw lines through the points of each stroke on paper."""
    image = np.full(size, 235, np.uint8)
    for points in strokes:
        cv2.polylines(image, [np.int32(points)], False, 40, 6, cv2.LINE_AA)
    return image


ONE = [(40, 50), (40, 150)]
TWO_STROKES = {
    "open 4": ([(200, 50), (180, 110), (240, 110)], [(228, 60), (228, 150)]),
    "5 with a separate bar": (
        [(200, 62), (197, 95), (225, 95), (240, 120), (225, 148), (195, 145)],
        [(206, 48), (242, 46)],
    ),
}


@pytest.mark.parametrize("strokes", TWO_STROKES.values(), ids=TWO_STROKES)
def test_strokes_of_one_digit_are_one_box(strokes):
    points = np.vstack(strokes)
    found = find_digits(page_with(ONE, *strokes))
    assert len(found.boxes) == 2
    left, top, width, height = found.boxes[1]
    low, high = points.min(axis=0), points.max(axis=0)
    np.testing.assert_allclose([left, top], low, atol=6)
    np.testing.assert_allclose([left + width, top + height], high, atol=6)


def test_specks_and_frames_are_left_out():
    seven = [(120, 50), (170, 50), (140, 150)]
    frame = [(8, 8), (392, 8), (392, 192), (8, 192), (8, 8)]
    speck, rule = [(300, 100), (302, 101)], [(20, 175), (380, 177)]
    plain = find_digits(page_with(ONE, seven))
    marked = find_digits(page_with(ONE, seven, frame, speck, rule))
    assert len(plain.boxes) == 2
    np.testing.assert_allclose(marked.boxes, plain.boxes, atol=2)


def test_small_digits_next_to_a_large_stain():
    digits = [[(60 + 20 * i, 40), (60 + 20 * i, 64)] for i in range(12)]
    page = page_with(size=(700, 900))
    cv2.circle(page, (600, 450), 90, 60, cv2.FILLED)
    for stroke in digits:
        cv2.polylines(page, [np.int32(stroke)], False, 40, 3, cv2.LINE_AA)
    tops = find_digits(page).boxes[:, 1]
    assert (np.abs(tops - 40) < 4).sum() == 12


def test_lines_are_read_from_top_to_bottom_and_left_to_right():
    corners = [(60, 40), (160, 50), (40, 150), (140, 145), (240, 150)]
    page = page_with(*([(x, y), (x + 5, y + 50)] for x, y in corners), size=(240, 320))
    found = find_digits(page)
    np.testing.assert_allclose(found.boxes[:, :2], corners, atol=5)
    assert found.lines.tolist() == [0, 0, 1, 1, 1]


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.zeros(784), ValueError, r"must be an image. Got shape \(784,\)"),
        (np.zeros((2, 28, 28, 3)), ValueError, "must be an image. Got shape"),
        (np.zeros((28, 28, 7)), ValueError, "1 to 4 channels"),
        (np.zeros((0, 28)), ValueError, "must be an image. Got shape"),
        (np.full((28, 28), np.nan), ValueError, "must have finite pixels"),
        (np.full((28, 28), "x"), TypeError, "must be an image of numbers"),
        (
            "7.png",
            TypeError,
            "Got the str '7.png' instead.*load_images",
        ),
        (["7.png"], TypeError, r"image\[0\] must be an image.*load_images"),
        ([np.eye(9), np.eye(8)], ValueError, "image must be one image"),
    ],
)
def test_rejects_other_objects_than_images(image, error, message):
    with pytest.raises(error, match=message):
        find_digits(image)


def test_rejects_an_unknown_background():
    with pytest.raises(ValueError, match="'auto', 'dark', 'light'. Got 'grey' instead"):
        find_digits(np.zeros((28, 28)), background="grey")
