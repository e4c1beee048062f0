"""Random degradations of images that imitate poor pens and cameras.

Each function takes `images`, an ndarray of shape (n, height, width, channels) and dtype
uint8 or float32 with strokes that are light on dark, and a `numpy.random.Generator`. It
returns new images of the same shape and dtype.
"""

import numpy as np

from .._images.opencv import cv2
from .warps import MAX_HEIGHT_PX, by_channels

CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
SQUARE = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))
GAP_LENGTH_PX, GAP_WIDTH_PX = 7, 2  # in an image of 28x28
BLUR_SIGMAS = 3  # half the width of the blur's kernel, in standard deviations


def change_thickness(images, rng, max_change):
    """Move the edges of strokes out or in by up to `max_change` pixels."""
    amount = rng.uniform(-max_change, max_change, len(images))
    changed = images.copy()
    for operation, is_selected in ((cv2.dilate, amount > 0), (cv2.erode, amount < 0)):
        index = np.flatnonzero(is_selected)
        left = np.abs(amount[index])
        # Whole pixels one after another, the last one in part.
        for step in range(int(np.ceil(max_change))):
            index, left = index[left > 0], left[left > 0]
            kernel = SQUARE if step % 2 else CROSS  # together nearly round
            moved = _on_each(changed[index], operation, kernel)
            share = np.minimum(left, 1).astype(np.float32)[:, None, None, None]
            before = changed[index].astype(np.float32)
            changed[index] = _as_dtype(before + share * (moved - before), images.dtype)
            left = left - 1
    return changed


def _on_each(images, operation, kernel):
    """Dilate or erode images, stacked into one tall image with margins between them."""
    n, height, width, channels = images.shape
    result = np.empty_like(images)
    size = max(1, MAX_HEIGHT_PX // (height + 2))
    for first in range(0, n, size):
        block = images[first : first + size]
        tall = np.pad(block, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
        tall = tall.reshape(-1, width + 2, channels)
        whole = by_channels(tall, operation, kernel)
        whole = whole.reshape(len(block), height + 2, width + 2, channels)
        result[first : first + size] = whole[:, 1:-1, 1:-1]
    return result


def break_strokes(images, rng, max_gaps, fill_value):
    """Paint up to `max_gaps` gaps of `fill_value` on the strokes of each image."""
    n, height, width = images.shape[:3]
    broken = images.copy()
    counts = rng.integers(0, max_gaps + 1, n)
    scale = min(height, width) / 28
    thickness = max(1, round(GAP_WIDTH_PX * scale))
    for index in np.repeat(np.arange(n), counts):
        position, angle = rng.uniform(0, 1), rng.uniform(0, np.pi)
        stroke = images[index].max(axis=2)
        rows, columns = np.nonzero(stroke > stroke.max() / 2)
        if len(rows) == 0:
            continue
        chosen = int(position * len(rows))
        half = GAP_LENGTH_PX / 2 * scale
        across, down = half * np.cos(angle), half * np.sin(angle)
        x = np.rint(columns[chosen] + np.array([-across, across])).astype(int).tolist()
        y = np.rint(rows[chosen] + np.array([-down, down])).astype(int).tolist()
        line = np.zeros((height, width), np.uint8)
        cv2.line(line, (x[0], y[0]), (x[1], y[1]), 1, thickness)
        broken[index][line > 0] = _as_dtype(np.float32(fill_value), images.dtype)
    return broken


def lower_resolution(images, rng, max_loss):
    """Reduce images by up to a fraction `max_loss` of each side, and enlarge them."""
    height, width = images.shape[1:3]
    remaining = 1 - rng.uniform(0, max_loss, len(images))
    coarse = np.empty_like(images)
    for image, fraction, result in zip(images, remaining, coarse, strict=True):
        size = max(1, round(width * fraction)), max(1, round(height * fraction))
        large = by_channels(image, _resize_twice, size)
        # Cubic interpolation exceeds the range of what it interpolates.
        result[...] = np.clip(large, image.min(), image.max())
    return coarse


def _resize_twice(image, size):
    height, width = image.shape[:2]
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def blur(images, rng, max_sigma):
    """Blur images by Gaussian kernels of deviations up to `max_sigma` pixels."""
    sigma = np.maximum(rng.uniform(0, max_sigma, len(images)), 1e-3)
    radius = int(np.ceil(BLUR_SIGMAS * max_sigma))
    offsets = np.arange(-radius, radius + 1)
    weights = np.exp(-((offsets / sigma[:, None]) ** 2) / 2)
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    blurred = images.astype(np.float32)
    for axis in (1, 2):
        padding = [(0, 0)] * 4
        padding[axis] = (radius, radius)
        padded = np.pad(blurred, padding, mode="edge")
        blurred = sum(
            np.take(padded, range(i, i + images.shape[axis]), axis=axis)
            * weights[:, i, None, None, None]
            for i in range(len(offsets))
        )
    return _as_dtype(blurred, images.dtype)


def change_contrast(images, rng, max_change, fill_value):
    """Change the contrast of strokes to `fill_value` by up to a fraction.

    No pixel leaves the range of its image.
    """
    gain = rng.uniform(1 - max_change, 1 + max_change, len(images)).astype(np.float32)
    paper = np.float32(fill_value)
    strokes = images.astype(np.float32) - paper
    changed = paper + strokes * gain[:, None, None, None]
    lowest = np.minimum(images.min(axis=(1, 2, 3), keepdims=True), paper)
    highest = np.maximum(images.max(axis=(1, 2, 3), keepdims=True), paper)
    return _as_dtype(np.clip(changed, lowest, highest), images.dtype)


def _as_dtype(values, dtype):
    if dtype == np.uint8:
        values = np.clip(np.rint(values), 0, 255)
    return values.astype(dtype)
