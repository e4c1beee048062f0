"""MNIST's form: a digit in a box of 20 pixels, its centre of mass in the middle.

References
----------
Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning Applied to
Document Recognition", Proceedings of the IEEE 86(11), 1998, section III-A.
"""

from dataclasses import dataclass

import numpy as np

from .._images.opencv import cv2
from .ink import find_ink, find_strokes
from .photo import as_photo, find_photo_ink, is_unevenly_lit, resize, shrink


@dataclass(frozen=True)
class DigitSettings:
    """Settings of `to_mnist_form`. Pieces are measured in ink of the largest one."""

    digit_side_px: int = 320  # larger images are reduced to this side first
    digit_window: float = 1 / 2  # of the longer side: mostly paper around each pixel
    min_piece_ink: float = 0.04  # pieces with less ink are specks
    # With a piece this large clear of the border, pieces at the border are left out:
    # they are frames, lines or parts of neighbours.
    min_clear_ink: float = 0.3
    broadening_scale: int = 4  # strokes are broadened at this multiple of the box
    halo: float = 0.1  # of a full stroke: enlarging leaves it around strokes
    white_quantile: float = 0.8  # of the strokes of a reduced image: becomes white


DIGIT = DigitSettings()


def to_mnist_form(image, *, shape, background, box_size, centering, stroke_width):
    """Convert the image of a digit to MNIST's form.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, channels)
    shape : tuple of 2 ints
        Height and width of the result.
    background : {"auto", "dark", "light"}
    box_size : int
        Longer side of the digit, in pixels of the result.
    centering : {"mass", "box"}
    stroke_width : float
        Width to which thinner strokes are broadened, in pixels of the result.

    Returns
    -------
    ndarray of the given shape, uint8, or None
        Light on black. None if no digit can be seen.
    """
    grey, min_contrast = as_photo(image)
    if is_unevenly_lit(grey):
        ink, _ = find_photo_ink(
            grey,
            background,
            min_contrast=min_contrast,
            max_side=DIGIT.digit_side_px,
            window=DIGIT.digit_window,
        )
    else:
        grey = shrink(grey, DIGIT.digit_side_px)
        max_width = max(grey.shape) // 2
        ink = find_ink(grey, background, max_width, min_contrast=min_contrast)
    if ink is None:
        return None
    amount, core = _isolate_digit(ink)
    if amount is None:
        return None
    digit = _fit_in_box(amount, core, ink.full, box_size, stroke_width)
    return _centre(digit, shape, centering)


def _isolate_digit(ink):
    """Return the ink of the digit alone and a mask of its strokes, or two None."""
    strokes = find_strokes(ink)
    masses = strokes.masses
    if not masses.any():
        return None, None
    left, top, width, height = strokes.boxes.T
    rows, columns = ink.amount.shape
    inside = (left > 0) & (top > 0) & (left + width < columns) & (top + height < rows)
    clear = np.where(inside, masses, 0)
    if clear.max() > DIGIT.min_clear_ink * masses.max():
        masses = clear
    of_digit = masses > DIGIT.min_piece_ink * masses.max()
    core = of_digit[strokes.labels]
    # The soft edges of the strokes belong to the digit, other pieces do not.
    around = cv2.dilate(core.astype(np.uint8), np.ones((3, 3), np.uint8))
    around[(strokes.labels > 0) & ~core] = 0
    return ink.amount * around, core


def _fit_in_box(amount, core, full, box_size, stroke_width):
    """Crop a digit and scale it to the box. A full stroke becomes 1."""
    outer, inner = _bounds(amount > 0), _bounds(core)
    size = _longer_side(inner)
    if size >= box_size - 2 and _longer_side(outer) <= box_size:
        return amount[outer] / amount.max()  # it has this form already
    digit = np.minimum(amount[inner] / full, 1)
    scale = box_size / size
    if scale < 1:
        digit = _broaden(digit, box_size, stroke_width)
        digit = resize(digit, box_size / max(digit.shape), box_size)
        strokes = digit[digit > digit.max() / 4]
        return np.minimum(digit / np.quantile(strokes, DIGIT.white_quantile), 1)
    if scale > 1:
        digit = (resize(digit, scale, box_size) - DIGIT.halo) / (1 - DIGIT.halo)
    return np.clip(digit, 0, 1)


def _broaden(digit, box_size, stroke_width):
    """Broaden strokes that would almost vanish in the box."""
    digit = shrink(digit, DIGIT.broadening_scale * box_size)
    wanted = stroke_width * max(digit.shape) / box_size
    missing = round(wanted - _stroke_width(digit))
    if missing <= 0:
        return digit
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (missing + 1, missing + 1))
    rim = [missing // 2 + 1] * 4
    digit = cv2.copyMakeBorder(digit, *rim, cv2.BORDER_CONSTANT)
    digit = cv2.dilate(digit, brush)
    return digit[_bounds(digit > 0)]


def _stroke_width(digit):
    """Compute the mean width of strokes, in pixels."""
    strokes = (digit > digit.max() / 2).astype(np.uint8)
    strokes = cv2.copyMakeBorder(strokes, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    # Distances to the paper grow from 1/2 at the edge to half a width: a mean of
    # (width + 1) / 4.
    distances = cv2.distanceTransform(strokes, cv2.DIST_L2, 5)
    return 4 * float(distances[strokes > 0].mean()) - 1


def _centre(digit, shape, centering):
    """Move a digit to the middle of a black image, by whole pixels."""
    height, width = digit.shape
    if centering == "box":
        y, x = height / 2, width / 2  # between two pixels, as shape / 2 is
    else:
        total = digit.sum()
        y = digit.sum(axis=1) @ np.arange(height) / total
        x = digit.sum(axis=0) @ np.arange(width) / total
    # MNIST has the centre of mass within half a pixel of pixel 14 (of 0 to 27).
    top = min(max(round(shape[0] / 2 - y), 0), shape[0] - height)
    left = min(max(round(shape[1] / 2 - x), 0), shape[1] - width)
    image = np.zeros(shape, np.uint8)
    image[top : top + height, left : left + width] = np.rint(digit * 255)
    return image


def _bounds(mask):
    """Return the slices of rows and columns that contain a mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _longer_side(bounds):
    return max(side.stop - side.start for side in bounds)
