"""make_digit_photo: drawn photos of handwritten digits with known positions."""

from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.utils import Bunch, check_random_state

from .._core.bunch import ShortBunch
from .._core.sklearn_compat import Interval, StrOptions, validate_parameter_constraints
from .._vision.hands import Hand
from ._page import PAPERS, PENS, View, blank_page, write_on

LIGHTS = ("even", "shadow", "lamp")
LINE_SPACING = 1.8  # from one line of digits to the next, in heights of a digit

# Keep equal to the tables, which type checkers cannot read.
PenName = Literal["ballpoint", "pencil", "felt", "chalk"]
PaperName = Literal["plain", "ruled", "squared"]
LightName = Literal["even", "shadow", "lamp"]

_CONSTRAINTS: dict[str, list[Any]] = {
    "pen": [StrOptions(set(PENS))],
    "paper": [StrOptions(set(PAPERS))],
    "light": [StrOptions(set(LIGHTS))],
    "height": [Interval(Real, 16, 500, closed="both")],
    "tilt": [Interval(Real, -45, 45, closed="both")],
    "noise": [Interval(Real, 0, 100, closed="both")],
    "jpeg_quality": [Interval(Integral, 1, 100, closed="both"), None],
    "random_state": ["random_state"],
}


def make_digit_photo(
    digits: str | Sequence[int] | Sequence[Sequence[int]] | NDArray[Any],
    *,
    pen: PenName = "ballpoint",
    paper: PaperName = "plain",
    light: LightName = "even",
    height: float = 90,
    tilt: float = 0,
    noise: float = 2,
    jpeg_quality: int | None = 90,
    random_state: int | RandomState | None = None,
) -> Bunch:
    """Draw a photo of handwritten digits whose positions are known.

    The photo is synthetic: a random handwriting, a pen, paper and lighting, with no two
    digits alike. It may have ways of writing that are rare in MNIST, such as a long
    upstroke in 1, a bar in 7 or a slash in 0.

    Parameters
    ----------
    digits : str or sequence of int or sequence of sequences of int
        The digits to write, such as ``"0123456789"``. Each line of a str, or each
        sequence in the sequence, is a line of digits.
    pen : {"ballpoint", "pencil", "felt", "chalk"}, default="ballpoint"
        The pen: a thin blue line, a grey line with the grain of the paper, a thick
        black line, or a white line on a dark board.
    paper : {"plain", "ruled", "squared"}, default="plain"
        The paper.
    light : {"even", "shadow", "lamp"}, default="even"
        The lighting: even as in a scanner, with a shadow on a part of the paper, or
        warm light from a lamp at one side.
    height : float, default=90
        Height of a digit in pixels, in [16, 500]. It determines the size of the image.
    tilt : float, default=0
        Rotation of the paper, counterclockwise, in degrees in [-45, 45].
    noise : float, default=2
        Standard deviation of the camera's noise in [0, 100], in grey levels of 255.
    jpeg_quality : int or None, default=90
        Quality in [1, 100] of the JPEG compression of the image. None disables it.
    random_state : int, RandomState instance or None, default=None
        Seed of the handwriting, the paper, the light and the noise. Pass an int for the
        same photo at each call. The handwriting depends only on this seed, not on the
        pen, paper or light.

    Returns
    -------
    photo : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        image : ndarray of shape (height, width, 3), dtype uint8
            The photo, in RGB.
        boxes : ndarray of shape (n_digits, 4), dtype int64
            Left, top, width and height of each digit's ink, in pixels. A pixel at the
            edge counts if a quarter of it or more is covered.
        target : ndarray of shape (n_digits,), dtype uint8
            The digits, in reading order.
        lines : ndarray of shape (n_digits,), dtype int64
            The line of each digit, from 0.
        DESCR : str
            Description of the photo.

    Raises
    ------
    TypeError, ValueError
        If `digits` contains anything but digits, or a parameter is invalid.
    ImportError
        If OpenCV is not installed.

    See Also
    --------
    load_sample : Load digits that people have written.

    Examples
    --------
    >>> from skdigits.datasets import make_digit_photo
    >>> photo = make_digit_photo("31\\n4", random_state=0)
    >>> photo.target
    array([3, 1, 4], dtype=uint8)
    >>> photo.lines
    array([0, 0, 1])
    >>> left, top, width, height = photo.boxes[0]
    >>> three = photo.image[top : top + height, left : left + width]
    """
    from .._images.opencv import cv2

    validate_parameter_constraints(
        _CONSTRAINTS,
        {
            "pen": pen,
            "paper": paper,
            "light": light,
            "height": height,
            "tilt": tilt,
            "noise": noise,
            "jpeg_quality": jpeg_quality,
            "random_state": random_state,
        },
        "make_digit_photo",
    )
    rows = _parse(digits)
    rng = np.random.default_rng(check_random_state(random_state).randint(2**31 - 1))
    written = _write(rows, rng)
    view = View(written, height, tilt)
    image = blank_page(view, PAPERS[paper], PENS[pen].page, rng)
    boxes = write_on(image, view, written, PENS[pen], rng)
    image *= _light(view.shape, light, rng)

    image = cv2.GaussianBlur(image, (0, 0), 0.6) * 255  # the blur of a good lens
    image += noise * rng.standard_normal(image.shape, np.float32)
    image = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    if jpeg_quality is not None:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(jpeg_quality)]
        _, file = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), quality)
        image = cv2.cvtColor(cv2.imdecode(file, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    return ShortBunch(
        image=image,
        boxes=boxes,
        target=np.concatenate(rows).astype(np.uint8),
        lines=np.repeat(np.arange(len(rows)), [len(row) for row in rows]),
        DESCR=f"A drawn photo of handwritten digits. Pen: {pen}. Paper: {paper}. "
        f"Light: {light}.",
    )


def _parse(digits):
    """Convert digits to a list of int for each line."""
    if not isinstance(digits, Iterable):
        raise TypeError(
            f"digits must be a str or a sequence of int. Got {digits!r} instead."
        )
    if isinstance(digits, str):
        rows, allowed = digits.splitlines(), "0123456789"
    else:
        rows, allowed = list(digits), range(10)
        if not all(isinstance(row, Iterable) for row in rows):
            rows = [rows]
    rows = [list(row) for row in rows]
    if not rows or [] in rows:
        raise ValueError(
            f"digits must contain a digit in each line. Got {digits!r} instead."
        )
    for line, row in enumerate(rows, 1):
        for digit in row:
            if digit not in allowed:
                raise ValueError(
                    "digits must be characters from '0' to '9' or ints from 0 to 9. "
                    f"Got {digit!r} in line {line} instead."
                )
    return [[int(digit) for digit in row] for row in rows]


def _write(rows, rng):
    """Lay lines of digits out on a page: the strokes of each, in heights of a digit."""
    hand = Hand(rng)
    written = []
    for line, row in enumerate(rows):
        start = end = rng.uniform(0, 0.4)
        rise = rng.normal(0, 0.01)
        for digit in row:
            strokes = hand.write(digit)
            x = np.concatenate([stroke[:, 0] for stroke in strokes])
            shift = end - x.min()
            for stroke in strokes:
                stroke[:, :2] += shift, line * LINE_SPACING + rise * (end - start)
            written.append(strokes)
            end += np.ptp(x) + rng.uniform(0.36, 0.6)
    return written


def _light(shape, light, rng):
    """Compute the light on each pixel: red, green and blue."""
    if light == "even":
        return np.float32(1)
    diagonal = np.hypot(*shape)
    y, x = np.indices(shape, np.float32) / diagonal
    angle = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(angle), np.sin(angle)])
    middle = np.array([shape[1], shape[0]]) / diagonal / 2
    along = (x - middle[0]) * direction[0] + (y - middle[1]) * direction[1]
    if light == "shadow":
        across = (y - middle[1]) * direction[0] - (x - middle[0]) * direction[1]
        edge = 0.05 * np.sin(5 * across + rng.uniform(0, 2 * np.pi))
        offset, softness = rng.uniform(-0.12, 0.12), rng.uniform(0.012, 0.035)
        shade = 1 / (1 + np.exp(-(along - offset - edge) / softness))
        return 1 - shade[..., None] * np.float32([0.45, 0.42, 0.37])
    lamp = middle + 0.45 * direction
    far = np.hypot(x - lamp[0], y - lamp[1])
    bright = 1 / (1 + (far / 0.7) ** 2) ** 1.5
    return 1.02 * (bright / bright.max())[..., None] ** np.float32([0.9, 1.0, 1.2])
