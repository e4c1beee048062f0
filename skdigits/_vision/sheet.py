"""The sheet of paper or the board on a photo, and what lies around it."""

from dataclasses import dataclass

import numpy as np

from .._images.opencv import cv2
from .photo import shrink

SQUARE = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class SheetSettings:
    """Settings of `isolate_sheet`. Areas are fractions of the whole image."""

    overview_side_px: int = 240  # enough to see the edges of a sheet
    max_stroke_width: float = 1 / 8  # of the shorter side; broader areas are not ink
    # Light changes slowly, so an edge is a large difference between neighbours.
    edge_contrast: float = 0.15  # of the lighter side
    edge_range: float = 0.05  # of the image's range, for noise in dark areas
    edge_width_px: int = 2  # of the overview: pixels that show both sides of an edge
    min_area: float = 0.08  # smaller areas are not sheets
    min_rim: float = 0.04  # of the shorter side: contact with the border of the image
    max_ink: float = 0.5  # fraction of a sheet; with more, the gaps between digits
    min_contrast: float = 0.25  # of the lighter of the sheet and its surroundings
    max_outside: float = 0.5  # larger surroundings only around a rectangular sheet
    min_rectangle: float = 0.8  # fraction of a rectangle that such a sheet fills


SHEET = SheetSettings()


def isolate_sheet(grey, background):
    """Crop a photo to its sheet, and paint the surroundings of the sheet as paper.

    Parameters
    ----------
    grey : ndarray of shape (height, width), float32
    background : {"auto", "dark", "light"}

    Returns
    -------
    grey : ndarray of shape (height, width), float32
    corner : ndarray of shape (2,)
        Left and top of the crop, in pixels.
    background : {"auto", "dark", "light"}
        Whether the sheet is dark or light; unchanged if the sheet fills the image.
    """
    kinds = ["light", "dark"] if background == "auto" else [background]
    small = shrink(grey, SHEET.overview_side_px)
    small = cv2.medianBlur(small - min(0, small.min()), 3)
    found = [(*_find_sheet(small, kind), kind) for kind in kinds]
    ink, outside, paper, kind = max(found, key=lambda sheet: sheet[0])
    if ink <= 0:
        return grey, np.zeros(2), background
    scales = np.array(grey.shape) / small.shape
    rows, columns = np.flatnonzero(~outside.all(1)), np.flatnonzero(~outside.all(0))
    top, left = (np.array([rows[0], columns[0]]) * scales).astype(int)
    bottom, right = (np.array([rows[-1] + 1, columns[-1] + 1]) * scales).astype(int)
    part = np.s_[top:bottom, left:right]
    size = grey.shape[::-1]
    outside = cv2.resize(outside.astype(np.uint8), size) > 0
    paper = cv2.resize(paper, size) + min(0, grey.min())
    return np.where(outside, paper, grey)[part], np.array([left, top]), kind


def _find_sheet(small, background):
    """Find the sheet in an overview of the photo.

    Returns
    -------
    ink : float
        Contrast of the ink on the sheet, summed over its pixels. 0 if the sheet fills
        the image, or nothing looks like a sheet.
    outside : ndarray of shape (height, width), bool
        The surroundings of the sheet.
    paper : ndarray of shape (height, width), float32
        The shade of the sheet, continued over its surroundings.
    """
    is_light = background == "light"
    flat = _without_strokes(small, cv2.MORPH_CLOSE if is_light else cv2.MORPH_OPEN)
    contrast = max(float(np.ptp(small)), 1e-6)
    edges = cv2.morphologyEx(flat, cv2.MORPH_GRADIENT, SQUARE)
    lighter = cv2.dilate(flat, SQUARE)
    is_smooth = edges <= np.maximum(
        SHEET.edge_contrast * lighter, SHEET.edge_range * contrast
    )
    n, areas, stats, _ = _components(is_smooth)
    sizes = stats[:, cv2.CC_STAT_AREA]
    large = [i for i in range(1, n) if sizes[i] > SHEET.min_area * small.size]
    nothing = np.zeros(small.shape, bool)
    if not large:
        return 0.0, nothing, flat
    extreme = float(flat.min() if is_light else flat.max())
    sheet = areas == max(
        large, key=lambda i: sizes[i] * abs(np.median(flat[areas == i]) - extreme)
    )
    paper = _continue(flat, sheet)
    reach = np.ones([2 * SHEET.edge_width_px + 1] * 2, np.uint8)
    n, others, _, _ = _components(~sheet)
    outside = nothing.copy()
    for i in range(1, n):
        other = others == i
        sides = other[0], other[-1], other[:, 0], other[:, -1]
        rim = max(np.count_nonzero(side) for side in sides)
        difference = (paper - flat if is_light else flat - paper)[other]
        lighter = np.maximum(paper, flat)[other]
        if (
            rim > SHEET.min_rim * min(small.shape)
            and np.median(difference / np.maximum(lighter, 1e-6)) > SHEET.min_contrast
        ):
            outside |= other
    outside = cv2.dilate(outside.astype(np.uint8), reach) > 0
    if not outside.any() or (
        outside.mean() > SHEET.max_outside and not _is_rectangular(~outside)
    ):
        return 0.0, outside, paper
    ink = np.abs(flat - small)[sheet & ~outside]
    is_ink = ink > SHEET.edge_contrast * np.maximum(flat, small)[sheet & ~outside]
    if is_ink.mean() > SHEET.max_ink:
        return 0.0, outside, paper
    return float(ink[is_ink].sum()), outside, paper


def _is_rectangular(mask):
    points = np.argwhere(mask).astype(np.float32)
    _, (height, width), _ = cv2.minAreaRect(points)
    return len(points) > SHEET.min_rectangle * height * width


def _components(mask):
    return cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)


def _without_strokes(small, operation):
    """Replace strokes by paper, but keep areas at the border."""
    side = max(3, int(min(small.shape) * SHEET.max_stroke_width)) | 1
    wide = cv2.copyMakeBorder(small, *[side] * 4, cv2.BORDER_REPLICATE)
    wide = cv2.morphologyEx(wide, operation, np.ones((side, side), np.uint8))
    return np.ascontiguousarray(wide[side:-side, side:-side])


def _continue(flat, sheet):
    """Continue the shade of the sheet: each pixel gets that of the nearest one."""
    _, nearest = cv2.distanceTransformWithLabels(
        1 - sheet.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    shades = np.zeros(nearest.max() + 1, np.float32)
    shades[nearest[sheet]] = flat[sheet]
    return cv2.blur(shades[nearest], (5, 5))
