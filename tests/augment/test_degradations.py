"""Degradations of images, compared with SciPy's filters."""

import numpy as np
import pytest
from scipy import ndimage

from skdigits._augment.degradations import (
    blur,
    break_strokes,
    change_contrast,
    change_thickness,
    lower_resolution,
)


class Largest:
    """Generator that returns the end of each range, so the strength is known."""

    def uniform(self, low, high, size):
        return np.full(size, high)


class Smallest:
    def uniform(self, low, high, size):
        return np.full(size, low)


def blobs(shape=(6, 20, 14, 1), dtype=np.float32):
    """Make images of smooth light spots on black, in 0..255."""
    noise = np.random.default_rng(0).random(shape)
    smooth = ndimage.gaussian_filter(noise, (0, 1.5, 1.5, 0))
    ink = np.clip((smooth - smooth.mean()) / smooth.std(), 0, 2) / 2 * 255
    return np.rint(ink).astype(dtype)


@pytest.mark.parametrize(
    ("rng", "filtered"),
    [(Largest(), ndimage.grey_dilation), (Smallest(), ndimage.grey_erosion)],
)
@pytest.mark.parametrize("shape", [(6, 20, 14, 1), (3, 9, 12, 6), (40, 2000, 3, 1)])
def test_thickness_equals_dilation_and_erosion(rng, filtered, shape):
    images = blobs(shape)
    cross = ndimage.generate_binary_structure(2, 1)[None, ..., None]

    def moved(pixels):
        once = filtered(images, footprint=cross, mode="nearest")
        twice = filtered(once, (1, 3, 3, 1), mode="nearest")
        return (images, once, twice)[pixels]

    for pixels in (1, 2):
        np.testing.assert_array_equal(
            change_thickness(images, rng, pixels), moved(pixels)
        )
    between = change_thickness(images, rng, 1.25)
    expected = 0.75 * moved(1) + 0.25 * moved(2)
    np.testing.assert_allclose(between, expected, rtol=1e-5)


@pytest.mark.parametrize("deviation", [0.4, 1, 2.3])
@pytest.mark.parametrize("shape", [(6, 20, 14, 1), (3, 9, 12, 6)])
def test_blur_equals_a_gaussian_filter(deviation, shape):
    images = blobs(shape)
    expected = ndimage.gaussian_filter(
        images,
        (0, deviation, deviation, 0),
        mode="nearest",
        radius=(0, *[int(np.ceil(3 * deviation))] * 2, 0),
    )
    blurred = blur(images, Largest(), deviation)
    np.testing.assert_allclose(blurred, expected, atol=1e-3)
    rounded = blur(images.astype(np.uint8), Largest(), deviation)
    np.testing.assert_allclose(rounded, expected, atol=0.51)


def test_gaps_only_remove_ink():
    images = blobs((50, 28, 28, 3), np.uint8)
    broken = break_strokes(images, np.random.default_rng(0), 3, 0)
    changed = (broken != images).any(axis=3)
    assert (broken[changed] == 0).all()
    assert changed.any(axis=(1, 2)).sum() > 25


@pytest.mark.parametrize("side", [28, 84])
def test_number_and_size_of_gaps(side):
    paper = np.full((300, side, side, 1), 255, np.uint8)
    broken = break_strokes(paper, np.random.default_rng(0), 2, 40)[..., 0] == 40
    counts = np.array([ndimage.label(image, np.ones((3, 3)))[1] for image in broken])
    assert counts.max() == 2
    alone = broken[counts == 1].sum(axis=(1, 2)) / (side / 28) ** 2
    # About 7 pixels by 2, or less at the border.
    assert 8 < np.median(alone) < 25
    # 0, 1 or 2 gaps are equally likely, but two gaps may meet.
    assert np.mean(counts == 0) == pytest.approx(1 / 3, abs=0.08)


def test_gaps_cut_strokes():
    bars = np.zeros((100, 28, 28, 1), np.uint8)
    bars[:, :, 13:15] = 255
    broken = break_strokes(bars, np.random.default_rng(0), 1, 0)
    changed = (broken != bars).any(axis=(1, 2, 3))
    assert np.mean(changed) == pytest.approx(1 / 2, abs=0.15)
    pieces = [ndimage.label(image[..., 0])[1] for image in broken[changed]]
    assert np.mean(np.array(pieces) >= 2) > 0.5


def test_lower_resolution_averages_fine_patterns():
    y, x = np.indices((16, 24))
    fine, coarse = (x + y) % 2 * 200.0, (x // 8 + y // 8) % 2 * 200.0
    images = np.float32([fine, coarse])[..., None]
    lost, preserved = lower_resolution(images, Largest(), 0.5)[..., 0]
    np.testing.assert_allclose(lost, 100, atol=1e-3)
    middles = slice(3, None, 8)
    found, expected = preserved[middles, middles], coarse[middles, middles]
    np.testing.assert_allclose(found, expected, atol=1)


def test_lower_resolution_leaves_at_least_one_pixel():
    images = blobs((3, 5, 3, 5))
    averages = images.mean(axis=(1, 2), keepdims=True)
    one = lower_resolution(images, Largest(), 0.99)
    np.testing.assert_allclose(one, np.broadcast_to(averages, one.shape), rtol=1e-5)


@pytest.mark.parametrize("fill_value", [0, 100])
def test_contrast_scales_differences_from_the_fill_value(fill_value):
    images = blobs()
    fainter = change_contrast(images, Smallest(), 0.4, fill_value)
    expected = fill_value + (images - fill_value) * 0.6
    np.testing.assert_allclose(fainter, expected, rtol=1e-5, atol=1e-4)
    stronger = change_contrast(images, Largest(), 0.4, fill_value)
    expected = fill_value + (images - fill_value) * 1.4
    limits = images.min(axis=(1, 2, 3)), images.max(axis=(1, 2, 3))
    low, high = (limit[:, None, None, None] for limit in limits)
    np.testing.assert_allclose(
        stronger, np.clip(expected, low, high), rtol=1e-5, atol=1e-4
    )
