"""Drawn digits in place of a share of the images, in many handwritings."""

import numpy as np

from .._images.opencv import cv2
from .._vision.hands import Hand

FINE = 4  # digits are drawn larger by this factor, then averaged
BOX_SHARE = 5 / 7  # of the digit's longer side in the image's shorter one, as in MNIST
PEN_PX = 1.0, 4.5  # widths of pens, in pixels of 28x28
SHIFT = 4  # bits: OpenCV takes fractions of a pixel as integers
SPACING = 3  # every so many points of a stroke are joined by lines


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
    strokes = [s[::-SPACING, :2][::-1] for s in Hand(rng).write(digit)]
    points = np.vstack(strokes)
    ends = np.cumsum([len(stroke) for stroke in strokes])[:-1]
    points[:, 0] *= np.exp(rng.normal(0, 0.15))
    points -= points.min(axis=0)
    box = FINE * BOX_SHARE * min(shape)
    width = FINE * np.exp(rng.uniform(*np.log(PEN_PX))) * min(shape) / 28
    extent = points.max(axis=0)
    scale = (box - width) / extent.max()
    if rng.random() < 0.15 and extent.min() > extent.max() / 5:
        scale = (box - width) / extent  # stretched to a square
    points = points * scale + width
    canvas = np.zeros([FINE * n for n in shape], np.uint8)
    curves = np.split(np.rint(points * 2**SHIFT).astype(np.int32), ends)
    thickness = max(1, round(width))
    cv2.polylines(canvas, curves, False, 255, thickness, cv2.LINE_8, SHIFT)
    mass = cv2.moments(canvas)
    centre = np.array([mass["m10"], mass["m01"]]) / mass["m00"]
    # Moved by whole pixels of the finer grid; what would leave the image stays in it.
    to = np.rint(np.array(canvas.shape[::-1]) / 2 - 0.5 - centre)
    matrix = np.array([[1, 0, to[0]], [0, 1, to[1]]])
    canvas = cv2.warpAffine(canvas, matrix, canvas.shape[::-1], flags=cv2.INTER_NEAREST)
    image = cv2.resize(canvas, shape[::-1], interpolation=cv2.INTER_AREA)
    return np.float32(image) / 255
