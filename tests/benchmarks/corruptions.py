"""Corruptions of images of digits, each at three strengths.

The kinds are those of MNIST-C (Mu and Gilmer, "MNIST-C: A Robustness Benchmark for
Computer Vision", 2019) and a few more; the code and the strengths differ. At the third
strength most images are still readable.

`CORRUPTIONS` has a function for each name. Its parameters are images of shape
(n, 28, 28) and dtype uint8, light ink on black, the strength (1, 2 or 3) and a NumPy
Generator; it returns images of the same shape and dtype.
"""

import cv2
import numpy as np
from scipy import ndimage

# Values of the three strengths, in pixels of 28x28 and grey levels from 0 to 255.
STRENGTHS = {
    "noise": (40, 70, 100),  # deviation, grey levels
    "impulse": (0.05, 0.12, 0.2),  # fraction of the pixels
    "blur": (0.8, 1.2, 1.6),  # deviation of the Gaussian, pixels
    "brightness": (60, 110, 160),  # grey levels
    "contrast": (0.5, 0.3, 0.15),  # factor
    "fog": (0.35, 0.5, 0.65),  # share of the fog at its thickest
    "rotation": (15, 27, 40),  # degrees
    "shear": (0.2, 0.4, 0.6),  # pixels to the side for each pixel of height
    "translation": (2, 4, 6),  # pixels
    "scale": (0.8, 0.65, 0.5),  # factor
    "stripe": (3, 6, 9),  # width, pixels
    "dotted line": (1, 2, 3),  # lines
    "zigzag": (1, 1.5, 2),  # width, pixels
    "thinner": (0.3, 0.5, 0.7),  # share of the stroke's width that is taken away
    "thicker": (0.5, 1, 1.5),  # pixels on each side of a stroke
    "inverted": ((255, 0), (225, 45), (195, 90)),  # grey level of paper and of ink
}
SIZE = 28
FINE = 4  # factor by which images are enlarged to measure strokes


def value(name, strength):
    return STRENGTHS[name][strength - 1]


def to_uint8(images):
    return np.clip(np.rint(images), 0, 255).astype(np.uint8)


def noise(images, strength, rng):
    """Add Gaussian noise to each pixel."""
    deviation = value("noise", strength)
    return to_uint8(images + rng.normal(0, deviation, images.shape))


def impulse(images, strength, rng):
    """Turn some pixels black and as many white."""
    fraction = value("impulse", strength)
    chance = rng.random(images.shape)
    images = np.where(chance < fraction / 2, np.uint8(0), images)
    return np.where(chance > 1 - fraction / 2, np.uint8(255), images)


def blur(images, strength, rng):
    """Blur by a Gaussian."""
    deviation = value("blur", strength)
    return to_uint8(ndimage.gaussian_filter(np.float32(images), (0, *2 * (deviation,))))


def brightness(images, strength, rng):
    """Lighten all pixels; white pixels stay white."""
    return to_uint8(np.int16(images) + value("brightness", strength))


def contrast(images, strength, rng):
    """Move all pixels towards middle grey."""
    return to_uint8(127.5 + value("contrast", strength) * (images - 127.5))


def fog(images, strength, rng):
    """Cover each image with a cloud of varying thickness."""
    cloud = 0
    for detail in (8, 4, 2):  # pixels
        layer = rng.normal(size=images.shape)
        layer = ndimage.gaussian_filter(layer, (0, detail, detail), mode="wrap")
        cloud = cloud + detail * layer / layer.std(axis=(1, 2), keepdims=True)
    low, high = (f(cloud, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
    cover = value("fog", strength) * (0.5 + (cloud - low) / (high - low) / 2)
    return to_uint8(images * (1 - cover) + 255 * cover)


def rotation(images, strength, rng):
    """Rotate to one side or the other."""
    angles = np.deg2rad(value("rotation", strength)) * signs(images, rng)
    cos, sin = np.cos(angles), np.sin(angles)
    return warp(images, cos, -sin, sin, cos)


def shear(images, strength, rng):
    """Slant to one side or the other."""
    slant = value("shear", strength) * signs(images, rng)
    return warp(images, 1, slant, 0, 1)


def translation(images, strength, rng):
    """Shift in any direction."""
    direction = rng.uniform(0, 2 * np.pi, len(images))
    shift = value("translation", strength) * np.array(
        [np.cos(direction), np.sin(direction)]
    )
    return warp(images, 1, 0, 0, 1, shift.T)


def scale(images, strength, rng):
    """Make the digit smaller."""
    factor = value("scale", strength)
    return warp(images, factor, 0, 0, factor)


def stripe(images, strength, rng):
    """Invert a stripe that crosses the image near its middle."""
    across, _ = line_coordinates(len(images), rng)
    inside = np.abs(across) <= value("stripe", strength) / 2
    return np.where(inside, 255 - images, images)


def dotted_line(images, strength, rng):
    """Draw straight dotted lines across the image, in the colour of the ink."""
    period, radius = 3, 0.9  # pixels
    for _ in range(value("dotted line", strength)):
        across, along = line_coordinates(len(images), rng)
        along = (along + rng.uniform(0, period, (len(images), 1, 1))) % period
        images = draw(images, np.hypot(across, along - period / 2), radius)
    return images


def zigzag(images, strength, rng):
    """Draw a zigzag line across the image, in the colour of the ink."""
    period, height = 8, 2.5  # pixels
    across, along = line_coordinates(len(images), rng)
    phase = (along / period + rng.random((len(images), 1, 1))) % 1
    away = np.abs(across - height * (4 * np.abs(phase - 0.5) - 1))
    distance = away / np.hypot(1, 4 * height / period)  # to the nearest slope
    return draw(images, distance, value("zigzag", strength) / 2)


def thinner(images, strength, rng):
    """Remove both sides of each stroke, in proportion to the mean stroke width."""
    share, thin = value("thinner", strength), []
    for ink in fine(images):
        depth = cv2.distanceTransform(ink, cv2.DIST_L2, 5)
        # Across a stroke the depth rises from 0 to half of the width and falls again.
        half_width = 2 * depth[depth > 0].mean()
        ridge = depth > 0.8 * ndimage.maximum_filter(depth, 2 * FINE + 1)
        kept = (depth > share * half_width) | (ridge & (depth > FINE / 4))
        thin.append(255 * np.uint8(kept))
    return coarse(np.array(thin))


def thicker(images, strength, rng):
    """Widen each stroke on both sides."""
    max_distance = value("thicker", strength) * FINE
    distances = [
        cv2.distanceTransform(255 - ink, cv2.DIST_L2, 5) for ink in fine(images)
    ]
    wide = 255 * np.uint8(np.array(distances) <= max_distance)
    return np.maximum(images, coarse(wide))


def inverted(images, strength, rng):
    """Write with dark ink on light paper, at higher strengths with less contrast."""
    paper, ink = value("inverted", strength)
    return to_uint8(paper + (ink - paper) * (images / 255))


def signs(images, rng):
    return rng.choice([-1, 1], len(images))


def warp(images, a, b, c, d, shift=(0, 0)):
    """Move the point (x, y), relative to the middle, to (ax + by, cx + dy) + shift.

    Each argument is one number for all images or one for each.
    """
    n, middle = len(images), (SIZE - 1) / 2
    matrices = np.empty((n, 2, 3))
    for index, entry in zip(
        [(0, 0), (0, 1), (1, 0), (1, 1)], (a, b, c, d), strict=True
    ):
        matrices[:, *index] = entry
    matrices[:, :, 2] = middle - matrices[:, :, :2].sum(axis=2) * middle + shift
    return np.array(
        [
            cv2.warpAffine(image, matrix, (SIZE, SIZE))
            for image, matrix in zip(images, matrices, strict=True)
        ]
    )


def line_coordinates(n, rng):
    """Return the coordinates of each pixel across and along a random line, in pixels.

    The n lines have any direction and pass the middle within three pixels.
    """
    coordinate = np.arange(SIZE) - (SIZE - 1) / 2
    y, x = coordinate[:, np.newaxis], coordinate
    direction = rng.uniform(0, np.pi, (n, 1, 1))
    cos, sin = np.cos(direction), np.sin(direction)
    return y * cos - x * sin + rng.uniform(-3, 3, (n, 1, 1)), x * cos + y * sin


def draw(images, distance, radius):
    """Draw ink with a smooth edge on all pixels within a radius of a line or dot."""
    ink = 255 * np.clip(radius + 0.5 - distance, 0, 1)
    return np.maximum(images, to_uint8(ink))


def fine(images):
    """Yield each image enlarged, with 255 for ink and 0 for paper."""
    for image in images:
        large = cv2.resize(image, None, fx=FINE, fy=FINE, interpolation=cv2.INTER_CUBIC)
        yield 255 * np.uint8(large > 127)


def coarse(images):
    """Reduce enlarged images to their original size by means of pixels."""
    cells = images.reshape(len(images), SIZE, FINE, SIZE, FINE)
    return to_uint8(cells.mean(axis=(2, 4), dtype=np.float32))


CORRUPTIONS = {
    "noise": noise,
    "impulse": impulse,
    "blur": blur,
    "brightness": brightness,
    "contrast": contrast,
    "fog": fog,
    "rotation": rotation,
    "shear": shear,
    "translation": translation,
    "scale": scale,
    "stripe": stripe,
    "dotted line": dotted_line,
    "zigzag": zigzag,
    "thinner": thinner,
    "thicker": thicker,
    "inverted": inverted,
}
