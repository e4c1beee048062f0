"""Drawing of pages and of strokes on them, seen from above in even light.

Colours are red, green and blue in [0, 1]. Lengths on a page are in heights of a digit.
"""

from typing import NamedTuple

import numpy as np

Colour = tuple[float, float, float]


class Page(NamedTuple):
    """Look of paper or of a board."""

    colour: Colour
    ruling: Colour
    texture: tuple[tuple[float, float], ...]  # amplitude and size of spots


class Pen(NamedTuple):
    """Look of the strokes of a pen, and the page for it."""

    page: Page
    colour: Colour
    width: float  # of a stroke
    cover: float  # opacity of a stroke
    grain: float  # loss of opacity where the page is rough or the pressure is low


PAPER = Page((0.955, 0.945, 0.915), (0.68, 0.77, 0.87), ((0.005, 0.6), (0.005, 0.014)))
# The larger spots of the texture are chalk that was not wiped off.
BOARD = Page((0.17, 0.26, 0.225), (0.32, 0.41, 0.37), ((0.02, 0.5), (0.012, 0.1)))
PENS = {
    "ballpoint": Pen(PAPER, (0.11, 0.18, 0.54), 0.055, 0.95, 0.15),
    "pencil": Pen(PAPER, (0.27, 0.27, 0.29), 0.065, 0.9, 0.33),
    "felt": Pen(PAPER, (0.09, 0.09, 0.11), 0.125, 0.97, 0.0),
    "chalk": Pen(BOARD, (0.95, 0.95, 0.9), 0.11, 0.97, 0.3),
}
# Distances between the lines of the ruling, along x and along y.
PAPERS = {"plain": (None, None), "ruled": (None, 1.8), "squared": (0.6, 0.6)}
RULING_WIDTH = 0.02
PAGE_MARGIN = 0.6  # around the digits
SUPERSAMPLING = 4  # strokes are drawn larger by this factor, then reduced


class View:
    """Mapping from lengths on the page to pixels of the photo, and back.

    Parameters
    ----------
    written : list of list of ndarray of shape (n_points, 3)
        The strokes of each digit: x and y in heights of a digit, and the pressure.
    height : float
        Height of a digit, in pixels.
    tilt : float
        Rotation of the page, in degrees.
    """

    def __init__(self, written, height, tilt):
        points = np.vstack([stroke for strokes in written for stroke in strokes])
        turn = np.deg2rad(tilt)
        sine, cosine = np.sin(turn), np.cos(turn)
        self._scale = height * np.array([[cosine, -sine], [sine, cosine]])
        seen = points[:, :2] @ self._scale
        self._corner = seen.min(axis=0) - PAGE_MARGIN * height
        width, length = np.ceil(np.ptp(seen, axis=0) + 2 * PAGE_MARGIN * height).astype(
            int
        )
        self.shape = length, width
        self.height = height

    def pixels(self, stroke):
        """Convert the points of a stroke to pixels."""
        return np.column_stack(
            [stroke[:, :2] @ self._scale - self._corner, stroke[:, 2]]
        )

    def page(self):
        """Return x and y on the page for the centre of each pixel."""
        y, x = np.indices(self.shape) + 0.5
        seen = np.stack([x, y], axis=-1) + self._corner
        return np.moveaxis(seen @ np.linalg.inv(self._scale), -1, 0)


def blank_page(view, ruling, page, rng):
    """Draw the page and its ruling on a new float32 image."""
    image = np.tile(np.float32(page.colour), (*view.shape, 1))
    for deviation, size in page.texture:
        spots = _roughness(view.shape, size * view.height, rng)
        image += deviation * spots[..., None]
    width = max(1.0, RULING_WIDTH * view.height)
    for position, gap in zip(view.page(), ruling, strict=True):
        if gap is not None:
            distance = np.abs(position - gap * np.rint(position / gap)) * view.height
            line = np.clip(width / 2 + 0.5 - distance, 0, 1).astype(np.float32)
            image += line[..., None] * (np.float32(page.ruling) - image)
    return image


def write_on(image, view, written, pen, rng):
    """Draw the digits on the page.

    Returns
    -------
    boxes : ndarray of shape (n_digits, 4)
        Left, top, width and height of each digit's ink.
    """
    rough = _roughness(view.shape, 0.008 * view.height, rng)
    cover = pen.cover * np.clip(1 - pen.grain * np.clip(0.5 + rough, 0, None), 0, 1)
    boxes = []
    for strokes in written:
        left, top, ink = _draw([view.pixels(s) for s in strokes], pen, view.height)
        window = np.s_[top : top + ink.shape[0], left : left + ink.shape[1]]
        ink *= cover[window]
        image[window] += ink[..., None] * (np.float32(pen.colour) - image[window])
        boxes.append(np.add(_box(ink), [left, top, 0, 0]))
    return np.array(boxes, np.int64)


def _draw(strokes, pen, height):
    """Draw strokes of points (x, y, pressure) in pixels.

    Returns
    -------
    left, top : int
        Position of the upper left corner of `ink`.
    ink : ndarray of shape (height, width), dtype float32
        Fraction of each pixel that is covered, in [0, 1].
    """
    from .._images.opencv import cv2

    points = np.vstack(strokes)
    width = pen.width * height
    corner = np.floor(points[:, :2].min(axis=0) - width).astype(int)
    size = np.ceil(points[:, :2].max(axis=0) + width).astype(int) - corner
    fine = np.zeros(size[::-1] * SUPERSAMPLING, np.uint8)
    centres = (points[:, :2] - corner) * SUPERSAMPLING - 0.5
    radii = width / 2 * (0.55 + 0.45 * points[:, 2]) * SUPERSAMPLING
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
    """Return left, top, width and height of the pixels with ink."""
    inked = ink >= 0.25 * ink.max()
    rows, columns = (np.flatnonzero(inked.any(axis=axis)) for axis in (1, 0))
    return columns[0], rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1


def _roughness(shape, size, rng):
    """Draw random values of mean 0 and deviation 1 that vary over `size` pixels."""
    from .._images.opencv import cv2

    # Values that are smooth over many pixels are drawn small and then enlarged.
    step = max(1.0, size / 4)
    small = [int(np.ceil(n / step)) + 1 for n in shape]
    rough = cv2.GaussianBlur(
        rng.standard_normal(small, np.float32), (0, 0), max(size / step, 0.3)
    )
    rough = (rough - rough.mean()) / rough.std()
    return cv2.resize(rough, shape[::-1], interpolation=cv2.INTER_CUBIC)
