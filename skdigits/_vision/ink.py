"""The amount of ink on each pixel of a photo, a scan or a drawing.

Everything broader than a stroke is paper, so the shade and the lighting of the paper
may change over the image. Ink is whatever rises above the noise of the paper.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._images.opencv import cv2

HIGH_PASS = np.float32([[1, -2, 1], [-2, 4, -2], [1, -2, 1]]) / 6
NEIGHBOURS = np.uint8([[1, 1, 1], [1, 0, 1], [1, 1, 1]])


@dataclass(frozen=True)
class BackgroundSettings:
    """Settings of `has_dark_background`."""

    overview_side_px: int = 64  # enough to see which parts of an image are thin
    # How far an image is continued behind its border, as a fraction of its longer side:
    # far where a digit may be cropped tightly, less where a photo may have a frame.
    small_image_padding: float = 1 / 4
    large_image_padding: float = 1 / 12
    paper_rim: float = 1 / 8  # width of the rim that shows paper, of the shorter side


@dataclass(frozen=True)
class InkSettings:
    """Settings of `find_ink` and `find_strokes`. Noise is a standard deviation."""

    noisy_side_px: int = 20  # smaller images were made by averaging: they have no noise
    # The high-pass response of noise of deviation 1 is below 0.1257 in a tenth of the
    # pixels. Strokes and their edges cover at most nine tenths.
    calm_fraction: float = 0.1
    calm_response: float = 0.1257
    speck_contrast: float = (
        0.3  # of a pixel to all its neighbours, of the image's range
    )
    max_speck_fraction: float = 0.005  # of all pixels; with more specks, they are noise
    smoothed_noise: float = 0.06  # images with more noise are smoothed; of their range
    smoothing_sigma_px: float = 0.9
    noise_after_smoothing: float = 0.32  # fraction of the noise that smoothing leaves
    paper_sigmas: float = 3  # paper reaches this many deviations of the noise
    visible_sigmas: float = 4  # ink rises this many deviations above the paper
    full_quantile: float = 0.9  # of the sure ink: the amount of a full stroke
    faint_amount: float = 0.25  # of a full stroke: still ink where it touches sure ink


BACKGROUND = BackgroundSettings()
INK = InkSettings()


class Ink(NamedTuple):
    """The ink on an image.

    Attributes
    ----------
    amount : ndarray of shape (height, width), float32
        In the unit of the pixels, 0 on the paper.
    full : float
        Amount of a full stroke.
    sure : ndarray of shape (height, width), bool
        Whether the ink is stronger than edges and textures are.
    """

    amount: NDArray[np.float32]
    full: float
    sure: NDArray[np.bool_]


class Strokes(NamedTuple):
    """The connected pieces of ink, with the paper as number 0.

    Attributes
    ----------
    labels : ndarray of shape (height, width), int32
        Number of the piece that each pixel belongs to.
    boxes : ndarray of shape (n_pieces, 4), int32
        Left, top, width and height, in pixels.
    masses : ndarray of shape (n_pieces,), float64
        Ink of each piece, in pixels of a full stroke; 0 for faint ones and the paper.
    """

    labels: NDArray[np.int32]
    boxes: NDArray[np.int32]
    masses: NDArray[np.float64]


def as_grey(image):
    """Convert an image to one channel that shows its strokes.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, channels)
        With two or four channels, the last one is the opacity.

    Returns
    -------
    ndarray of shape (height, width), float32
        In the unit of the pixels.
    """
    if image.ndim == 2:
        return image.astype(np.float32)
    if image.shape[2] in (2, 4):
        image = _lay_on_paper(image)
    if image.shape[2] == 1:
        return image[..., 0].astype(np.float32)
    # Blue ink is darkest in red, red ink in green: use the channel of most contrast.
    if image.dtype == np.uint8:  # without copies as floats, which are large
        deviations = cv2.meanStdDev(image)[1]
    else:
        deviations = image.astype(np.float32).std(axis=(0, 1))
    return image[..., deviations.argmax()].astype(np.float32, order="C")


def _lay_on_paper(image):
    """Lay strokes with a transparent background on paper that contrasts with them."""
    opaque = 255 if image.max() > 1 else 1
    if image.dtype in (np.uint8, np.uint16):
        opaque = np.iinfo(image.dtype).max
    opacity = image[..., -1:].astype(np.float32) / opaque
    colours = image[..., :-1].astype(np.float32)
    shade = (colours * opacity).sum() / max(opacity.sum() * colours.shape[2], 1e-9)
    paper = opaque if shade < opaque / 2 else 0
    return colours * opacity + paper * (1 - opacity)


def has_dark_background(grey):
    """Whether the strokes of an image, its thinner parts, are the light ones."""
    factor = BACKGROUND.overview_side_px / max(grey.shape)
    padding = BACKGROUND.small_image_padding
    if factor < 1:
        padding = BACKGROUND.large_image_padding
        height, width = (max(1, round(side * factor)) for side in grey.shape)
        grey = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    even = grey - _shade_of_rim(grey)
    even -= even.min()
    light = (even > _otsu_threshold(even)).astype(np.uint8)
    padding = max(1, int(padding * max(grey.shape)))
    return _mean_depth(light, padding) < _mean_depth(1 - light, padding)


def _shade_of_rim(grey):
    """Interpolate the shade of the paper between the four sides of the image."""
    height, width = grey.shape
    rim = max(1, int(min(height, width) * BACKGROUND.paper_rim))
    left, right = _median(grey[:, :rim]), _median(grey[:, -rim:])
    top, bottom = _median(grey[:rim]), _median(grey[-rim:])
    across = np.linspace(left, right, width, dtype=np.float32)
    down = np.linspace(top, bottom, height, dtype=np.float32)[:, None]
    return (across + down) / 2


def _mean_depth(mask, padding):
    """Compute the mean distance of a mask's pixels to its edge, in pixels.

    The mask is continued for `padding` pixels behind the border of the image.
    """
    mask = cv2.copyMakeBorder(mask, *[padding] * 4, cv2.BORDER_REPLICATE)
    inside = mask > 0
    if inside.all() or not inside.any():
        return np.inf if inside.any() else 0.0
    return float(cv2.distanceTransform(mask, cv2.DIST_L2, 3)[inside].mean())


def find_ink(grey, background, max_width, *, min_contrast=0):
    """Separate ink from paper of any shade and in any light.

    Parameters
    ----------
    grey : ndarray of shape (height, width), float32
    background : {"auto", "dark", "light"}
    max_width : int
        Width of the broadest stroke, in pixels. Everything broader is paper.
    min_contrast : float
        Smallest difference between ink and paper, in the unit of `grey`.

    Returns
    -------
    Ink or None
        None if the image is blank.
    """
    contrast = np.ptp(grey)
    if contrast <= min_contrast:
        return None
    is_tiny = max(grey.shape) < INK.noisy_side_px
    if is_tiny:
        noise, max_width = 0.0, max(grey.shape)
    else:
        grey, noise = _reduce_noise(grey, contrast)
    if background == "auto":
        background = "dark" if has_dark_background(grey) else "light"
    operation = cv2.MORPH_TOPHAT if background == "dark" else cv2.MORPH_BLACKHAT
    kernel = np.ones((max_width | 1, max_width | 1), np.uint8)
    amount = cv2.morphologyEx(grey, operation, kernel)
    sure = amount > _otsu_threshold(amount)
    if not sure.any():
        return None
    full = _quantile(amount[sure], INK.full_quantile)
    floor = 0.0
    if not is_tiny:
        paper = amount[~sure]
        shade = _median(paper)
        noise = max(noise, 1.4826 * _median(np.abs(paper - shade)))
        floor = shade + INK.paper_sigmas * noise
    visible = max(INK.visible_sigmas * noise, min_contrast)
    if full - floor <= visible:
        return None
    if not is_tiny and _touches_border(sure):
        # A gradient of light looks like ink at the border, but not if it continues.
        wide = cv2.copyMakeBorder(grey, *[max_width] * 4, cv2.BORDER_REPLICATE)
        inner = slice(max_width, -max_width)
        continued = cv2.morphologyEx(wide, operation, kernel)[inner, inner]
        if continued[sure].max() - floor <= visible:
            return None
    return Ink(np.maximum(amount - np.float32(floor), 0), full - floor, sure)


def _reduce_noise(grey, contrast):
    """Remove specks and strong noise. Return the image and the noise that is left.

    The high-pass filter is that of J. Immerkaer, "Fast Noise Variance Estimation",
    Computer Vision and Image Understanding 64(2), 1996.
    """
    lowest, highest = cv2.erode(grey, NEIGHBOURS), cv2.dilate(grey, NEIGHBOURS)
    smooth = np.clip(grey, lowest, highest)
    specks = np.count_nonzero(np.abs(smooth - grey) > INK.speck_contrast * contrast)
    if specks > INK.max_speck_fraction * grey.size:
        grey = smooth
    response = np.abs(cv2.filter2D(grey, -1, HIGH_PASS))
    noise = _quantile(response, INK.calm_fraction) / INK.calm_response
    if noise > INK.smoothed_noise * contrast:
        grey = cv2.GaussianBlur(grey, (5, 5), INK.smoothing_sigma_px)
        noise *= INK.noise_after_smoothing
    return grey, noise


def find_strokes(ink):
    """Find the connected pieces of ink that have sure ink somewhere."""
    touched = (ink.amount > INK.faint_amount * ink.full).astype(np.uint8)
    n, labels, stats, _ = cv2.connectedComponentsWithStats(touched, connectivity=8)
    flat = labels.ravel()
    amount = np.minimum(ink.amount, ink.full).ravel()
    masses = np.bincount(flat, amount, minlength=n) / ink.full
    masses[np.bincount(flat, ink.sure.ravel(), minlength=n) == 0] = 0
    masses[0] = 0
    return Strokes(labels, stats[:, :4], masses)


def _touches_border(mask):
    return mask[[0, -1]].any() or mask[:, [0, -1]].any()


def _otsu_threshold(values):
    """Compute the threshold of Otsu's method for values from 0, in 256 levels."""
    unit = max(float(values.max()), 1e-9) / 255
    levels = (values / unit).astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    return (threshold + 0.5) * unit


def _quantile(values, fraction):
    """Compute a quantile without interpolation, which is faster than np.quantile."""
    index = int(fraction * (values.size - 1))
    return float(np.partition(values, index, axis=None)[index])


def _median(values):
    return _quantile(values, 0.5)
