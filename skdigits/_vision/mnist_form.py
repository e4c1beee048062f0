"""MNIST's form: a digit's ink in a box of 20 pixels, its centre of mass in the middle.

References
----------
Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning Applied to
Document Recognition", Proceedings of the IEEE 86(11), 1998, section III-A.
"""

import numpy as np

from .._images.opencv import cv2
from .ink import find_ink, find_strokes
from .photo import as_photo, find_photo_ink, is_unevenly_lit, resize

LARGEST = 320  # pixels: larger images are made smaller before anything else
AROUND = 1 / 2  # of an image's longer side: most of it is paper
# A piece of ink with less than this fraction of the largest one's is a speck.
SPECK = 0.04
# Pieces at the border are frames, lines or parts of neighbours, if the largest one
# that stays clear of it has this fraction of the largest one's ink.
CLEAR = 0.3
FINE = 4  # strokes are broadened where the box has so many times its pixels
EDGE = 0.1  # of a full stroke: what enlarging leaves around strokes, taken away
STROKE_LEVEL = 0.8  # quantile of the made-smaller strokes that becomes white


def to_mnist_form(image, *, shape, background, box_size, centering, stroke_width):
    """Bring the image of a digit to MNIST's form.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, channels)
    shape : tuple of 2 ints
        Height and width of the result.
    background : {"auto", "dark", "light"}
    box_size : int
        The longer side of the digit, in pixels of the result.
    centering : {"mass", "box"}
    stroke_width : float
        What strokes are broadened to at least, in pixels of the result.

    Returns
    -------
    ndarray of the given shape, uint8, or None
        Light on black. None where no digit can be seen.
    """
    grey, least = as_photo(image)
    if is_unevenly_lit(grey):
        ink, _ = find_photo_ink(
            grey, background, least=least, largest=LARGEST, around=AROUND
        )
    else:
        longer = max(grey.shape)
        if longer > LARGEST:
            grey = resize(grey, LARGEST / longer)
        ink = find_ink(grey, background, max(grey.shape) // 2, least=least)
    if ink is None:
        return None
    amount, core = _digit(ink)
    if amount is None:
        return None
    digit = _fit_in_box(amount, core, ink.full, box_size, stroke_width)
    return _centred(digit, shape, centering)


def _digit(ink):
    """Give the ink of the digit alone, and where its strokes are."""
    strokes = find_strokes(ink)
    masses = strokes.masses
    if not masses.any():
        return None, None
    left, top, width, height = strokes.boxes.T
    rows, columns = ink.amount.shape
    inside = (left > 0) & (top > 0) & (left + width < columns) & (top + height < rows)
    clear = np.where(inside, masses, 0)
    if clear.max() > CLEAR * masses.max():
        masses = clear
    kept = masses > SPECK * masses.max()
    core = kept[strokes.labels]
    # The strokes' soft edges belong to them, other pieces do not.
    around = cv2.dilate(core.astype(np.uint8), np.ones((3, 3), np.uint8))
    around[(strokes.labels > 0) & ~core] = 0
    return ink.amount * around, core


def _fit_in_box(amount, core, full, box_size, stroke_width):
    """Cut a digit out and scale it: 1 is a full stroke."""
    outer, inner = _crop(amount > 0), _crop(core)
    size = _longer(inner)
    if size >= box_size - 2 and _longer(outer) <= box_size:
        return amount[outer] / amount.max()  # it has this form already
    digit = np.minimum(amount[inner] / full, 1)
    scale = box_size / size
    if scale < 1:
        digit = _broadened(digit, box_size, stroke_width)
        digit = resize(digit, box_size / max(digit.shape), box_size)
        strokes = digit[digit > digit.max() / 4]
        return np.minimum(digit / np.quantile(strokes, STROKE_LEVEL), 1)
    if scale > 1:
        digit = (resize(digit, scale, box_size) - EDGE) / (1 - EDGE)
    return np.clip(digit, 0, 1)


def _broadened(digit, box_size, stroke_width):
    """Make strokes broader that would all but vanish in the box."""
    side = max(digit.shape)
    if side > FINE * box_size:
        digit = resize(digit, FINE * box_size / side)
        side = max(digit.shape)
    wanted = stroke_width * side / box_size
    missing = round(wanted - _stroke_width(digit))
    if missing <= 0:
        return digit
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (missing + 1, missing + 1))
    rim = [missing // 2 + 1] * 4
    digit = cv2.copyMakeBorder(digit, *rim, cv2.BORDER_CONSTANT)
    digit = cv2.dilate(digit, brush)
    return digit[_crop(digit > 0)]


def _stroke_width(digit):
    """Give the mean width of strokes, in pixels."""
    strokes = (digit > digit.max() / 2).astype(np.uint8)
    strokes = cv2.copyMakeBorder(strokes, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    # Distances to the paper grow from 1/2 at the edge to half a width: a mean of
    # (width + 1) / 4.
    distances = cv2.distanceTransform(strokes, cv2.DIST_L2, 5)
    return 4 * float(distances[strokes > 0].mean()) - 1


def _centred(digit, shape, centering):
    """Lay a digit on black, by whole pixels."""
    height, width = digit.shape
    if centering == "box":
        y, x = height / 2, width / 2  # between two pixels, as shape / 2 is
    else:
        total = digit.sum()
        y = digit.sum(axis=1) @ np.arange(height) / total
        x = digit.sum(axis=0) @ np.arange(width) / total
    # In MNIST the centre of mass is at most half a pixel from pixel 14 of 0 to 27.
    top = min(max(round(shape[0] / 2 - y), 0), shape[0] - height)
    left = min(max(round(shape[1] / 2 - x), 0), shape[1] - width)
    image = np.zeros(shape, np.uint8)
    image[top : top + height, left : left + width] = np.rint(digit * 255)
    return image


def _crop(mask):
    """Give the rows and the columns that hold all of a mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _longer(crop):
    return max(side.stop - side.start for side in crop)
