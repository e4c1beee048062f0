"""Pages: which pieces of ink make a digit, and the order in which digits are read."""

import itertools
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from .form import digit_height, remove_form
from .ink import find_strokes
from .photo import as_photo, find_ruled_ink, is_unevenly_lit, without_ruling
from .sheet import isolate_sheet


@dataclass(frozen=True)
class PageSettings:
    """Settings of `find_groups` and `cut_out`. Lengths are in heights of a digit."""

    # A page is reduced as far as its digits allow: the grain of a pencil and the lines
    # of squared paper fade, while strokes stay.
    page_sides_px: tuple[int, ...] = (200, 300, 450, 675, 1050, 1600, 2400)
    min_digit_height_px: int = (
        48  # digits as high lose nothing on the way to MNIST's 20
    )
    # Higher digits may be many small ones that touch each other in a reduced image. If
    # the next size has so many more digits, they are.
    max_sure_height: float = 0.15  # of the longer side
    max_more_digits: float = 2
    max_drawing_contrast: float = 0.02  # between parts of the paper, of the range
    page_window: float = 1 / 4  # of the longer side: mostly paper around each pixel
    crop_margin: float = 0.2  # black around a digit, of its longer side
    min_piece_side: float = 0.15  # smaller pieces are specks
    max_piece_side: float = 2.5  # broader or higher pieces are lines or frames
    max_small_side: float = 0.55  # small pieces may belong to a digit next to them
    max_part_side: float = 0.8  # pieces up to here may belong to a digit they overlap
    max_gap: float = 0.25  # between the pieces of one digit
    max_digit_height: float = 1.5  # of joined pieces
    max_part_height: float = 1.1  # of a part and its digit, of the higher of the two
    min_overlap: float = 0.5  # of pieces one above the other, of the narrower's width
    line_distance: float = 0.5  # digits that are closer in height stand on one line
    min_in_cells: float = 0.8  # fraction of the digits; with more, cells make the lines


PAGE = PageSettings()


def find_groups(image, background):
    """Find the ink of a page, and the pieces of ink that form each digit.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, channels)
    background : {"auto", "dark", "light"}

    Returns
    -------
    ink : Ink or None
        None if the image is blank.
    strokes : Strokes or None
    scale : float
        Pixels of `image` for each pixel of the ink.
    corner : ndarray of shape (2,)
        Left and top of the ink, in pixels of `image`.
    groups : list of list of int
        The pieces of each digit, in reading order.
    lines : list of int
        The line of each digit, from 0.
    """
    grey, min_contrast = as_photo(image)
    grey, corner, background = isolate_sheet(grey, background)
    is_drawing = not is_unevenly_lit(grey, PAGE.max_drawing_contrast)
    window = None if is_drawing else PAGE.page_window
    stroke_width = np.inf  # in pixels of `grey`
    doubtful = None
    for side in PAGE.page_sides_px:
        ink, scale, width = find_ruled_ink(
            grey,
            background,
            min_contrast=min_contrast,
            max_side=side,
            window=window,
            stroke_width=stroke_width,
        )
        strokes, groups, lines = None, [], []
        if ink is not None:
            stroke_width = width * scale or stroke_width
            form = remove_form(ink, find_strokes(ink))
            ink = without_ruling(form.ink, width)
            strokes = find_strokes(ink)
            groups, lines = group_pieces(strokes, form.cells)
        if doubtful and len(groups) <= PAGE.max_more_digits * len(doubtful[4]):
            return doubtful
        found = ink, strokes, scale, corner, groups, lines
        height = _median_height(strokes, groups) if groups else 0
        is_sure = height <= PAGE.max_sure_height * max(grey.shape) / scale
        is_high = height >= PAGE.min_digit_height_px
        if scale == 1 or (is_high and is_sure):
            break
        doubtful = found if is_high else None
    return found


def _median_height(strokes, groups):
    """Compute the median height of the digits, in pixels."""
    tops, heights = strokes.boxes[:, 1], strokes.boxes[:, 3]
    bottoms = tops + heights
    return np.median([bottoms[g].max() - tops[g].min() for g in groups])


def group_pieces(strokes, cells):
    """Return the groups and lines of `find_groups` without specks and frames."""
    masses = strokes.masses
    if not masses.any():
        return [], []
    left, top, width, height = strokes.boxes.T.astype(float)
    unit = digit_height(strokes)
    shortest, longest = PAGE.min_piece_side * unit, PAGE.max_piece_side * unit
    fits = (height > shortest) | (width > shortest)
    fits &= (width < longest) & (height < longest) & (masses > 0)
    corners = np.stack([left, top, left + width, top + height], axis=1)
    chosen = np.flatnonzero(fits).tolist()
    boxes = dict(zip(chosen, corners[fits].tolist(), strict=True))
    groups = {i: [i] for i in chosen}
    index = _Index(boxes, unit)
    while _merge_some(boxes, groups, index, unit):
        pass
    digits = [
        (box, groups[i])
        for i, box in boxes.items()
        if box[3] - box[1] > PAGE.max_small_side * unit
    ]
    return _in_reading_order(digits, cells, unit)


class _Index:
    """Grid that finds the pieces near a box without a search over all of them.

    `boxes` has left, top, right and bottom of each piece, `size` is the side of a cell.
    """

    def __init__(self, boxes, size):
        self._size = size
        self._pieces = defaultdict(set)
        for piece, box in boxes.items():
            self.add(piece, box)

    def add(self, piece, box):
        for cell in self._cells(box):
            self._pieces[cell].add(piece)

    def remove(self, piece, box):
        for cell in self._cells(box):
            self._pieces[cell].remove(piece)

    def near(self, box, gap):
        """Return the numbers of all pieces that may be within `gap` of a box."""
        wide = [box[0] - gap, box[1] - gap, box[2] + gap, box[3] + gap]
        empty = set()
        return set().union(*(self._pieces.get(c, empty) for c in self._cells(wide)))

    def _cells(self, box):
        left, top, right, bottom = (int(side // self._size) for side in box)
        return itertools.product(range(left, right + 1), range(top, bottom + 1))


def _merge_some(boxes, groups, index, unit):
    """Join pieces that make one digit. Return whether there were any."""
    before = len(boxes)
    for a in list(boxes):
        last = a if a in boxes else None
        while last is not None:
            last = _merge_next(a, last, boxes, groups, index, unit)
    return len(boxes) < before


def _merge_next(a, last, boxes, groups, index, unit):
    """Join `a` and the first piece after `last` that belongs to it.

    Return the number of that piece, or None if `a` is complete.
    """
    for b in sorted(b for b in index.near(boxes[a], PAGE.max_gap * unit) if b > last):
        if _belong_together(boxes[a], boxes[b], unit):
            first, second = boxes[a], boxes.pop(b)
            index.remove(b, second)
            boxes[a] = [*map(min, first[:2], second), *map(max, first[2:], second[2:])]
            index.add(a, boxes[a])
            groups[a] += groups.pop(b)
            return b
    return None


def _belong_together(a, b, unit):
    """Whether one piece is above the other, or one is small and near the other."""
    # Lengths of the overlap; negative for gaps.
    across = min(a[2], b[2]) - max(a[0], b[0])
    down = min(a[3], b[3]) - max(a[1], b[1])
    narrower = min(a[2] - a[0], b[2] - b[0])
    joined = max(a[3], b[3]) - min(a[1], b[1])
    smaller = min(max(c[2] - c[0], c[3] - c[1]) for c in (a, b))
    taller = max(a[3] - a[1], b[3] - b[1])
    is_part = (
        smaller < PAGE.max_part_side * unit and joined < PAGE.max_part_height * taller
    )
    if joined > PAGE.max_digit_height * unit and not is_part:
        return False
    if down < -PAGE.max_gap * unit:
        return False
    if across > PAGE.min_overlap * narrower:
        return True
    if smaller < PAGE.max_small_side * unit:
        return across > -PAGE.max_gap * unit / 2
    return smaller < PAGE.max_part_side * unit and across > 0


def _in_reading_order(digits, cells, unit):
    """Sort digits into lines, which may slope, from top to bottom and left to right."""
    boxes = np.array([box for box, _ in digits]).reshape(-1, 4)
    middles, height = boxes[:, [1, 3]].mean(axis=1), unit
    cell_height = np.median(cells[:, 3]) if len(cells) else 0
    if cell_height > unit:  # not squared paper
        in_cells = _middles_of_cells(boxes, cells)
        if np.isfinite(in_cells).sum() > PAGE.min_in_cells * len(boxes):
            middles = np.where(np.isfinite(in_cells), in_cells, middles)
            height = cell_height
    lines, ends = [], np.full(len(digits), np.inf)  # height of the right end of each
    for digit in boxes[:, 0].argsort(kind="stable"):
        distances = np.abs(ends - middles[digit])
        line = int(distances.argmin())
        if distances[line] >= PAGE.line_distance * height:
            line = len(lines)
            lines.append([])
        lines[line].append(digit)
        ends[line] = middles[digit]
    lines.sort(key=lambda line: middles[line].mean())
    return (
        [digits[digit][1] for line in lines for digit in line],
        [number for number, line in enumerate(lines) for _ in line],
    )


def _middles_of_cells(boxes, cells):
    """Return the height of the middle of each digit's cell, NaN outside of cells."""
    x, y = ((boxes[:, :2] + boxes[:, 2:]) / 2).astype(int).T
    shape = np.max(cells[:, :2] + cells[:, 2:], axis=0, initial=0) + 1
    middles = np.full(shape[::-1], np.nan, np.float32)
    for left, top, width, height in cells:
        middles[top : top + height, left : left + width] = top + height / 2
    # The last row and column are in no cell.
    return middles[np.minimum(y, shape[1] - 1), np.minimum(x, shape[0] - 1)]


def cut_out(ink, strokes, pieces):
    """Cut one digit, given by its pieces of ink, out of a page.

    Returns
    -------
    digit : ndarray of shape (height, width), uint8
        Its ink alone, light on black.
    box : tuple of 4 ints
        Left, top, width and height, in pixels of the ink.
    """
    boxes = strokes.boxes[pieces]
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    part = np.s_[top:bottom, left:right]
    is_digit = np.isin(strokes.labels[part], pieces)
    amount = np.where(is_digit, ink.amount[part] / ink.full, 0)
    digit = np.rint(np.minimum(amount, 1) * 255).astype(np.uint8)
    margin = max(2, round(PAGE.crop_margin * max(digit.shape)))
    digit = np.pad(digit, margin)
    return digit, (int(left), int(top), int(right - left), int(bottom - top))
