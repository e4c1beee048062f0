"""Ink on a photo: in any light, on paper with lines."""

import numpy as np

from .._images.opencv import cv2
from .ink import FAINT, TINY, Ink, as_grey, find_ink, has_dark_background

SMALL = 64  # pixels: an image of this size is too small to have light and lines
LEAST_LEVELS = 6  # of 256, by which ink differs from paper
OVERVIEW = 240  # pixels: enough to see where light falls
PARTS = 6  # of an image's height and width; those at its rim are compared
UNEVEN = 0.1  # of the contrast: the shades' difference from which light is uneven
GAIN = 5  # by which dark parts of a photo are made lighter at most
BROADEST_STROKE = 1 / 4  # of the shorter side, before strokes have been seen
BROADER = 6  # times the width of strokes: paper, once they have been seen
THIN = 0.5  # of the width of strokes: thinner ones are the paper's lines


def as_photo(image):
    """Give an image as `find_photo_ink` takes it.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, channels)

    Returns
    -------
    grey : ndarray of shape (height, width), float32
    least : float
        By what ink differs from paper at least.
    """
    return as_grey(image), LEAST_LEVELS if image.dtype == np.uint8 else 0


def is_unevenly_lit(grey):
    """Tell whether the shade of the paper changes over an image.

    Parameters
    ----------
    grey : ndarray of shape (height, width), float32

    Returns
    -------
    bool
        False for small images.
    """
    if max(grey.shape) <= SMALL:
        return False
    small = resize(grey, min(1.0, OVERVIEW / max(grey.shape)))
    height, width = small.shape
    down, across = max(1, height // PARTS), max(1, width // PARTS)
    shades = [
        np.median(small[y : y + down, x : x + across])
        for y in range(0, height - down + 1, down)
        for x in range(0, width - across + 1, across)
        if y < down or x < across or y + 2 * down > height or x + 2 * across > width
    ]
    low, high = np.quantile(shades, [0.2, 0.8])
    return bool(high - low > UNEVEN * np.ptp(small))


def find_photo_ink(grey, background, *, least, largest, around):
    """Find the ink of an image of any size.

    Parameters
    ----------
    grey : ndarray of shape (height, width), float32
    background : {"auto", "dark", "light"}
    least : float
        By what ink differs from paper at least.
    largest : int
        Longer side to which a larger image is made smaller first, in pixels.
    around : float
        Of the longer side: where most is paper around any pixel.

    Returns
    -------
    ink : Ink or None
        None where there is none.
    scale : float
        Pixels of `grey` for one of the ink's.
    """
    if max(grey.shape) <= SMALL:
        return find_ink(grey, background, max(grey.shape) // 2, least=least), 1.0
    scale = max(1.0, max(grey.shape) / largest)
    if scale > 1:
        grey = resize(grey, 1 / scale)
    light = _paper_around(grey, around)
    grey = grey * np.clip(light.mean() / np.maximum(light, 1e-6), 1 / GAIN, GAIN)
    if background == "auto":
        background = "dark" if has_dark_background(grey) else "light"
    # Paper's light is followed the more closely, the narrower strokes may be.
    broadest = max(TINY, int(min(grey.shape) * BROADEST_STROKE))
    ink = find_ink(grey, background, broadest, least=least)
    while ink is None and broadest > TINY:
        broadest //= 2
        ink = find_ink(grey, background, broadest, least=least)
    if ink is None:
        return None, scale
    width = _stroke_width(ink.sure)
    if BROADER * width < broadest:
        ink = find_ink(grey, background, int(BROADER * width) + 1, least=least) or ink
    return _without_thin_lines(ink, width), scale


def _paper_around(grey, around):
    """Give the shade that most of the surroundings of each pixel have."""
    small = resize(grey, min(1.0, OVERVIEW / max(grey.shape)))
    low, high = float(small.min()), float(small.max())
    levels = ((small - low) * (255 / max(high - low, 1e-6))).astype(np.uint8)
    shades = cv2.medianBlur(levels, int(max(levels.shape) * around) | 1)
    shades = low + cv2.blur(shades, (9, 9)).astype(np.float32) * ((high - low) / 255)
    return cv2.resize(shades, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _stroke_width(strokes):
    """Give the width of most strokes, in pixels."""
    distances = cv2.distanceTransform(strokes.astype(np.uint8), cv2.DIST_L2, 5)
    peaks = distances == cv2.dilate(distances, np.ones((3, 3), np.uint8))
    return 2 * float(np.quantile(distances[peaks & strokes], 0.9))


def _without_thin_lines(ink, width):
    """Take away the paper's lines, where they are thinner than the strokes."""
    size = int(width * THIN)
    if size < 2:
        return ink
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    strokes = (ink.amount > FAINT * ink.full).astype(np.uint8)
    strokes = cv2.morphologyEx(strokes, cv2.MORPH_OPEN, brush)
    strokes = cv2.dilate(strokes, np.ones((3, 3), np.uint8)) > 0
    return Ink(ink.amount * strokes, ink.full, ink.sure & strokes)


def resize(image, factor, at_most=None):
    """Scale both sides of an image by a factor, each to one pixel at least."""
    height, width = (max(1, round(side * factor)) for side in image.shape)
    if at_most is not None:
        height, width = min(height, at_most), min(width, at_most)
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LANCZOS4
    return cv2.resize(image, (width, height), interpolation=method)
