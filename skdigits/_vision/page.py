"""A page: which pieces of ink make a digit, and in what order digits are read."""

import itertools
from collections import defaultdict

import numpy as np

from .ink import find_strokes
from .photo import as_photo, find_photo_ink

# Pixels of the longer side. A page is made as small as its digits allow: the grain of a
# pencil and the lines of squared paper fade, while strokes stay.
SIZES = (200, 300, 450, 675, 1050, 1600)
ENOUGH = 48  # pixels: digits so high lose nothing on the way to MNIST's 20
AROUND = 1 / 4  # of the longer side: most of it is paper
MARGIN = 0.2  # of a digit's longer side: black around it
LARGE = 0.3  # of the heaviest piece's ink: the pieces whose height is that of digits
SMALL = 0.55  # of a digit's height: a piece that may belong to one beside it
PART = 0.8  # of a digit's height: a piece that may belong to one that it overlaps
SPECK = 0.15  # of a digit's height: smaller pieces are specks
NEAR = 0.25  # of a digit's height: gap between the pieces of one digit
LINE = 2.5  # of a digit's height: broader pieces are lines or frames
COVERED = 0.5  # of the narrower piece's width: pieces of one digit, above each other


def find_groups(image, background):
    """Find the ink of a page, and the pieces of it that make a digit each.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, channels)
    background : {"auto", "dark", "light"}

    Returns
    -------
    ink : Ink or None
        None where there is none.
    strokes : Strokes or None
    scale : float
        Pixels of `image` for one of the ink's.
    groups : list of list of int
        The pieces of each digit, in the order in which the digits are read.
    lines : list of int
        The line of each digit, from 0.
    """
    grey, least = as_photo(image)
    for size in SIZES:
        ink, scale = find_photo_ink(
            grey, background, least=least, largest=size, around=AROUND
        )
        strokes = None if ink is None else find_strokes(ink)
        groups, lines = ([], []) if strokes is None else group_pieces(strokes)
        if scale == 1 or (groups and _height(strokes, groups) >= ENOUGH):
            break
    return ink, strokes, scale, groups, lines


def _height(strokes, groups):
    """Give the height of most digits, in pixels."""
    tops, heights = strokes.boxes[:, 1], strokes.boxes[:, 3]
    bottoms = tops + heights
    return np.median([bottoms[g].max() - tops[g].min() for g in groups])


def group_pieces(strokes):
    """Say which pieces make a digit each, without specks, lines and frames.

    Parameters
    ----------
    strokes : Strokes

    Returns
    -------
    list of list of int
        The pieces of each digit, in the order in which the digits are read.
    lines : list of int
        The line of each digit, from 0.
    """
    masses = strokes.masses
    if not masses.any():
        return [], []
    left, top, width, height = strokes.boxes.T.astype(float)
    large = np.flatnonzero(masses > LARGE * _typical(masses))
    tall = float(np.median(height[large]))
    fits = (height > SPECK * tall) | (width > SPECK * tall)
    fits &= (width < LINE * tall) & (height < LINE * tall) & (masses > 0)
    corners = np.stack([left, top, left + width, top + height], axis=1)
    chosen = np.flatnonzero(fits).tolist()
    boxes = dict(zip(chosen, corners[fits].tolist(), strict=True))
    groups = {i: [i] for i in chosen}
    cells = _Cells(boxes, tall)
    while _merge_some(boxes, groups, cells, tall):
        pass
    kept = [i for i in groups if boxes[i][3] - boxes[i][1] > SMALL * tall]
    return _in_reading_order([(boxes[i], groups[i]) for i in kept], tall)


def _typical(masses):
    """Give the ink of a typical digit: the median of the pieces, weighed by ink."""
    order = np.sort(masses[masses > 0])
    return order[np.searchsorted(order.cumsum(), order.sum() / 2)]


class _Cells:
    """Pieces by the cells of a grid that their boxes meet: neighbours without a search.

    Parameters
    ----------
    boxes : dict of int to list of 4 floats
        Left, top, right and bottom of each piece, in pixels.
    size : float
        Of a cell, in pixels.
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


def _merge_some(boxes, groups, cells, tall):
    """Join pieces that make one digit; False if there were none."""
    before = len(boxes)
    for a in list(boxes):
        last = a if a in boxes else None
        while last is not None:
            last = _merge_next(a, last, boxes, groups, cells, tall)
    return len(boxes) < before


def _merge_next(a, last, boxes, groups, cells, tall):
    """Join the first piece after `last` that belongs to `a`; None if there is none."""
    for b in sorted(b for b in cells.near(boxes[a], NEAR * tall) if b > last):
        if _belong_together(boxes[a], boxes[b], tall):
            first, second = boxes[a], boxes.pop(b)
            cells.remove(b, second)
            boxes[a] = [*map(min, first[:2], second), *map(max, first[2:], second[2:])]
            cells.add(a, boxes[a])
            groups[a] += groups.pop(b)
            return b
    return None


def _belong_together(a, b, tall):
    """Whether two pieces lie above each other, or one is small and near the other."""
    # How far they overlap; gaps are negative.
    across = min(a[2], b[2]) - max(a[0], b[0])
    down = min(a[3], b[3]) - max(a[1], b[1])
    narrower = min(a[2] - a[0], b[2] - b[0])
    joined = max(a[3], b[3]) - min(a[1], b[1])
    smaller = min(max(c[2] - c[0], c[3] - c[1]) for c in (a, b))
    if joined > 1.5 * tall or down < -NEAR * tall:
        return False
    if across > COVERED * narrower:
        return True
    if smaller < SMALL * tall:
        return across > -NEAR * tall / 2
    return smaller < PART * tall and across > 0


def _in_reading_order(digits, tall):
    """Sort digits into lines, which may slope, from top to bottom and left to right."""
    lines, ends = [], np.full(len(digits), np.inf)  # where each line ends at the right
    for box, pieces in sorted(digits, key=lambda digit: digit[0][0]):
        middle = (box[1] + box[3]) / 2
        distances = np.abs(ends - middle)
        line = int(distances.argmin())
        if distances[line] >= tall / 2:
            line = len(lines)
            lines.append([])
        lines[line].append((middle, pieces))
        ends[line] = middle
    lines.sort(key=lambda line: np.mean([middle for middle, _ in line]))
    return (
        [pieces for line in lines for _, pieces in line],
        [number for number, line in enumerate(lines) for _ in line],
    )


def cut_out(ink, strokes, pieces):
    """Give the ink of one digit on black, and its box.

    Parameters
    ----------
    ink : Ink
    strokes : Strokes
    pieces : list of int

    Returns
    -------
    digit : ndarray of shape (height, width), uint8
    box : tuple of 4 ints
        Left, top, width and height, in pixels of the ink.
    """
    boxes = strokes.boxes[pieces]
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    part = np.s_[top:bottom, left:right]
    own = np.isin(strokes.labels[part], pieces)
    amount = np.where(own, ink.amount[part] / ink.full, 0)
    digit = np.rint(np.minimum(amount, 1) * 255).astype(np.uint8)
    margin = max(2, round(MARGIN * max(digit.shape)))
    digit = np.pad(digit, margin)
    return digit, (int(left), int(top), int(right - left), int(bottom - top))
