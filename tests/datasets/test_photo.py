"""make_digit_photo: drawn digits are at the returned positions."""

import numpy as np
import pytest

from skdigits.datasets import make_digit_photo

pytestmark = pytest.mark.filterwarnings("error")

ALL = "01234\n56789"
PENS = ["ballpoint", "pencil", "felt", "chalk"]
CLEAN = {"noise": 0, "jpeg_quality": None}


def ink_of(photo):
    """Return a mask of the pixels that differ from the paper or board."""
    grey = photo.image.mean(axis=2)
    contrast = np.abs(grey - np.median(grey))
    return contrast > 0.3 * np.percentile(contrast, 99.5)


def bounds(mask):
    """Return the first row and column with True, and those after the last."""
    indices = np.argwhere(mask)
    return np.concatenate([indices.min(axis=0), indices.max(axis=0) + 1])


def test_attributes_of_the_result():
    photo = make_digit_photo("2026\n71", random_state=0)
    assert set(photo) == {"image", "boxes", "target", "lines", "DESCR"}
    assert (photo.image.ndim, photo.image.shape[2], photo.image.dtype) == (3, 3, "u1")
    assert (photo.boxes.shape, photo.boxes.dtype) == ((6, 4), np.int64)
    assert photo.target.dtype == np.uint8
    assert photo.target.tolist() == [2, 0, 2, 6, 7, 1]
    assert photo.lines.tolist() == [0, 0, 0, 0, 1, 1]
    assert "ballpoint" in photo.DESCR


@pytest.mark.parametrize(
    "digits", ["31\n4", "31\n4\n", [[3, 1], [4]], (np.array([3, 1]), (4,))]
)
def test_digits_may_be_text_or_numbers(digits):
    expected = make_digit_photo("31\n4", random_state=0)
    photo = make_digit_photo(digits, random_state=0)
    np.testing.assert_array_equal(photo.image, expected.image)


def test_flat_sequence_is_one_line():
    for digits in ([3, 1, 4], np.array([3, 1, 4], np.uint8)):
        photo = make_digit_photo(digits, random_state=0)
        assert photo.target.tolist() == [3, 1, 4]
        assert photo.lines.tolist() == [0, 0, 0]


@pytest.mark.parametrize("tilt", [0, -20])
@pytest.mark.parametrize("height", [40, 90])
@pytest.mark.parametrize("pen", PENS)
def test_boxes_hold_the_ink(pen, height, tilt):
    photo = make_digit_photo(
        ALL, pen=pen, height=height, tilt=tilt, random_state=1, **CLEAN
    )
    ink = ink_of(photo)
    rest = ink.copy()
    for left, top, width, height in photo.boxes:
        found = bounds(ink[top : top + height, left : left + width])
        np.testing.assert_allclose(found, [0, 0, height, width], atol=1)
        rest[top - 1 : top + height + 1, left - 1 : left + width + 1] = False
    assert not rest.any()


@pytest.mark.parametrize("pen", PENS)
def test_digits_are_separate_and_in_reading_order(pen):
    for seed in range(5):
        photo = make_digit_photo(ALL, pen=pen, random_state=seed)
        left, top, width, height = photo.boxes.T
        same_line = np.diff(photo.lines) == 0
        assert (np.diff(left) - width[:-1])[same_line].min() > 4
        assert (top + height)[:5].max() < top[5:].min()
        assert left.min() > 20 and top.min() > 20
        assert (left + width).max() < photo.image.shape[1] - 20
        assert (top + height).max() < photo.image.shape[0] - 20


@pytest.mark.parametrize("height", [20, 60.5, 150])
def test_height_is_the_height_of_a_digit(height):
    heights = make_digit_photo(ALL, height=height, random_state=0).boxes[:, 3]
    np.testing.assert_allclose(heights, 1.05 * height, rtol=0.15)


def test_equal_seeds_give_equal_photos():
    first = make_digit_photo(ALL, light="shadow", random_state=3)
    again = make_digit_photo(ALL, light="shadow", random_state=3)
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.boxes, again.boxes)
    rng = np.random.RandomState(3)
    drawn = [make_digit_photo(ALL, random_state=rng).boxes for _ in range(2)]
    np.testing.assert_array_equal(drawn[0], first.boxes)
    assert (drawn[1] != drawn[0]).any()


def test_handwriting_depends_only_on_the_seed():
    plain = make_digit_photo(ALL, random_state=3).boxes
    other = {"pen": "felt", "paper": "squared", "light": "lamp"}
    thicker = make_digit_photo(ALL, **other, random_state=3).boxes
    middles = [boxes[:, :2] + boxes[:, 2:] / 2 for boxes in (plain, thicker)]
    np.testing.assert_allclose(*middles, atol=2)


def test_chalk_is_light_on_dark_and_pens_are_dark_on_light():
    for pen in PENS:
        photo = make_digit_photo(ALL, pen=pen, random_state=0, **CLEAN)
        ink = ink_of(photo)
        is_lighter = photo.image[ink].mean() > photo.image[~ink].mean()
        assert is_lighter == (pen == "chalk")


@pytest.mark.parametrize(
    ("paper", "across", "along"),
    [("plain", None, None), ("ruled", None, 180), ("squared", 60, 60)],
)
def test_ruling_of_paper(paper, across, along):
    """Ruling crosses the blank margins, and the lowest digits stand on one line."""
    photo = make_digit_photo(ALL, paper=paper, height=100, random_state=0, **CLEAN)
    left, top = photo.boxes[:, :2].min(axis=0)
    for margin, axis, gap in [
        (photo.image[: top - 10], 0, across),
        (photo.image[:, : left - 10], 1, along),
    ]:
        brightness = margin.mean(axis=(axis, 2))
        dark = brightness < np.median(brightness) - 8
        lines = np.flatnonzero(np.diff(dark.astype(int)) == 1)
        if gap is None:
            assert not dark.any()
        else:
            assert len(lines) >= 2
            np.testing.assert_allclose(np.diff(lines), gap, atol=2)
    if along:
        bottoms = (photo.boxes[:, 1] + photo.boxes[:, 3])[photo.lines == 1]
        assert np.abs(bottoms.mean() - lines).min() < 15


def test_shadow_and_lamp_are_uneven():
    spread = {}
    for light in ("even", "shadow", "lamp"):
        image = make_digit_photo(ALL, light=light, random_state=0, **CLEAN).image
        height, width = (n // 40 * 40 for n in image.shape[:2])
        blocks = image[:height, :width].reshape(height // 40, 40, width // 40, 40, 3)
        paper = np.percentile(blocks, 90, axis=(1, 3)).mean(axis=-1)
        spread[light] = paper.min() / paper.max()
    assert spread["even"] > 0.95
    assert 0.4 < spread["shadow"] < 0.7
    assert 0.2 < spread["lamp"] < 0.7


def test_tilt_turns_the_page_counterclockwise():
    photo = make_digit_photo("11111111", tilt=10, random_state=0)
    x, y = (photo.boxes[:, :2] + photo.boxes[:, 2:] / 2).T
    assert np.rad2deg(np.arctan(np.polyfit(x, -y, 1)[0])) == pytest.approx(10, abs=2)


def test_noise_has_the_given_deviation():
    still, noisy = (
        make_digit_photo(ALL, noise=noise, jpeg_quality=None, random_state=0).image
        for noise in (0, 5)
    )
    assert (still != noisy).any()
    inked = still.max(axis=2) < 200  # where no value is clipped
    difference = noisy[inked].astype(float) - still[inked]
    assert difference.std() == pytest.approx(5, rel=0.05)


def test_lower_jpeg_quality_has_larger_errors():
    images = [
        make_digit_photo(ALL, noise=0, jpeg_quality=quality, random_state=0).image
        for quality in (None, 90, 20)
    ]
    raw, good, bad = (image.astype(float) for image in images)
    assert 0 < np.abs(good - raw).mean() < np.abs(bad - raw).mean()


@pytest.mark.parametrize(
    ("digits", "error", "message"),
    [
        ("12a", ValueError, "Got 'a' in line 1"),
        ("12\n3 4", ValueError, "Got ' ' in line 2"),
        ([1, 10], ValueError, "Got 10 in line 1"),
        ([[1], [-1]], ValueError, "Got -1 in line 2"),
        (["12", "3"], ValueError, "Got '1' in line 1"),
        ([1.5], ValueError, r"Got 1\.5 in line 1"),
        ("", ValueError, "a digit in each line"),
        ("1\n\n2", ValueError, "a digit in each line"),
        ([], ValueError, "a digit in each line"),
        (7, TypeError, "must be a str or a sequence of int. Got 7"),
    ],
)
def test_rejects_other_values_than_digits(digits, error, message):
    with pytest.raises(error, match=message):
        make_digit_photo(digits)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pen": "brush"},
        {"paper": "board"},
        {"light": 1},
        {"height": 0},
        {"tilt": 90},
        {"noise": -1},
        {"jpeg_quality": 0},
        {"random_state": "0"},
    ],
)
def test_rejects_invalid_parameters(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"The '{name}' parameter of make_digit_photo"):
        make_digit_photo("1", **wrong)
