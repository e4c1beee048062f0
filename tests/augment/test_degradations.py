"""What other pens and cameras do to a batch, against SciPy's filters."""

import numpy as np
import pytest
from scipy import ndimage

from skdigits._augment import degradations as pens

CHANGES = {
    "thickness": lambda images, rng, strength: pens.change_thickness(
        images, rng, strength
    ),
    "gaps": lambda images, rng, strength: pens.break_strokes(
        images, rng, round(strength), 0
    ),
    "low_resolution": lambda images, rng, strength: pens.lower_resolution(
        images, rng, strength / 4
    ),
    "blur": lambda images, rng, strength: pens.blur(images, rng, strength),
    "contrast": lambda images, rng, strength: pens.change_contrast(
        images, rng, strength / 3, 0
    ),
}


class Largest:
    """Draws the largest number of each range, so that the strength is known."""

    def uniform(self, low, high, size):
        return np.full(size, high)


class Smallest:
    def uniform(self, low, high, size):
        return np.full(size, low)


def blobs(shape=(6, 20, 14, 1), dtype=np.float32):
    """Light smooth spots on black, in 0..255."""
    noise = np.random.default_rng(0).random(shape)
    smooth = ndimage.gaussian_filter(noise, (0, 1.5, 1.5, 0))
    ink = np.clip((smooth - smooth.mean()) / smooth.std(), 0, 2) / 2 * 255
    return np.rint(ink).astype(dtype)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("shape", [(6, 20, 14, 1), (4, 14, 20, 3), (4, 9, 9, 5)])
def test_what_holds_for_every_change(change, dtype, shape):
    images = blobs(shape, dtype)
    images.flags.writeable = False
    changed = change(images, np.random.default_rng(1), 2)
    assert (changed.shape, changed.dtype) == (shape, dtype)
    assert (changed != images).any()
    assert changed.min() >= images.min() and changed.max() <= images.max()
    again = change(images, np.random.default_rng(1), 2)
    np.testing.assert_array_equal(again, changed)
    other = change(images, np.random.default_rng(2), 2)
    assert (other != changed).any()
    np.testing.assert_array_equal(change(images, np.random.default_rng(1), 0), images)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_blank_images_and_empty_batches_stay(change):
    blank = np.zeros((3, 8, 8, 2), np.uint8)
    for images in (blank, blank[:0]):
        changed = change(images, np.random.default_rng(0), 2)
        np.testing.assert_array_equal(changed, images)


@pytest.mark.parametrize(
    ("rng", "filtered"),
    [(Largest(), ndimage.grey_dilation), (Smallest(), ndimage.grey_erosion)],
)
@pytest.mark.parametrize("shape", [(6, 20, 14, 1), (3, 9, 12, 6), (40, 2000, 3, 1)])
def test_thickness_is_dilation_and_erosion(rng, filtered, shape):
    images = blobs(shape)
    cross = ndimage.generate_binary_structure(2, 1)[None, ..., None]

    def moved(pixels):
        once = filtered(images, footprint=cross, mode="nearest")
        twice = filtered(once, (1, 3, 3, 1), mode="nearest")
        return (images, once, twice)[pixels]

    for pixels in (1, 2):
        np.testing.assert_array_equal(
            pens.change_thickness(images, rng, pixels), moved(pixels)
        )
    between = pens.change_thickness(images, rng, 1.25)
    expected = 0.75 * moved(1) + 0.25 * moved(2)
    np.testing.assert_allclose(between, expected, rtol=1e-5)


@pytest.mark.parametrize("deviation", [0.4, 1, 2.3])
@pytest.mark.parametrize("shape", [(6, 20, 14, 1), (3, 9, 12, 6)])
def test_blur_is_gaussian(deviation, shape):
    images = blobs(shape)
    expected = ndimage.gaussian_filter(
        images,
        (0, deviation, deviation, 0),
        mode="nearest",
        radius=(0, *[int(np.ceil(3 * deviation))] * 2, 0),
    )
    blurred = pens.blur(images, Largest(), deviation)
    np.testing.assert_allclose(blurred, expected, atol=1e-3)
    rounded = pens.blur(images.astype(np.uint8), Largest(), deviation)
    np.testing.assert_allclose(rounded, expected, atol=0.51)


def test_gaps_only_ever_remove_ink():
    images = blobs((50, 28, 28, 3), np.uint8)
    broken = pens.break_strokes(images, np.random.default_rng(0), 3, 0)
    changed = (broken != images).any(axis=3)
    assert (broken[changed] == 0).all()
    assert changed.any(axis=(1, 2)).sum() > 25


@pytest.mark.parametrize("side", [28, 84])
def test_gaps_are_as_many_and_as_large_as_said(side):
    paper = np.full((300, side, side, 1), 255, np.uint8)
    broken = pens.break_strokes(paper, np.random.default_rng(0), 2, 40)[..., 0] == 40
    counts = np.array([ndimage.label(image, np.ones((3, 3)))[1] for image in broken])
    assert counts.max() == 2
    alone = broken[counts == 1].sum(axis=(1, 2)) / (side / 28) ** 2
    # About 7 pixels by 2, or what is left of them at the border.
    assert 8 < np.median(alone) < 25
    # 0, 1 or 2 gaps are equally likely, but two may meet.
    assert np.mean(counts == 0) == pytest.approx(1 / 3, abs=0.08)


def test_a_gap_is_cut_out_of_a_stroke():
    bars = np.zeros((100, 28, 28, 1), np.uint8)
    bars[:, :, 13:15] = 255
    broken = pens.break_strokes(bars, np.random.default_rng(0), 1, 0)
    changed = (broken != bars).any(axis=(1, 2, 3))
    assert np.mean(changed) == pytest.approx(1 / 2, abs=0.15)
    pieces = [ndimage.label(image[..., 0])[1] for image in broken[changed]]
    assert np.mean(np.array(pieces) >= 2) > 0.5


def test_lower_resolution_averages_what_is_finer():
    y, x = np.indices((16, 24))
    fine, coarse = (x + y) % 2 * 200.0, (x // 8 + y // 8) % 2 * 200.0
    images = np.float32([fine, coarse])[..., None]
    lost, kept = pens.lower_resolution(images, Largest(), 0.5)[..., 0]
    np.testing.assert_allclose(lost, 100, atol=1e-3)
    middles = slice(3, None, 8)
    np.testing.assert_allclose(kept[middles, middles], coarse[middles, middles], atol=1)


def test_lower_resolution_goes_to_one_pixel_at_most():
    images = blobs((3, 5, 3, 5))
    averages = images.mean(axis=(1, 2), keepdims=True)
    one = pens.lower_resolution(images, Largest(), 0.99)
    np.testing.assert_allclose(one, np.broadcast_to(averages, one.shape), rtol=1e-5)


@pytest.mark.parametrize("fill_value", [0, 100])
def test_contrast_scales_what_differs_from_the_paper(fill_value):
    images = blobs()
    fainter = pens.change_contrast(images, Smallest(), 0.4, fill_value)
    expected = fill_value + (images - fill_value) * 0.6
    np.testing.assert_allclose(fainter, expected, rtol=1e-5, atol=1e-4)
    stronger = pens.change_contrast(images, Largest(), 0.4, fill_value)
    expected = fill_value + (images - fill_value) * 1.4
    limits = images.min(axis=(1, 2, 3)), images.max(axis=(1, 2, 3))
    low, high = (limit[:, None, None, None] for limit in limits)
    np.testing.assert_allclose(
        stronger, np.clip(expected, low, high), rtol=1e-5, atol=1e-4
    )
