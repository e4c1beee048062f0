"""Forms: the ruled lines, boxes and grids that digits are written in."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._images.opencv import cv2
from .ink import Ink, find_strokes
from .photo import shrink

SQUARE = np.ones((3, 3), np.uint8)


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
    min_grid_side: float = 0.25  # of a grid whose cells all touch digits; of the image
    grid_line: float = 1 / 3  # length of a line of such a grid, of the grid's side
    min_grid_lines: int = 3  # of such a grid, in each of both directions
    max_line_width: float = 0.2  # of the length of a line of such a grid
    free_line: float = 2.5  # length of any other line, in heights of a digit
    max_gap: float = 0.25  # between the dots of a line, in heights of a digit
    crossing: float = 2.5  # longer runs across a line are strokes, in its widths
    max_slope: float = 0.03  # between lines; 1 is 45 degrees
    max_skew_degrees: float = 20  # of all lines
    min_skew_degrees: float = 0.5  # less is ignored
    skew_side_px: int = 600  # enough to see the skew
    skew_line: float = 0.12  # length of a line that shows the skew, of the longer side


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
    """Remove the lines of a form, which may cross the digits.

    Lines lie along two directions at a right angle, roughly those of the image.
    """
    mask = (strokes.labels > 0).astype(np.uint8)
    frames, lengths, skew = _find_frames(mask, strokes)
    cells = []
    if len(frames):
        framed = np.isin(strokes.labels, frames).astype(np.uint8)
        ink, found = _without_lines(ink, framed, lengths, 1, skew)
        cells.append(found)
        strokes = find_strokes(ink)
        mask = (strokes.labels > 0).astype(np.uint8)
    unit = digit_height(strokes)
    lengths, gap = np.full(2, FORM.free_line * unit), int(FORM.max_gap * unit)
    ink, found = _without_lines(ink, mask, lengths, gap, skew)
    return Form(ink, np.concatenate([*cells, found]))


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


def _find_frames(mask, strokes):
    """Find the pieces of ink that are boxes or grids around digits.

    Returns
    -------
    frames : ndarray of int
        Their numbers.
    lengths : ndarray of shape (2,)
        Length of their lines along x and along y, in pixels.
    skew : float
        Slope of the lines of the page, in degrees.
    """
    cells, frames, skews = _find_cells(mask, strokes)
    if len(frames):
        sides = np.median(strokes.boxes[frames, 2:], axis=0)
        is_frame = np.zeros(len(strokes.boxes), bool)
        if (sides < FORM.max_ratio * np.median(cells, axis=0)).all():
            # Boxes whose digits touch them have no digit inside, but their size.
            is_frame = (strokes.boxes[:, 2:] > sides / FORM.max_empty_ratio).all(axis=1)
        is_frame[frames], is_frame[0] = True, False  # 0 is the paper
        lengths = np.minimum(
            FORM.box_line * sides, FORM.cell_line * np.median(cells, axis=0)
        )
        return np.flatnonzero(is_frame), lengths, float(np.median(skews))
    skew = _skew_of_lines(mask)
    shape = np.array(mask.shape[::-1])
    is_large = (strokes.boxes[:, 2:] > FORM.min_grid_side * shape).all(axis=1)
    is_large[0] = False
    for frame in np.flatnonzero(is_large):
        lengths = FORM.grid_line * strokes.boxes[frame, 2:]
        turned = _turn((strokes.labels == frame).astype(np.uint8), skew)[0]
        lines = [_find_lines(turned, int(lengths[axis]), axis, 1) for axis in (0, 1)]
        if min(map(_count_lines, lines)) >= FORM.min_grid_lines:
            return np.array([frame]), lengths, skew
    return np.array([], int), np.zeros(2), skew


def _count_lines(mask):
    """Count the pieces of a mask that are thin."""
    sides = cv2.connectedComponentsWithStats(mask)[2][1:, [2, 3]]
    return np.count_nonzero(sides.min(axis=1) < FORM.max_line_width * sides.max(axis=1))


def _find_cells(mask, strokes):
    """Find rectangular holes in the ink, most of them with other ink inside.

    Returns
    -------
    sides : ndarray of shape (n_cells, 2)
        Width and height.
    frames : ndarray of shape (n_cells,)
        Number of the piece of ink around each cell.
    skews : ndarray of shape (n_cells,)
        In degrees.
    """
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
    cells, is_filled = [], []
    for contour, (_, _, child, parent) in zip(contours, hierarchy[0], strict=True):
        frame = strokes.labels[tuple(contour[0, 0, ::-1])]
        _, _, width, height = cv2.boundingRect(contour)
        # Contours of holes have a parent, and run on the ink around the hole.
        if parent < 0 or frame == 0 or min(width, height) < FORM.min_cell_side_px:
            continue
        _, sides, angle = cv2.minAreaRect(contour)
        if cv2.contourArea(contour) < FORM.min_rectangle * sides[0] * sides[1]:
            continue
        content = 0
        while child >= 0:
            content = max(content, cv2.boundingRect(contours[child])[3])
            child = hierarchy[0, child, 0]
        cells.append((width, height, frame, _fold(angle)))
        is_filled.append(content > FORM.min_content * height)
    cells = np.array(cells, float).reshape(-1, 4)
    if any(is_filled):
        ratios = cells[:, :2] / np.median(cells[is_filled, :2], axis=0)
        ratios = np.maximum(ratios, 1 / ratios).max(axis=1)
        is_filled = ratios < np.where(is_filled, FORM.max_ratio, FORM.max_empty_ratio)
    cells = cells[is_filled]
    return cells[:, :2], cells[:, 2].astype(int), cells[:, 3]


def _skew_of_lines(mask):
    """Estimate the slope of long lines, in degrees; 0 without any."""
    small = shrink(mask * np.uint8(255), FORM.skew_side_px)
    length = int(FORM.skew_line * max(small.shape))
    lines = cv2.HoughLinesP(
        (small > 64).astype(np.uint8),
        1,
        np.pi / 720,
        length // 2,
        minLineLength=length,
        maxLineGap=length // 10,
    )
    if lines is None:
        return 0.0
    x, y = (lines.reshape(-1, 2, 2)[:, 1] - lines.reshape(-1, 2, 2)[:, 0]).T
    return float(np.median(_fold(np.degrees(np.arctan2(y, x)))))


def _fold(degrees):
    """Reduce an angle to that from the nearest axis, in [-45, 45)."""
    return (degrees + 45) % 90 - 45


def _without_lines(ink, mask, lengths, gap, skew):
    """Remove the lines of given lengths along x and y, in pixels, from a mask.

    Returns
    -------
    ink : Ink
    cells : ndarray of shape (n_cells, 4), int32
        Left, top, width and height of the cells between the lines.
    """
    mask = mask.astype(np.uint8)
    turned, matrix = _turn(mask, skew)
    lines = [_find_lines(turned, int(lengths[axis]), axis, gap) for axis in (0, 1)]
    removed = np.zeros(turned.shape, np.uint8)
    for axis, line in enumerate(lines):
        found = line & turned
        if not found.any():
            continue
        run = int(FORM.crossing * _line_width(found, axis)) + 1
        across = _runs(turned, run, 1 - axis)
        removed |= found & ((1 - across) | lines[1 - axis])
    if not removed.any():
        return ink, np.empty((0, 4), np.int32)
    cells = _holes(lines[0] | lines[1])
    if matrix is not None:
        removed = cv2.warpAffine(
            removed, matrix, mask.shape[::-1], flags=cv2.WARP_INVERSE_MAP
        )
        removed = cv2.dilate(removed, SQUARE) & mask
        middles = cells[:, :2] + cells[:, 2:] / 2
        back = cv2.invertAffineTransform(matrix)
        middles = middles @ back[:, :2].T + back[:, 2]
        cells[:, :2] = middles - cells[:, 2:] / 2
    soft = cv2.dilate(removed, SQUARE)  # lines have soft edges
    removed = (soft > 0) & ((mask == 0) | (removed > 0))
    amount = np.where(removed, np.float32(0), ink.amount)
    return Ink(amount, ink.full, ink.sure & ~removed), cells


def _turn(mask, skew):
    """Turn a mask so that lines of this skew lie along the axes.

    Returns
    -------
    turned : ndarray of shape (height, width), uint8
    matrix : ndarray of shape (2, 3) or None
        From pixels of `mask` to those of the result. None if they are equal.
    """
    if not FORM.min_skew_degrees < abs(skew) < FORM.max_skew_degrees:
        return mask, None
    height, width = mask.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1)
    sine, cosine = abs(matrix[0, 1]), abs(matrix[0, 0])
    size = int(height * sine + width * cosine), int(height * cosine + width * sine)
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    return cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_NEAREST), matrix


def _find_lines(mask, length, axis, gap):
    """Find straight lines along an axis, and close their gaps; axis 0 is horizontal."""
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _kernel(max(gap, 1), axis))
    slack = 2 * int(np.ceil(length * FORM.max_slope / 2)) + 1
    wide = cv2.dilate(joined, _kernel(slack, 1 - axis))
    return _runs(wide, max(length, 3), axis) & joined


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


def _holes(lines):
    """Return left, top, width and height of the rectangles between lines."""
    lines = cv2.morphologyEx(lines, cv2.MORPH_CLOSE, SQUARE)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(1 - lines, connectivity=4)
    boxes, areas = stats[:, :4], stats[:, cv2.CC_STAT_AREA]
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    is_cell = areas > FORM.min_rectangle * boxes[:, 2] * boxes[:, 3]
    is_cell &= boxes[:, 2:].min(axis=1) >= FORM.min_cell_side_px
    is_cell[[0, *np.unique(rim)]] = False
    return boxes[is_cell]


def _kernel(length, axis):
    return np.ones((1, length) if axis == 0 else (length, 1), np.uint8)
