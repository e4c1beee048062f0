"""Ink: how much of it is on each pixel of a photo, a scan or a drawing.

Paper is whatever is broader than a stroke, so its shade and its light may change over
the image. What stands out of the paper's own noise is ink.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._images.opencv import cv2

OVERVIEW = 64  # pixels: enough to see which parts of an image are thin
# How far an image is taken to go on behind its border, of its longer side: far where a
# digit may have been cut out tightly, less where a large image may have a frame.
BEYOND, BEYOND_FRAME = 1 / 4, 1 / 12
RIM = 1 / 8  # of the shorter side: where the shade of the paper is looked for
TINY = 20  # pixels: smaller images were made by averaging, which leaves no noise
# The high-pass response of noise of deviation 1 is below 0.1257 in a tenth of pixels.
# Strokes and their edges cover nine tenths at most.
CALM_PIXELS, CALM_RESPONSE = 0.1, 0.1257
HIGH_PASS = np.float32([[1, -2, 1], [-2, 4, -2], [1, -2, 1]]) / 6
# Single pixels that differ from all their neighbours by so much of the image's range
# are noise if there are more of them than this fraction.
SPECK_RANGE, SPECK_PIXELS = 0.3, 0.005
NEIGHBOURS = np.uint8([[1, 1, 1], [1, 0, 1], [1, 1, 1]])
SMOOTHED = 0.06  # noise, as a fraction of the image's range, from which it is smoothed
SMOOTHING, LEFT_OF_NOISE = 0.9, 0.32  # deviation in pixels; what it leaves of noise
FLOOR = 3  # deviations of the noise that are no ink
VISIBLE = 4  # deviations of the noise that ink must rise above this floor
FULL = 0.9  # quantile of the surest ink's pixels that is taken for a full stroke
FAINT = 0.25  # of a full stroke: still ink where it touches sure ink


class Ink(NamedTuple):
    """The ink on an image.

    Attributes
    ----------
    amount : ndarray of shape (height, width), float32
        In the unit of the pixels, 0 on the paper.
    full : float
        What a full stroke has.
    sure : ndarray of shape (height, width), bool
        Where the ink is stronger than edges and textures are.
    """

    amount: NDArray[np.float32]
    full: float
    sure: NDArray[np.bool_]


class Strokes(NamedTuple):
    """The connected pieces of ink, the paper as number 0.

    Attributes
    ----------
    labels : ndarray of shape (height, width), int32
        The number of the piece that each pixel belongs to.
    boxes : ndarray of shape (n_pieces, 4), int32
        Left, top, width and height, in pixels.
    masses : ndarray of shape (n_pieces,), float64
        The ink of each, in pixels of a full stroke; 0 for faint ones and the paper.
    """

    labels: NDArray[np.int32]
    boxes: NDArray[np.int32]
    masses: NDArray[np.float64]


def as_grey(image):
    """Give an image one channel, in which its strokes can be seen.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, channels)
        Two and four channels have their opacity last.

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
    # Blue ink is darkest in red, red ink in green: the channel that shows most.
    if image.dtype == np.uint8:  # without copies as floats, which are large
        deviations = cv2.meanStdDev(image)[1]
    else:
        deviations = image.astype(np.float32).std(axis=(0, 1))
    return image[..., deviations.argmax()].astype(np.float32, order="C")


def _lay_on_paper(image):
    """Lay strokes that are drawn on nothing on paper that they stand out from."""
    opaque = 255 if image.max() > 1 else 1
    if image.dtype in (np.uint8, np.uint16):
        opaque = np.iinfo(image.dtype).max
    opacity = image[..., -1:].astype(np.float32) / opaque
    colours = image[..., :-1].astype(np.float32)
    shade = (colours * opacity).sum() / max(opacity.sum() * colours.shape[2], 1e-9)
    paper = opaque if shade < opaque / 2 else 0
    return colours * opacity + paper * (1 - opacity)


def has_dark_background(grey):
    """Tell whether the light parts of an image are its strokes: the thinner ones.

    Parameters
    ----------
    grey : ndarray of shape (height, width), float32

    Returns
    -------
    bool
    """
    factor, beyond = OVERVIEW / max(grey.shape), BEYOND
    if factor < 1:
        beyond = BEYOND_FRAME
        height, width = (max(1, round(side * factor)) for side in grey.shape)
        grey = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    even = grey - _shade_of_rim(grey)
    even -= even.min()
    light = (even > _otsu_threshold(even)).astype(np.uint8)
    beyond = max(1, int(beyond * max(grey.shape)))
    return _mean_depth(light, beyond) < _mean_depth(1 - light, beyond)


def _shade_of_rim(grey):
    """Give the shade that the paper's light has, by what it is at the four sides."""
    height, width = grey.shape
    rim = max(1, int(min(height, width) * RIM))
    left, right = _middle(grey[:, :rim]), _middle(grey[:, -rim:])
    top, bottom = _middle(grey[:rim]), _middle(grey[-rim:])
    across = np.linspace(left, right, width, dtype=np.float32)
    down = np.linspace(top, bottom, height, dtype=np.float32)[:, None]
    return (across + down) / 2


def _mean_depth(mask, beyond):
    """Give the mean distance of a mask's pixels to its edge, in pixels.

    What reaches the border of the image goes on for `beyond` pixels behind it.
    """
    mask = cv2.copyMakeBorder(mask, *[beyond] * 4, cv2.BORDER_REPLICATE)
    inside = mask > 0
    if inside.all() or not inside.any():
        return np.inf if inside.any() else 0.0
    return float(cv2.distanceTransform(mask, cv2.DIST_L2, 3)[inside].mean())


def find_ink(grey, background, broadest, *, least=0):
    """Tell ink from paper, whatever the paper's shade and its light.

    Parameters
    ----------
    grey : ndarray of shape (height, width), float32
    background : {"auto", "dark", "light"}
    broadest : int
        What is broader than so many pixels is paper.
    least : float
        By what ink differs from paper at least, in the unit of `grey`.

    Returns
    -------
    Ink or None
        None where there is none.
    """
    contrast = np.ptp(grey)
    if contrast <= least:
        return None
    noise = 0.0
    if max(grey.shape) >= TINY:
        grey = _without_specks(grey, contrast)
        noise = estimate_noise(grey)
        if noise > SMOOTHED * contrast:
            grey = cv2.GaussianBlur(grey, (5, 5), SMOOTHING)
            noise *= LEFT_OF_NOISE
    else:
        broadest = max(grey.shape)
    if background == "auto":
        background = "dark" if has_dark_background(grey) else "light"
    operation = cv2.MORPH_TOPHAT if background == "dark" else cv2.MORPH_BLACKHAT
    kernel = np.ones((broadest | 1, broadest | 1), np.uint8)
    amount = cv2.morphologyEx(grey, operation, kernel)
    sure = amount > _otsu_threshold(amount)
    if not sure.any():
        return None
    full = _quantile(amount[sure], FULL)
    floor = 0.0
    if max(grey.shape) >= TINY:
        paper = amount[~sure]
        shade = _middle(paper)
        noise = max(noise, 1.4826 * _middle(np.abs(paper - shade)))
        floor = shade + FLOOR * noise
    visible = max(VISIBLE * noise, least)
    if full - floor <= visible:
        return None
    if max(grey.shape) >= TINY and _meets_border(sure):
        # A slope of light looks like ink at the border, unless it goes on beyond.
        rim = [broadest] * 4
        wide = cv2.copyMakeBorder(grey, *rim, cv2.BORDER_REPLICATE)
        inner = slice(broadest, -broadest)
        beyond = cv2.morphologyEx(wide, operation, kernel)[inner, inner]
        if beyond[sure].max() - floor <= visible:
            return None
    return Ink(np.maximum(amount - np.float32(floor), 0), full - floor, sure)


def estimate_noise(grey):
    """Give the standard deviation of the noise between neighbouring pixels.

    Parameters
    ----------
    grey : ndarray of shape (height, width), float32

    Returns
    -------
    float
        In the unit of `grey`.

    References
    ----------
    J. Immerkaer, "Fast Noise Variance Estimation", Computer Vision and Image
    Understanding 64(2), 1996: the high-pass filter.
    """
    response = np.abs(cv2.filter2D(grey, -1, HIGH_PASS))
    return _quantile(response, CALM_PIXELS) / CALM_RESPONSE


def find_strokes(ink):
    """Find the connected pieces of ink that are sure somewhere.

    Parameters
    ----------
    ink : Ink

    Returns
    -------
    Strokes
    """
    touched = (ink.amount > FAINT * ink.full).astype(np.uint8)
    n, labels, stats, _ = cv2.connectedComponentsWithStats(touched, connectivity=8)
    flat = labels.ravel()
    amount = np.minimum(ink.amount, ink.full).ravel()
    masses = np.bincount(flat, amount, minlength=n) / ink.full
    masses[np.bincount(flat, ink.sure.ravel(), minlength=n) == 0] = 0
    masses[0] = 0
    return Strokes(labels, stats[:, :4], masses)


def _without_specks(grey, contrast):
    """Take single pixels that differ from all their neighbours out of noisy images."""
    lowest, highest = cv2.erode(grey, NEIGHBOURS), cv2.dilate(grey, NEIGHBOURS)
    smooth = np.clip(grey, lowest, highest)
    specks = np.count_nonzero(np.abs(smooth - grey) > SPECK_RANGE * contrast)
    return smooth if specks > SPECK_PIXELS * grey.size else grey


def _meets_border(mask):
    return mask[[0, -1]].any() or mask[:, [0, -1]].any()


def _otsu_threshold(values):
    """Give the threshold of Otsu's method, of 256 levels, for values from 0."""
    unit = max(float(values.max()), 1e-9) / 255
    levels = (values / unit).astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    return (threshold + 0.5) * unit


def _quantile(values, fraction):
    """Do as np.quantile does, without its cost for few values."""
    index = int(fraction * (values.size - 1))
    return float(np.partition(values, index, axis=None)[index])


def _middle(values):
    return _quantile(values, 0.5)
