"""Random changes of batches of images that another pen or camera would bring.

Each function takes images and gives new ones of their shape and dtype. Strokes are
light on dark, as MNIST's.
"""

import numpy as np

from .._images.opencv import cv2
from .warps import MAX_CHANNELS, OPENCV_HEIGHT

CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
SQUARE = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))
GAP_LENGTH, GAP_WIDTH = 7, 2  # pixels of a 28x28 image
REACH = 3  # pixels that the blur of largest deviation reaches, in its deviations


def change_thickness(images, rng, thickness):
    """Move the edges of strokes out or in.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels), uint8 or float32
    rng : numpy.random.Generator
    thickness : float
        Pixels that an edge is moved at most.

    Returns
    -------
    ndarray of the shape and dtype of `images`
    """
    amount = rng.uniform(-thickness, thickness, len(images))
    changed = images.copy()
    for operation, towards in ((cv2.dilate, amount > 0), (cv2.erode, amount < 0)):
        index = np.flatnonzero(towards)
        left = np.abs(amount[index])
        # Whole pixels one after another, the last one in part.
        for step in range(int(np.ceil(thickness))):
            index, left = index[left > 0], left[left > 0]
            kernel = SQUARE if step % 2 else CROSS  # together nearly round
            moved = _on_each(changed[index], operation, kernel)
            share = np.minimum(left, 1).astype(np.float32)[:, None, None, None]
            before = changed[index].astype(np.float32)
            changed[index] = _as_dtype(before + share * (moved - before), images.dtype)
            left = left - 1
    return changed


def _on_each(images, operation, kernel):
    """Dilate or erode images that are laid into one, apart from each other."""
    n, height, width, channels = images.shape
    result = np.empty_like(images)
    size = max(1, OPENCV_HEIGHT // (height + 2))
    for first in range(0, n, size):
        block = images[first : first + size]
        tall = np.pad(block, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
        tall = tall.reshape(-1, width + 2, channels)
        whole = _by_channels(tall, operation, kernel)
        whole = whole.reshape(len(block), height + 2, width + 2, channels)
        result[first : first + size] = whole[:, 1:-1, 1:-1]
    return result


def _by_channels(image, operation, *options):
    """Do to any number of channels what OpenCV does to few at once."""
    parts = [
        operation(image[..., first : first + MAX_CHANNELS], *options)
        for first in range(0, image.shape[2], MAX_CHANNELS)
    ]
    return np.concatenate([part.reshape(*part.shape[:2], -1) for part in parts], axis=2)


def break_strokes(images, rng, gaps, fill_value):
    """Break strokes where a pen has left the paper.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels), uint8 or float32
    rng : numpy.random.Generator
    gaps : int
        Gaps in an image at most.
    fill_value : float
        What is seen in a gap.

    Returns
    -------
    ndarray of the shape and dtype of `images`
    """
    n, height, width = images.shape[:3]
    broken = images.copy()
    counts = rng.integers(0, gaps + 1, n)
    unit = min(height, width) / 28
    thickness = max(1, round(GAP_WIDTH * unit))
    for index in np.repeat(np.arange(n), counts):
        position, angle = rng.uniform(0, 1), rng.uniform(0, np.pi)
        stroke = images[index].max(axis=2)
        rows, columns = np.nonzero(stroke > stroke.max() / 2)
        if len(rows) == 0:
            continue
        at = int(position * len(rows))
        reach = GAP_LENGTH / 2 * unit
        across, down = reach * np.cos(angle), reach * np.sin(angle)
        line = np.zeros((height, width), np.uint8)
        ends = (
            (columns[at] + np.array([-across, across])).round().astype(int),
            (rows[at] + np.array([-down, down])).round().astype(int),
        )
        (x0, x1), (y0, y1) = ends
        cv2.line(line, (int(x0), int(y0)), (int(x1), int(y1)), 1, thickness)
        broken[index][line > 0] = _as_dtype(np.float32(fill_value), images.dtype)
    return broken


def lower_resolution(images, rng, low_resolution):
    """Make images smaller, and as large as before.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels), uint8 or float32
    rng : numpy.random.Generator
    low_resolution : float
        Fraction of height and width that is lost at most.

    Returns
    -------
    ndarray of the shape and dtype of `images`
    """
    height, width = images.shape[1:3]
    kept = 1 - rng.uniform(0, low_resolution, len(images))
    coarse = np.empty_like(images)
    for image, fraction, result in zip(images, kept, coarse, strict=True):
        size = max(1, round(width * fraction)), max(1, round(height * fraction))
        large = _by_channels(image, _resized_twice, size)
        # Cubic interpolation goes beyond the range of what it interpolates.
        result[...] = np.clip(large, image.min(), image.max())
    return coarse


def _resized_twice(image, size):
    height, width = image.shape[:2]
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def blur(images, rng, blur):
    """Blur images by Gaussian kernels of different widths.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels), uint8 or float32
    rng : numpy.random.Generator
    blur : float
        Largest standard deviation of the kernel, in pixels.

    Returns
    -------
    ndarray of the shape and dtype of `images`
    """
    deviation = np.maximum(rng.uniform(0, blur, len(images)), 1e-3)
    offsets = np.arange(-int(np.ceil(REACH * blur)), int(np.ceil(REACH * blur)) + 1)
    weights = np.exp(-((offsets / deviation[:, None]) ** 2) / 2)
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    blurred = images.astype(np.float32)
    for axis in (1, 2):
        reach = [(0, 0)] * 4
        reach[axis] = (-offsets[0], offsets[-1])
        padded = np.pad(blurred, reach, mode="edge")
        blurred = sum(
            np.take(padded, range(i, i + images.shape[axis]), axis=axis)
            * weights[:, i, None, None, None]
            for i in range(len(offsets))
        )
    return _as_dtype(blurred, images.dtype)


def change_contrast(images, rng, contrast, fill_value):
    """Make strokes fainter or stronger against what is around them.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels), uint8 or float32
    rng : numpy.random.Generator
    contrast : float
        Largest change, as a fraction.
    fill_value : float
        What is around them.

    Returns
    -------
    ndarray of the shape and dtype of `images`
        Not beyond the range that each image has had.
    """
    gain = rng.uniform(1 - contrast, 1 + contrast, len(images)).astype(np.float32)
    around = np.float32(fill_value)
    strokes = images.astype(np.float32) - around
    changed = around + strokes * gain[:, None, None, None]
    lowest = np.minimum(images.min(axis=(1, 2, 3), keepdims=True), around)
    highest = np.maximum(images.max(axis=(1, 2, 3), keepdims=True), around)
    return _as_dtype(np.clip(changed, lowest, highest), images.dtype)


def _as_dtype(values, dtype):
    if dtype == np.uint8:
        values = np.clip(np.rint(values), 0, 255)
    return values.astype(dtype)
