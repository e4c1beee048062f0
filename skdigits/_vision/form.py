"""Forms: the ruled lines, boxes and grids that digits are written in."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._images.opencv import cv2
from .ink import Ink, find_strokes


@dataclass(frozen=True)
class FormSettings:
    """Settings of `remove_form`."""

    # Pieces with this fraction of a typical digit's ink determine the digits' height.
    min_digit_ink: float = 0.3
    min_cell_side_px: int = 8
    min_rectangle: float = 0.86  # fraction of a rectangle that a cell fills; a 0: 0.79
    max_ratio: float = 2  # between the sides of a cell and those of most cells
    max_empty_ratio: float = 1.2  # the same for empty cells, which may be holes of a 0
    min_content: float = 0.25  # height of the ink in a cell, of the cell's height
    cell_line: float = 1.5  # length of a line of a grid, in sides of a cell
    box_line: float = 0.75  # length of a line of a box, of the box's side
    free_line: float = 2.5  # length of any other line, in heights of a digit
    max_gap: float = 0.25  # between the dots of a line, in heights of a digit
    max_slope: float = 0.03  # of lines; 1 is 45 degrees
    crossing: float = 2.5  # longer runs across a line are strokes, in its widths


FORM = FormSettings()


class Form(NamedTuple):
    """Ink without the lines of a form, and the cells of the form.

    Attributes
    ----------
    ink : Ink
    cells : ndarray of shape (n_cells, 4), int32
        Left, top, width and height, in pixels.
    """

    ink: Ink
    cells: NDArray[np.int32]


def remove_form(ink, strokes):
    """Remove the lines of a form, which may cross the digits."""
    mask = (strokes.labels > 0).astype(np.uint8)
    cells, frames = _find_cells(mask, strokes)
    if len(cells):
        framed = np.isin(strokes.labels, frames).astype(np.uint8)
        frame_sides, cell_sides = strokes.boxes[frames, 2:], cells[:, 2:]
        lengths = np.minimum(
            FORM.box_line * np.median(frame_sides, axis=0),
            FORM.cell_line * np.median(cell_sides, axis=0),
        )
        ink = _without_lines(ink, framed, lengths)
        strokes = find_strokes(ink)
        mask = (strokes.labels > 0).astype(np.uint8)
    unit = digit_height(strokes)
    ink = _without_lines(
        ink, mask, [FORM.free_line * unit] * 2, gap=int(FORM.max_gap * unit)
    )
    return Form(ink, cells)


def digit_height(strokes):
    """Compute the height of a typical digit, in pixels; 0 without ink."""
    masses = strokes.masses
    if not masses.any():
        return 0.0
    # The ink of a typical digit: the median of the pieces, weighted by ink.
    order = np.sort(masses[masses > 0])
    typical = order[np.searchsorted(order.cumsum(), order.sum() / 2)]
    is_large = masses > FORM.min_digit_ink * typical
    return float(np.median(strokes.boxes[is_large, 3]))


def _find_cells(mask, strokes):
    """Find rectangular holes in the ink, most of them with other ink inside.

    Returns
    -------
    cells : ndarray of shape (n_cells, 4)
        Left, top, width and height.
    frames : ndarray of shape (n_cells,)
        Number of the piece of ink around each cell.
    """
    contours, hierarchy = cv2.findContours(
        mask, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE
    )
    cells, frames, is_filled = [], [], []
    for contour, (_, _, child, parent) in zip(contours, hierarchy[0], strict=True):
        frame = strokes.labels[tuple(contour[0, 0, ::-1])]
        box = cv2.boundingRect(contour)
        # Contours of holes have a parent, and run on the ink around the hole.
        if parent < 0 or frame == 0 or min(box[2:]) < FORM.min_cell_side_px:
            continue
        _, sides, _ = cv2.minAreaRect(contour)
        if cv2.contourArea(contour) < FORM.min_rectangle * sides[0] * sides[1]:
            continue
        content = 0
        while child >= 0:
            content = max(content, cv2.boundingRect(contours[child])[3])
            child = hierarchy[0, child, 0]
        cells.append(box)
        frames.append(frame)
        is_filled.append(content > FORM.min_content * box[3])
    cells, frames = np.array(cells, np.int32).reshape(-1, 4), np.array(frames, int)
    if any(is_filled):
        ratios = cells[:, 2:] / np.median(cells[is_filled, 2:], axis=0)
        ratios = np.maximum(ratios, 1 / ratios).max(axis=1)
        is_filled = ratios < np.where(is_filled, FORM.max_ratio, FORM.max_empty_ratio)
    return cells[is_filled], frames[is_filled]


def _without_lines(ink, mask, lengths, gap=1):
    """Remove horizontal and vertical lines of given lengths, in pixels, from a mask."""
    lines = [_find_lines(mask, int(length), axis, gap) for axis, length in enumerate(lengths)]
    removed = np.zeros(mask.shape, bool)
    for axis, line in enumerate(lines):
        if not line.any():
            continue
        width = _line_width(line, axis)
        run = int(FORM.crossing * width) + 1
        across = _runs(mask, run, 1 - axis)
        removed |= (line > 0) & ((across == 0) | (lines[1 - axis] > 0))
    soft = cv2.dilate(removed.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    kept = (mask > 0) & ~removed
    removed = soft & ~kept
    return Ink(np.where(removed, np.float32(0), ink.amount), ink.full, ink.sure & ~removed)


def _find_lines(mask, length, axis, gap):
    """Find straight lines along an axis, 0 for horizontal ones, in a mask."""
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _kernel(max(gap, 1), axis))
    slack = 2 * int(np.ceil(length * FORM.max_slope / 2)) + 1
    joined = cv2.dilate(joined, _kernel(slack, 1 - axis))
    return _runs(joined, max(length, 3), axis) & mask


def _runs(mask, length, axis):
    """Return the pixels of runs of a given length along an axis."""
    # A border of 0: by default, a run continues behind the image.
    return cv2.morphologyEx(
        mask,
        cv2.MORPH_OPEN,
        _kernel(length, axis),
        borderType=cv2.BORDER_CONSTANT,
        borderValue=0,
    )


def _line_width(line, axis):
    """Compute the width of most lines, in pixels: the runs across them."""
    across = line.T if axis == 0 else line
    ends = np.diff(across.astype(np.int8), axis=1, prepend=0, append=0)
    runs = np.flatnonzero(ends.ravel() < 0) - np.flatnonzero(ends.ravel() > 0)
    return float(np.median(runs))


def _kernel(length, axis):
    return np.ones((1, length) if axis == 0 else (length, 1), np.uint8)
