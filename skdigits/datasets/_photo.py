"""Photos of handwritten digits that are drawn, so that each digit's place is known."""

from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.utils import Bunch, check_random_state

from .._sklearn import Interval, StrOptions, validate_parameter_constraints
from ._hand import Hand


class Pen(NamedTuple):
    """What a pen leaves; colours are red, green and blue in [0, 1]."""

    colour: tuple[float, float, float]
    width: float  # of a stroke, in heights of a digit
    cover: float  # how much of the paper's colour is gone under a stroke
    grain: float  # how much of it is lost where the paper is rough or the pen light


PENS = {
    "ballpoint": Pen((0.11, 0.18, 0.54), 0.055, 0.95, 0.15),
    "pencil": Pen((0.27, 0.27, 0.29), 0.065, 0.9, 0.33),
    "felt": Pen((0.09, 0.09, 0.11), 0.125, 0.97, 0.0),
    "chalk": Pen((0.95, 0.95, 0.9), 0.11, 0.97, 0.3),
}
# Between the lines of a ruling, in heights of a digit: across, along.
PAPERS = {"plain": (None, None), "ruled": (None, 1.8), "squared": (0.6, 0.6)}
LIGHTS = ("even", "shadow", "lamp")
LINE = 1.8  # from one line of digits to the next, in heights of a digit
MARGIN = 0.6  # around the digits, in heights of a digit
FINE = 4  # strokes are drawn so many times larger, then reduced

SHEET, SHEET_RULING = (0.955, 0.945, 0.915), (0.62, 0.72, 0.84)
BOARD, BOARD_RULING = (0.17, 0.26, 0.225), (0.36, 0.45, 0.41)

# The same names for type checkers, which cannot read the tables.
PenName = Literal["ballpoint", "pencil", "felt", "chalk"]
PaperName = Literal["plain", "ruled", "squared"]
LightName = Literal["even", "shadow", "lamp"]

_CONSTRAINTS: dict[str, list[Any]] = {
    "pen": [StrOptions(set(PENS))],
    "paper": [StrOptions(set(PAPERS))],
    "light": [StrOptions(set(LIGHTS))],
    "height": [Interval(Real, 16, 1000, closed="both")],
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
    """Make a photo of handwritten digits, and tell where each digit is.

    It is drawn, not taken: one hand writes the digits with a pen, never twice alike,
    on paper that lies in some light. The hand is a European one, with an upstroke in 1
    and often a bar in 7, so it is not that of MNIST's writers.

    Parameters
    ----------
    digits : str or sequence of int or sequence of sequences of int
        What to write, such as ``"0123456789"``. A line of a str, or a sequence in the
        sequence, becomes a line of digits.
    pen : {"ballpoint", "pencil", "felt", "chalk"}, default="ballpoint"
        What to write with: a thin blue line, a grey one with the grain of the paper, a
        thick black one. With chalk, the paper is a dark board.
    paper : {"plain", "ruled", "squared"}, default="plain"
        What to write on.
    light : {"even", "shadow", "lamp"}, default="even"
        Even as in a scanner; with a shadow on a part of the paper; or warm, from a lamp
        at one side.
    height : float, default=90
        Height of a digit in pixels, in [16, 1000]. The size of the image follows.
    tilt : float, default=0
        Degrees in [-45, 45] by which the paper is turned, counterclockwise.
    noise : float, default=2
        Standard deviation of the camera's noise, in levels of 255.
    jpeg_quality : int or None, default=90
        Quality in [1, 100] of the JPEG file that the image has been through. None means
        that it has not.
    random_state : int, RandomState instance or None, default=None
        Draws the hand, the paper, the light and the noise. An int gives the same photo
        each time.

    Returns
    -------
    photo : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        image : ndarray of shape (height, width, 3), dtype uint8
            The photo, in red, green and blue.
        boxes : ndarray of shape (n_digits, 4), dtype int64
            Left, top, width and height of each digit's ink, in pixels.
        target : ndarray of shape (n_digits,), dtype uint8
            The digits, in the order in which one reads them.
        lines : ndarray of shape (n_digits,), dtype int64
            The line of each digit, counted from 0.
        DESCR : str
            What the photo shows.

    Raises
    ------
    ImportError
        If there is no OpenCV.

    See Also
    --------
    load_sample : Digits that people have written.

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
    rows = _read(digits)
    rng = np.random.default_rng(check_random_state(random_state).randint(2**31 - 1))
    written = _write(rows, rng)
    view = _View(np.vstack([np.vstack(strokes) for strokes in written]), height, tilt)
    tool, dark = PENS[pen], pen == "chalk"

    image = _surface(view, PAPERS[paper], dark, rng)
    tooth = _roughness(view.shape, 0.008 * height, rng)
    kept = np.clip(1 - tool.grain * np.clip(0.5 + tooth, 0, None), 0, 1)
    boxes = []
    for strokes in written:
        left, top, ink = _ink([view.pixels(s) for s in strokes], tool, height)
        window = np.s_[top : top + ink.shape[0], left : left + ink.shape[1]]
        ink *= tool.cover * kept[window]
        image[window] += ink[..., None] * (np.float32(tool.colour) - image[window])
        boxes.append(np.add(_box(ink), [left, top, 0, 0]))
    image *= _light(view.shape, light, rng)

    image = cv2.GaussianBlur(image, (0, 0), 0.6) * 255  # no lens is sharper
    image += rng.normal(0, noise, image.shape)
    image = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    if jpeg_quality is not None:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(jpeg_quality)]
        _, file = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), quality)
        image = cv2.cvtColor(cv2.imdecode(file, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    return Bunch(
        image=image,
        boxes=np.array(boxes, np.int64),
        target=np.concatenate(rows).astype(np.uint8),
        lines=np.repeat(np.arange(len(rows)), [len(row) for row in rows]),
        DESCR=f"Digits written with {pen} on {paper} paper in {light} light.",
    )


def _read(digits):
    """Give the lines of digits, each a list of int."""
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
            f"digits must have a digit in each line. Got {digits!r} instead."
        )
    for line, row in enumerate(rows, 1):
        for digit in row:
            if digit not in allowed:
                raise ValueError(
                    "digits must be made of the characters 0 to 9, or of ints from 0 "
                    f"to 9. Got {digit!r} in line {line} instead."
                )
    return [[int(digit) for digit in row] for row in rows]


def _write(rows, rng):
    """Write lines of digits on a page: the strokes of each, in heights of a digit."""
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
                stroke[:, :2] += shift, line * LINE + rise * (end - start)
            written.append(strokes)
            end += np.ptp(x) + rng.uniform(0.32, 0.6)
    return written


class _View:
    """What the camera sees of the page: pixels from heights of a digit, and back."""

    def __init__(self, points, height, tilt):
        turn = np.deg2rad(tilt)
        sine, cosine = np.sin(turn), np.cos(turn)
        self._scale = height * np.array([[cosine, -sine], [sine, cosine]])
        seen = points[:, :2] @ self._scale
        self._corner = seen.min(axis=0) - MARGIN * height
        width, length = np.ceil(np.ptp(seen, axis=0) + 2 * MARGIN * height).astype(int)
        self.shape = length, width
        self.height = height

    def pixels(self, stroke):
        """Give a stroke with its points in pixels."""
        return np.column_stack(
            [stroke[:, :2] @ self._scale - self._corner, stroke[:, 2]]
        )

    def page(self):
        """Give the place on the page of each pixel's centre: x, y."""
        y, x = np.indices(self.shape) + 0.5
        seen = np.stack([x, y], axis=-1) + self._corner
        return np.moveaxis(seen @ np.linalg.inv(self._scale), -1, 0)


def _surface(view, ruling, dark, rng):
    """Give the paper, or the board, with its lines."""
    if dark:
        # It was wiped, and not clean.
        height = view.height
        texture = 0.02 * _roughness(view.shape, 0.5 * height, rng)
        texture += 0.012 * _roughness(view.shape, 0.1 * height, rng)
    else:
        texture = 0.005 * _roughness(view.shape, 0.6 * view.height, rng)
        texture += 0.005 * _roughness(view.shape, 1.2, rng)
    image = np.float32(BOARD if dark else SHEET) + texture[..., None]
    colour = np.float32(BOARD_RULING if dark else SHEET_RULING)
    width = max(1.0, 0.02 * view.height)
    for place, gap in zip(view.page(), ruling, strict=True):
        if gap is None:
            continue
        distance = np.abs((place / gap + 0.5) % 1 - 0.5) * gap * view.height
        line = np.clip(width / 2 + 0.5 - distance, 0, 1).astype(np.float32)
        image += line[..., None] * 0.8 * (colour - image)
    return image


def _roughness(shape, size, rng):
    """Give random values around 0 with deviation 1, alike within `size` pixels."""
    from .._images.opencv import cv2

    # What is smooth over many pixels is made small and enlarged.
    step = max(1.0, size / 4)
    small = [int(np.ceil(n / step)) + 1 for n in shape]
    rough = cv2.GaussianBlur(
        rng.standard_normal(small, np.float32), (0, 0), max(size / step, 0.3)
    )
    rough = (rough - rough.mean()) / rough.std()
    return cv2.resize(rough, shape[::-1], interpolation=cv2.INTER_CUBIC)


def _ink(strokes, pen, height):
    """Draw strokes of points (x, y, pressure) in pixels.

    Returns
    -------
    left, top : int
        The place of the drawing's corner.
    ink : ndarray of shape (height, width), dtype float32
        How much of each pixel is covered, in [0, 1].
    """
    from .._images.opencv import cv2

    points = np.vstack(strokes)
    width = pen.width * height
    corner = np.floor(points[:, :2].min(axis=0) - width).astype(int)
    size = np.ceil(points[:, :2].max(axis=0) + width).astype(int) - corner
    fine = np.zeros(size[::-1] * FINE, np.uint8)
    centres = (points[:, :2] - corner) * FINE - 0.5
    radii = width / 2 * (0.55 + 0.45 * points[:, 2]) * FINE
    shades = 255 * np.clip(1 - pen.grain * (1.2 - points[:, 2]), 0, 1)
    shift = 4  # OpenCV takes fractions of a pixel as integers
    for centre, radius, shade in zip(
        np.rint(centres * 2**shift).astype(int).tolist(),
        np.rint(radii * 2**shift).astype(int).tolist(),
        shades.tolist(),
        strict=True,
    ):
        cv2.circle(fine, centre, radius, shade, cv2.FILLED, cv2.LINE_8, shift)
    ink = cv2.resize(fine, size.tolist(), interpolation=cv2.INTER_AREA)
    return *corner.tolist(), ink.astype(np.float32) / 255


def _box(ink):
    """Find the pixels with ink: left, top, width and height."""
    inked = ink >= 0.25 * ink.max()
    rows, columns = (np.flatnonzero(inked.any(axis=axis)) for axis in (1, 0))
    return columns[0], rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1


def _light(shape, light, rng):
    """Give the light on each pixel: red, green and blue."""
    if light == "even":
        return np.float32(1)
    diagonal = np.hypot(*shape)
    y, x = np.indices(shape, np.float32) / diagonal
    angle = rng.uniform(0, 2 * np.pi)
    towards = np.array([np.cos(angle), np.sin(angle)])
    middle = np.array([shape[1], shape[0]]) / diagonal / 2
    along = (x - middle[0]) * towards[0] + (y - middle[1]) * towards[1]
    if light == "shadow":
        across = (y - middle[1]) * towards[0] - (x - middle[0]) * towards[1]
        edge = 0.05 * np.sin(5 * across + rng.uniform(0, 2 * np.pi))
        place, soft = rng.uniform(-0.12, 0.12), rng.uniform(0.012, 0.035)
        shade = 1 / (1 + np.exp(-(along - place - edge) / soft))
        return 1 - shade[..., None] * np.float32([0.45, 0.42, 0.37])
    lamp = middle + 0.45 * towards
    far = np.hypot(x - lamp[0], y - lamp[1])
    bright = 1 / (1 + (far / 0.7) ** 2) ** 1.5
    return 1.02 * (bright / bright.max())[..., None] ** np.float32([0.9, 1.0, 1.2])
