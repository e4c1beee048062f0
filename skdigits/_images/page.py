"""A page: which pieces of ink make a digit, and in what order digits are read."""

import numpy as np

from .ink import find_strokes
from .photo import find_photo_ink

# Pixels of the longer side. A page is made as small as its digits allow: the grain of a
# pencil and the lines of squared paper fade, while strokes stay.
SIZES = (200, 300, 450, 675, 1050, 1600)
ENOUGH = 48  # pixels: digits so high lose little on the way to MNIST's 20
AROUND = 1 / 4  # of a page's longer side: most of it is paper
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
    for size in SIZES:
        ink, scale = find_photo_ink(image, background, largest=size, around=AROUND)
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
    boxes = {
        i: [left[i], top[i], left[i] + width[i], top[i] + height[i]]
        for i in np.flatnonzero(fits)
    }
    groups = {i: [int(i)] for i in boxes}
    while _merge_some(boxes, groups, tall):
        pass
    kept = [i for i in groups if boxes[i][3] - boxes[i][1] > SMALL * tall]
    return _in_reading_order([(boxes[i], groups[i]) for i in kept], tall)


def _typical(masses):
    """Give the ink of a typical digit: the median of the pieces, weighed by ink."""
    order = np.sort(masses[masses > 0])
    return order[np.searchsorted(order.cumsum(), order.sum() / 2)]


def _merge_some(boxes, groups, tall):
    """Join pieces that make one digit; False if there were none."""
    before = len(boxes)
    for a in list(boxes):
        for b in [b for b in boxes if a in boxes and b > a]:
            if _belong_together(boxes[a], boxes[b], tall):
                first, second = boxes[a], boxes.pop(b)
                boxes[a] = [
                    *map(min, first[:2], second),
                    *map(max, first[2:], second[2:]),
                ]
                groups[a] += groups.pop(b)
    return len(boxes) < before


def _belong_together(a, b, tall):
    """Whether two pieces lie above each other, or one is small and near the other."""
    across = min(a[2], b[2]) - max(
        a[0], b[0]
    )  # how far they overlap; gaps are negative
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
    lines = []
    for box, pieces in sorted(digits, key=lambda digit: digit[0][0]):
        middle = (box[1] + box[3]) / 2
        near = [line for line in lines if abs(line[-1][0] - middle) < tall / 2]
        if near:
            min(near, key=lambda line: abs(line[-1][0] - middle)).append(
                (middle, pieces)
            )
        else:
            lines.append([(middle, pieces)])
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
