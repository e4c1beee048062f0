"""find_digits: locate and cut out the digits of a photo or a scan."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL.Image import Image
from sklearn.utils import Bunch

from .._core.bunch import ShortBunch
from .._core.warnings import warn_user
from .._images.ragged import check_image

BACKGROUNDS = ("auto", "dark", "light")
ROTATIONS = (0, 90, 180, 270)


def find_digits(
    image: ArrayLike | Image, *, background: str = "auto", rotation: int = 0
) -> Bunch:
    """Find the digits of a photo or a scan in reading order.

    Parameters
    ----------
    image : array-like of shape (height, width) or (height, width, channels), or \
            Pillow image
        The photo. With two or four channels, the last one is the opacity. A Pillow
        image is rotated as its EXIF orientation requires.
    background : {"auto", "dark", "light"}, default="auto"
        Whether the background is darker or lighter than the strokes. "auto" takes
        the thinner parts of the image for strokes.
    rotation : {0, 90, 180, 270}, default=0
        Degrees by which the photo must be rotated counterclockwise so that its digits
        are upright.

    Returns
    -------
    digits : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        images : list of ndarray of shape (height, width), dtype uint8
            Each digit alone, light on black: the input of a `DigitNormalizer`, or of
            a Pipeline that begins with one. They are upright.
        boxes : ndarray of shape (n_digits, 4), dtype int64
            Left, top, width and height of each digit, in pixels of `image`.
        lines : ndarray of shape (n_digits,), dtype int64
            The line of each digit, from 0.

    Raises
    ------
    TypeError, ValueError
        If `image` is not an image, or `background` or `rotation` is not one of the
        listed values.
    ImportError
        If OpenCV is not installed.

    See Also
    --------
    read_numbers : Find and predict the digits of a photo, and join them to numbers.
    DigitNormalizer : Convert images of single digits to MNIST's form.
    skdigits.plots.FoundDigitsDisplay : Plot the photo with a frame around each digit.

    Notes
    -----
    The sheet of paper is found first, so a table around it may be visible. Ruled lines,
    boxes and grids are removed, solid or dotted, if they are parallel to the sides of
    the image up to 20 degrees. Digits in the cells of a grid are read row by row.

    Pieces of ink that lie one above the other form one digit, and so do a digit and a
    small piece close to it: the bar of a 5, for example, or the second stroke of a 4.
    Specks are left out. Digits that touch each other are found as one digit. Other
    marks as large as the digits are found as digits. A warning is issued if there is
    ink on the image but no digits are found.

    Examples
    --------
    >>> from skdigits import find_digits
    >>> from skdigits.datasets import make_digit_photo
    >>> photo = make_digit_photo("31\\n4", random_state=0)
    >>> found = find_digits(photo.image)
    >>> found.lines
    array([0, 0, 1])
    """
    if background not in BACKGROUNDS:
        raise ValueError(
            f"background must be one of {', '.join(map(repr, BACKGROUNDS))}. Got "
            f"{background!r} instead."
        )
    if rotation not in ROTATIONS:
        raise ValueError(
            f"rotation must be one of {', '.join(map(str, ROTATIONS))} degrees. Got "
            f"{rotation!r} instead."
        )
    image = np.rot90(check_image(image, "image"), rotation // 90)
    from .page import cut_out, find_groups  # OpenCV may be missing

    ink, strokes, scale, corner, groups, lines = find_groups(image, background)
    if ink is not None and not groups:
        warn_user(
            "No digits were found, although there is ink on the image. Crop it to the "
            "digits, or pass background='light' or 'dark' and a rotation."
        )
    found: list[Any] = [cut_out(ink, strokes, pieces) for pieces in groups]
    boxes = np.array([box for _, box in found], dtype=float).reshape(-1, 4) * scale
    boxes[:, :2] += corner
    return ShortBunch(
        images=[digit for digit, _ in found],
        boxes=_rotate_back(np.rint(boxes).astype(np.int64), image.shape, rotation),
        lines=np.array(lines, dtype=np.int64),
    )


def _rotate_back(boxes, shape, rotation):
    """Convert boxes on a rotated image of the given shape to those on the original."""
    height, width = shape[:2]
    for _ in range(rotation // 90):  # each time by 90 degrees clockwise
        left, top, box_width, box_height = boxes.T
        boxes = np.stack([height - top - box_height, left, box_height, box_width], 1)
        height, width = width, height
    return boxes
