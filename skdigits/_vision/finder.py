"""find_digits: the digits of a photo or a scan that has several."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL.Image import Image
from sklearn.utils import Bunch

from .._core.bunch import ShortBunch
from .._images.ragged import check_image

BACKGROUNDS = ("auto", "dark", "light")


def find_digits(image: ArrayLike | Image, *, background: str = "auto") -> Bunch:
    """Find the digits of a photo or a scan, line by line and left to right.

    Parameters
    ----------
    image : array-like of shape (height, width) or (height, width, channels), or \
            Pillow image
        The photo. Two or four channels have their opacity last. A Pillow image is
        turned upright as its EXIF data say.
    background : {"auto", "dark", "light"}, default="auto"
        Whether strokes are lighter ("dark") or darker ("light") than what they are
        drawn on. "auto" takes the thinner parts for strokes.

    Returns
    -------
    digits : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        images : list of ndarray of shape (height, width), dtype uint8
            Each digit alone, light on black, to be given to a `DigitNormalizer`, or to
            a Pipeline that begins with one.
        boxes : ndarray of shape (n_digits, 4), dtype int64
            Left, top, width and height of each in the photo, in pixels.
        lines : ndarray of shape (n_digits,), dtype int64
            The line of each, from 0.

    Raises
    ------
    TypeError, ValueError
        If `image` is not an image, or `background` not one of the three.
    ImportError
        If there is no OpenCV.

    See Also
    --------
    DigitNormalizer : Brings the images of single digits to MNIST's form.
    skdigits.plots.FoundDigitsDisplay : Draws the photo with what was found.

    Notes
    -----
    Pieces of ink that lie above each other make one digit, and so do a small piece and
    the digit that it is close to: the bar of a 5, the two strokes of a 4. Specks, long
    lines and frames are left out. Digits that touch each other are found as one, and
    whatever else is as large as the digits is found, too.

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
    image = check_image(image, "image")
    from .page import cut_out, find_groups  # OpenCV may be missing

    ink, strokes, scale, groups, lines = find_groups(image, background)
    found: list[Any] = [cut_out(ink, strokes, pieces) for pieces in groups]
    boxes = np.array([box for _, box in found], dtype=float).reshape(-1, 4) * scale
    return ShortBunch(
        images=[digit for digit, _ in found],
        boxes=np.rint(boxes).astype(np.int64),
        lines=np.array(lines, dtype=np.int64),
    )
