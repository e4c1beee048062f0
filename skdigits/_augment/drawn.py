"""Drawn digits in place of a share of the images, in many handwritings."""

import numpy as np

from .._images.opencv import cv2
from .._vision.hands import Hand

FINE = 4  # digits are drawn larger by this factor, then averaged
BOX_SHARE = 5 / 7  # of the digit's longer side in the image's shorter one, as in MNIST
PEN_PX = 1.0, 7.0  # widths of pens, in pixels of 28x28
WIDENING = 0.15  # deviation of the logarithm of the width
SQUARE_SHARE = 0.15  # of the digits are stretched to a square, unless they are bars
BAR = 0.2  # a digit that is narrower than this share of its height is a bar
SHIFT = 4  # bits: OpenCV takes fractions of a pixel as integers
MAX_PEN = 0.22  # of the digit's shorter side, but for 1: wider pens would fill loops
SPACING = 3  # one in so many points of a stroke is joined to the next by a line


def replace_by_drawn(images, labels, rng, share, fill_value):
    """Replace a share of images by drawn digits of the same labels.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, 1), uint8 or float32
        Not changed.
    labels : ndarray of shape (n,)
        Digits from 0 to 9, or strings of them.
    rng : numpy.random.Generator
    share : float
        Probability that an image is replaced.
    fill_value : float
        Value of the background. The value of the ink is the one of all pixels that
        differs most from it.

    Returns
    -------
    ndarray of the shape and dtype of `images`
    """
    chosen = np.flatnonzero(rng.random(len(images)) < share)
    if len(chosen) == 0:
        return images
    lowest, highest = float(images.min()), float(images.max())
    ink = max(lowest, highest, key=lambda value: abs(value - fill_value))
    drawn = [draw_digit(int(labels[i]), images.shape[1:3], rng) for i in chosen]
    pixels = fill_value + (ink - fill_value) * np.float32(drawn)[..., None]
    if images.dtype == np.uint8:
        pixels = np.clip(np.rint(pixels), 0, 255)
    replaced = images.copy()
    replaced[chosen] = pixels
    return replaced


def draw_digit(digit, shape, rng):
    """Draw a digit in a new handwriting, in the form of MNIST's digits.

    Returns
    -------
    ndarray of the given shape, float32
        Fraction of each pixel that is covered with ink, in [0, 1].
    """
    strokes = [curve[::SPACING] for curve in Hand(rng).move_pen(digit)]
    points = np.vstack(strokes)
    points[:, 0] *= np.exp(rng.normal(0, WIDENING))
    extent = np.ptp(points, axis=0)
    if rng.random() < SQUARE_SHARE and extent.min() > BAR * extent.max():
        points /= extent
        extent = np.ones(2)
    box = FINE * BOX_SHARE * min(shape)
    pen = FINE * min(shape) / 28 * np.exp(rng.uniform(*np.log(PEN_PX)))
    if digit != 1:
        pen = min(pen, MAX_PEN * box * extent.min() / extent.max())
    points *= (box - pen) / extent.max()
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    points += (FINE * np.array(shape[::-1]) - 1) / 2 - middle
    curves = np.rint(points * 2**SHIFT).astype(np.int32)
    curves = np.split(curves, np.cumsum([len(stroke) for stroke in strokes[:-1]]))
    canvas = np.zeros([FINE * n for n in shape], np.uint8)
    thickness = max(1, round(pen))
    cv2.polylines(canvas, curves, False, 255, thickness, cv2.LINE_8, SHIFT)
    image = cv2.resize(canvas, shape[::-1], interpolation=cv2.INTER_AREA)
    mass = cv2.moments(image)
    shift = [
        round((n - 1) / 2 - mass[name] / mass["m00"])
        for n, name in zip(shape, ("m01", "m10"), strict=True)
    ]
    return np.float32(np.roll(image, shift, (0, 1))) / 255
