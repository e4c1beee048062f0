"""Ink on photos of any size: in uneven light, and on ruled or squared paper."""

from dataclasses import dataclass

import numpy as np

from .._images.opencv import cv2
from .ink import INK, Ink, as_grey, find_ink, has_dark_background


@dataclass(frozen=True)
class PhotoSettings:
    """Settings of `is_unevenly_lit` and `find_photo_ink`."""

    min_side_px: int = 64  # smaller images have no uneven light and no ruled lines
    min_contrast_levels: int = 6  # between ink and paper, of 256 grey levels
    lighting_side_px: int = 240  # enough to see where light falls
    parts_of_side: int = 6  # the image is divided into parts; those at its rim count
    uneven_contrast: float = 0.1  # of the image's range: larger differences of shade
    max_gain: float = 5  # limit of the factor by which dark parts are brightened
    max_stroke_width: float = 1 / 4  # of the shorter side, before strokes are known
    paper_width: float = 6  # times the stroke width, once strokes are known
    ruling_width: float = 0.5  # thinner lines are ruling, of the stroke width


PHOTO = PhotoSettings()


def as_photo(image):
    """Return the `grey` and the `min_contrast` of an image for `find_photo_ink`."""
    is_bytes = image.dtype == np.uint8
    return as_grey(image), PHOTO.min_contrast_levels if is_bytes else 0


def is_unevenly_lit(grey, contrast=PHOTO.uneven_contrast):
    """Whether the shade of the paper changes over an image; False for small images.

    `contrast` is a fraction of the image's range: smaller differences do not count.
    """
    if max(grey.shape) <= PHOTO.min_side_px:
        return False
    small = shrink(grey, PHOTO.lighting_side_px)
    height, width = small.shape
    down, across = (max(1, side // PHOTO.parts_of_side) for side in small.shape)
    shades = [
        np.median(small[y : y + down, x : x + across])
        for y in range(0, height - down + 1, down)
        for x in range(0, width - across + 1, across)
        if y < down or x < across or y + 2 * down > height or x + 2 * across > width
    ]
    low, high = np.quantile(shades, [0.2, 0.8])
    return bool(high - low > contrast * np.ptp(small))


def find_photo_ink(grey, background, *, min_contrast, max_side, window):
    """Find the ink of an image of any size, without the ruling of the paper.

    The parameters and results are those of `find_ruled_ink`, but the stroke width.
    """
    ink, scale, stroke_width = find_ruled_ink(
        grey, background, min_contrast=min_contrast, max_side=max_side, window=window
    )
    return without_ruling(ink, stroke_width), scale


def find_ruled_ink(
    grey, background, *, min_contrast, max_side, window, stroke_width=np.inf
):
    """Find the ink of an image of any size.

    Parameters
    ----------
    grey : ndarray of shape (height, width), float32
    background : {"auto", "dark", "light"}
    min_contrast : float
        Smallest difference between ink and paper.
    max_side : int
        Longer side to which a larger image is reduced first, in pixels.
    window : float or None
        Side of a square around any pixel that is mostly paper, as a fraction of the
        longer side. None for images in even light.
    stroke_width : float
        Largest width of most strokes, in pixels of `grey`.

    Returns
    -------
    ink : Ink or None
        None if the image is blank.
    scale : float
        Pixels of `grey` for each pixel of the ink.
    stroke_width : float
        In pixels of the ink; 0 for blank and small images.
    """

    def search(max_width):
        return find_ink(grey, background, max_width, min_contrast=min_contrast)

    if max(grey.shape) <= PHOTO.min_side_px:
        return search(max(grey.shape) // 2), 1.0, 0.0
    scale = max(1.0, max(grey.shape) / max_side)
    if scale > 1:
        grey = resize(grey, 1 / scale)
    if window is not None:
        light = _shade_of_paper(grey, window)
        gain = light.mean() / np.maximum(light, 1e-6)
        grey = grey * np.clip(gain, 1 / PHOTO.max_gain, PHOTO.max_gain)
    if background == "auto":
        background = "dark" if has_dark_background(grey) else "light"
    # A smaller width tracks the lighting better; start wide, then halve it.
    widest = min(
        min(grey.shape) * PHOTO.max_stroke_width,
        PHOTO.paper_width * stroke_width / scale + 1,
    )
    max_width = max(INK.noisy_side_px, int(widest))
    ink = search(max_width)
    while ink is None and max_width > INK.noisy_side_px:
        max_width //= 2
        ink = search(max_width)
    if ink is None:
        return None, scale, 0.0
    stroke_width = _stroke_width(ink.sure)
    if PHOTO.paper_width * stroke_width < max_width:
        ink = search(int(PHOTO.paper_width * stroke_width) + 1) or ink
    return ink, scale, stroke_width


def _shade_of_paper(grey, window):
    """Compute the shade of most pixels in the window around each pixel."""
    small = shrink(grey, PHOTO.lighting_side_px)
    low, high = float(small.min()), float(small.max())
    levels = ((small - low) * (255 / max(high - low, 1e-6))).astype(np.uint8)
    shades = cv2.medianBlur(levels, int(max(levels.shape) * window) | 1)
    shades = low + cv2.blur(shades, (9, 9)).astype(np.float32) * ((high - low) / 255)
    return cv2.resize(shades, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _stroke_width(strokes):
    """Estimate the width of most strokes, in pixels."""
    distances = cv2.distanceTransform(strokes.astype(np.uint8), cv2.DIST_L2, 5)
    peaks = distances == cv2.dilate(distances, np.ones((3, 3), np.uint8))
    return 2 * float(np.quantile(distances[peaks & strokes], 0.9))


def without_ruling(ink, stroke_width):
    """Remove the ruling of the paper where it is thinner than the strokes."""
    size = int(stroke_width * PHOTO.ruling_width)
    if size < 2:
        return ink
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    strokes = (ink.amount > INK.faint_amount * ink.full).astype(np.uint8)
    strokes = cv2.morphologyEx(strokes, cv2.MORPH_OPEN, brush)
    strokes = cv2.dilate(strokes, np.ones((3, 3), np.uint8)) > 0
    return Ink(ink.amount * strokes, ink.full, ink.sure & strokes)


def shrink(image, max_side):
    """Reduce an image whose longer side has more than `max_side` pixels."""
    return resize(image, min(1.0, max_side / max(image.shape)))


def resize(image, factor, max_side=None):
    """Scale both sides of an image by a factor, each to one pixel or more."""
    height, width = (max(1, round(side * factor)) for side in image.shape)
    if max_side is not None:
        height, width = min(height, max_side), min(width, max_side)
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LANCZOS4
    return cv2.resize(image, (width, height), interpolation=method)
