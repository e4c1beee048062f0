"""find_digits on photos of sheets, forms and grids; read_numbers."""

import time
import warnings

import cv2
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skdigits import DigitNormalizer, find_digits, read_numbers
from skdigits.datasets import make_digit_photo

TEXT = "3141\n592"
COUNTS = [4, 3]
PAPER, INK = 240, 50
BLACK, BROWN = (20, 20, 24), (110, 72, 45)


def counts(image, **options):
    """Find the digits, and count those of each line."""
    return np.bincount(find_digits(image, **options).lines).tolist()


def photo_of(text=TEXT, height=100, seed=0, **options):
    return make_digit_photo(text, height=height, random_state=seed, **options).image


# ------------------------------------------------------------------ sheets


@pytest.mark.parametrize("sides", ["t", "b", "l", "r", "tblr"])
@pytest.mark.parametrize("width", [4, 40])
@pytest.mark.parametrize("pen", ["ballpoint", "felt"])
def test_dark_rim(sides, width, pen):
    photo = photo_of(pen=pen)
    widths = [width * (side in sides) for side in "tblr"]
    rimmed = cv2.copyMakeBorder(photo, *widths, cv2.BORDER_CONSTANT, value=BLACK)
    assert counts(cv2.GaussianBlur(rimmed, (0, 0), 1)) == COUNTS


def test_dark_corner():
    photo = photo_of(light="lamp")
    height, width = photo.shape[:2]
    corner = [(width, height), (width - 30, height), (width, height - 60)]
    cv2.fillPoly(photo, [np.int32(corner)], BROWN)
    assert counts(photo) == COUNTS


def on_table(sheet, table, share, tilt):
    """Lay a sheet on a table, of which it covers a share."""
    height, width = sheet.shape[:2]
    shape = (int(width / share**0.5), int(height / share**0.5))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, 1)
    matrix[:, 2] += (shape[0] - width) / 2, (shape[1] - height) / 2
    photo = cv2.warpAffine(sheet, matrix, shape, borderValue=table)
    noise = np.random.default_rng(0).normal(0, 4, photo.shape)
    blurred = cv2.GaussianBlur(photo, (0, 0), 1)
    return np.clip(blurred + noise, 0, 255).astype(np.uint8), matrix


@pytest.mark.parametrize("table", [BLACK, BROWN, (120, 120, 120)])
@pytest.mark.parametrize("share", [0.2, 0.6])
@pytest.mark.parametrize("tilt", [0, 8])
def test_sheet_on_table(table, share, tilt):
    photo, _ = on_table(photo_of(), table, share, tilt)
    assert counts(photo) == COUNTS


def test_boxes_on_a_table_are_in_pixels_of_the_photo():
    sheet = make_digit_photo(TEXT, random_state=0)
    photo, matrix = on_table(sheet.image, BLACK, 0.4, 0)
    expected = sheet.boxes + np.array([*matrix[:, 2], 0, 0])
    np.testing.assert_allclose(find_digits(photo).boxes, expected, atol=6)


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_board_on_light_wall(share):
    photo, _ = on_table(photo_of(pen="chalk"), (215, 210, 200), share, 0)
    assert counts(photo) == COUNTS


# ------------------------------------------------------------------ drawings


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("width", [12, 24, 32])
def test_thick_marker_in_small_drawing(width, inverted):
    five = [(120, 20), (60, 20), (60, 70), (110, 75), (125, 100), (105, 130), (50, 130)]
    seven = [(245, 20), (320, 20), (275, 130)]
    two = [(50, 195), (75, 170), (110, 175), (115, 210), (50, 280), (125, 280)]
    drawing = np.full((310, 380), 255, np.uint8)
    for stroke in (five, seven, two):
        cv2.polylines(drawing, [np.int32(stroke)], False, 0, width, cv2.LINE_AA)
    assert counts(255 - drawing if inverted else drawing) == [2, 1]


# ------------------------------------------------------------------ forms


def draw_form(
    rows, columns, *, cell=(60, 80), gap=0, dots=None, width=2, pen, height, shift=3
):
    """Draw cells with a digit each. With a gap, the cells are separate boxes.

    `dots` has the length and the distance of dots on the lines, in pixels, and `shift`
    is the largest distance of a digit from the middle of its cell.
    """
    rng = np.random.default_rng(0)
    pitch = np.array(cell) + gap
    size = pitch * (columns, rows) + 120
    page = np.full((size[1], size[0], 3), PAPER, np.uint8)
    lines = np.zeros(page.shape[:2], np.uint8)
    for row in range(rows):
        for column in range(columns):
            left, top = pitch * (column, row) + 60
            cv2.rectangle(lines, (left, top), (left + cell[0], top + cell[1]), 1, width)
    if dots is not None:
        y, x = np.indices(lines.shape)
        lines[(x % dots[1] >= dots[0]) & (y % dots[1] >= dots[0])] = 0
    page[lines > 0] = INK
    glyphs = []
    for digit in range(10):
        photo = make_digit_photo(str(digit), pen=pen, height=height, random_state=digit)
        left, top, wide, high = photo.boxes[0]
        glyphs.append(photo.image[top - 2 : top + high + 2, left - 2 : left + wide + 2])
    for row in range(rows):
        for column in range(columns):
            glyph = glyphs[rng.integers(10)]
            high, wide = glyph.shape[:2]
            corner = pitch * (column, row) + 60 + (np.array(cell) - (wide, high)) // 2
            left, top = corner + rng.integers(-shift, shift + 1, 2)
            part = page[top : top + high, left : left + wide]
            np.minimum(part, glyph, out=part)
    noise = rng.normal(0, 2, page.shape)
    return np.clip(cv2.GaussianBlur(page, (0, 0), 0.6) + noise, 0, 255).astype(np.uint8)


FORMS = {
    "grid": {},
    "grid of thick lines": {"width": 4},
    "grid with lines at the digits": {"cell": (48, 60)},
    "boxes": {"gap": 14},
    "boxes of thick lines": {"gap": 14, "width": 4},
    "dotted grid": {"dots": (3, 5)},
}


@pytest.mark.parametrize("pen", ["ballpoint", "felt"])
@pytest.mark.parametrize("form", FORMS)
def test_lines_of_forms_are_not_digits(form, pen):
    page = draw_form(5, 8, pen=pen, height=44, **FORMS[form])
    assert counts(page) == [8] * 5


@pytest.mark.parametrize("gap", [0, 14])
@pytest.mark.parametrize("tilt", [-4, 2])
def test_tilted_forms(gap, tilt):
    page = draw_form(5, 8, gap=gap, pen="ballpoint", height=44)
    height, width = page.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, 1)
    tilted = cv2.warpAffine(page, matrix, (width, height), borderValue=(PAPER,) * 3)
    assert counts(tilted) == [8] * 5


def test_empty_boxes_are_not_digits():
    page = draw_form(1, 8, gap=14, pen="felt", height=44)
    page[66:134, 66 : 66 + 2 * 74] = PAPER  # empties the first two boxes
    for left in (60, 134):
        cv2.rectangle(page, (left, 60), (left + 60, 140), (INK,) * 3, 2)
    assert counts(page) == [6]


def test_cells_make_the_lines_of_digits_at_various_heights():
    page = draw_form(8, 12, cell=(60, 80), pen="ballpoint", height=36, shift=12)
    assert counts(page) == [12] * 8


def test_grid_of_many_cells_is_read_by_its_rows():
    page = draw_form(46, 25, cell=(44, 40), width=1, pen="pencil", height=26)
    start = time.process_time()
    assert counts(page) == [25] * 46
    assert time.process_time() - start < 30


# ------------------------------------------------------------------ rotations


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotation_makes_digits_upright(rotation):
    photo = make_digit_photo(TEXT, pen="felt", random_state=0)
    lying = np.rot90(photo.image, -rotation // 90)
    found = find_digits(lying, rotation=rotation)
    upright = find_digits(photo.image)
    for digit, expected in zip(found.images, upright.images, strict=True):
        np.testing.assert_array_equal(digit, expected)
    for box, expected in zip(found.boxes, upright.boxes, strict=True):
        left, top, width, height = box
        part = np.rot90(lying[top : top + height, left : left + width], rotation // 90)
        left, top, width, height = expected
        expected_part = photo.image[top : top + height, left : left + width]
        np.testing.assert_array_equal(part, expected_part)


def test_rejects_other_rotations():
    with pytest.raises(ValueError, match="one of 0, 90, 180, 270 degrees. Got 45"):
        find_digits(np.zeros((28, 28)), rotation=45)


# ------------------------------------------------------------------ warnings


def test_warns_of_ink_without_digits():
    page = np.full((300, 400), PAPER, np.uint8)
    cv2.line(page, (20, 150), (380, 150), INK, 3)
    with pytest.warns(UserWarning, match="No digits were found.*Crop it.*background="):
        assert find_digits(page).images == []


def test_blank_page_is_silent():
    noise = np.random.default_rng(0).normal(PAPER, 3, (300, 400))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert find_digits(np.clip(noise, 0, 255).astype(np.uint8)).images == []


# ------------------------------------------------------------------ numbers


@pytest.fixture(scope="module")
def model():
    """Linear model of drawn digits."""
    labels = np.arange(200) % 10
    photos = [
        make_digit_photo(str(label), pen="felt", random_state=seed).image
        for seed, label in enumerate(labels)
    ]
    model = make_pipeline(DigitNormalizer(), LogisticRegression(C=1e-4, max_iter=500))
    return model.fit(photos, labels)


def test_numbers_are_the_labels_of_each_line(model):
    photo = photo_of("9070\n315", pen="felt")
    page = read_numbers(model, photo)
    found = find_digits(photo)
    np.testing.assert_array_equal(page.boxes, found.boxes)
    np.testing.assert_array_equal(page.labels, model.predict(found.images))
    probabilities = model.predict_proba(found.images)
    np.testing.assert_allclose(page.digit_probabilities, probabilities)
    assert "".join(page.numbers) == "".join(map(str, page.labels))
    assert [len(number) for number in page.numbers] == [4, 3]
    best = probabilities.max(axis=1)
    np.testing.assert_allclose(page.probabilities, [best[:4].min(), best[4:].min()])
    assert page.rotation == 0


@pytest.mark.parametrize("rotation", [0, 90, 270])
def test_pages_on_their_side_are_recognized(rotation, model):
    photo = photo_of("2374\n5974", pen="felt")
    page = read_numbers(model, np.rot90(photo, -rotation // 90))
    assert page.rotation == rotation
    assert page.numbers == read_numbers(model, photo, rotation=0).numbers


def test_blank_page_has_no_numbers(model):
    page = read_numbers(model, np.full((200, 300), PAPER, np.uint8))
    assert page.numbers == [] and page.probabilities.shape == (0,)


def test_rejects_models_without_probabilities():
    with pytest.raises(TypeError, match="classifier with predict_proba"):
        read_numbers(DigitNormalizer(), photo_of())
