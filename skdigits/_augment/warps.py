"""Random warps of batches of images.

Rotation, zoom, shear, shift and mirroring of an image form one matrix, so its pixels
are interpolated once. Elastic distortion adds a smooth random displacement of every
pixel [1]_, interpolated from a coarse grid of nodes.

References
----------
.. [1] P. Y. Simard, D. Steinkraus and J. C. Platt, "Best Practices for Convolutional
   Neural Networks Applied to Visual Document Analysis", ICDAR 2003.
"""

import numpy as np

from .._images.flips import FLIPS
from .._images.opencv import cv2

ELASTIC_NODES = 4  # nodes of the elastic grid along each side of an image
MAX_CHANNELS = 4  # OpenCV warps at most four channels at once
MAX_HEIGHT_PX = 2**15 - 2  # OpenCV warps no taller images
CACHED_PIXELS = 2**16  # images of so many pixels are warped together: they fit a cache


def warp(
    images, rng, *, rotation, zoom, shift, shear, elastic, flip, cutout, fill_value
):
    """Warp every image at random, with the strengths of `ImageAugmenter`.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels), uint8 or float32
        Not changed.
    rng : numpy.random.Generator
    rotation, zoom, shift, shear, fill_value, cutout : float
        As in `ImageAugmenter`.
    elastic : float
        Standard deviation of the displacements of the grid's nodes, in pixels.
    flip : str or None
        As in `ImageAugmenter`.

    Returns
    -------
    ndarray of the shape and dtype of `images`
    """
    n, height, width = images.shape[:3]
    matrices = inverse_affine(
        n, (height, width), rng, rotation=rotation, zoom=zoom, shift=shift, shear=shear
    )
    nodes = None
    if elastic > 0:
        nodes = rng.normal(0, elastic, (n, 2, ELASTIC_NODES, ELASTIC_NODES))
    # Drawn last, so that flip and cutout do not change the other random numbers.
    if flip is not None:
        mirror(matrices, (height, width), rng, flip)
    centres = rng.integers((height, width), size=(n, 2)) if cutout > 0 else None
    basis = map_basis(height, width, elastic=elastic > 0)
    warped = np.empty_like(images)
    if images.dtype == np.uint8:
        fill_value = np.clip(round(fill_value), 0, 255)
    size = min(CACHED_PIXELS // (height * width), MAX_HEIGHT_PX // (height + 2))
    size = max(1, size)
    for first in range(0, n, size):
        block = slice(first, first + size)
        maps = pixel_maps(
            matrices[block], None if nodes is None else nodes[block], basis
        )
        warped[block] = interpolate(images[block], maps, fill_value)
        if cutout > 0:
            side = round(cutout * min(height, width))
            fill_squares(warped[block], centres[block], side, fill_value)
    return warped


def interpolate(images, maps, fill_value):
    """Interpolate images linearly at the positions of the new images' pixels.

    The images are stacked into one tall image, with a margin of `fill_value` around
    each: for single small images, the overhead of OpenCV's calls equals their work.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels)
    maps : ndarray of shape (2, n, height * width), float32
        From `pixel_maps`. Overwritten.
    fill_value : float
    """
    n, height, width, channels = images.shape
    tall = np.full((n, height + 2, width + 2, channels), fill_value, images.dtype)
    tall[:, 1:-1, 1:-1] = images
    tall = tall.reshape(-1, width + 2, channels)
    x, y = maps
    np.clip(x, -1, width, out=x)
    np.clip(y, -1, height, out=y)
    x += 1
    y += 1 + (height + 2) * np.arange(n, dtype=np.float32)[:, None]
    x, y = x.reshape(-1, width), y.reshape(-1, width)
    return by_channels(tall, cv2.remap, x, y, cv2.INTER_LINEAR).reshape(images.shape)


def by_channels(image, operation, *options):
    """Apply an operation of OpenCV to an image of any number of channels."""
    parts = [
        operation(image[..., first : first + MAX_CHANNELS], *options)
        for first in range(0, image.shape[2], MAX_CHANNELS)
    ]
    parts = [part.reshape(*part.shape[:2], -1) for part in parts]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)


def inverse_affine(n, size, rng, *, rotation, zoom, shift, shear):
    """Compute random matrices, (n, 2, 3), that map pixels to their sources.

    They map (x, y, 1) of the warped image to (x, y) of the image. The strengths are
    those of `warp`, `size` is (height, width) in pixels.
    """
    height, width = size
    angle = np.deg2rad(rng.uniform(-rotation, rotation, n))
    slant = np.tan(np.deg2rad(rng.uniform(-shear, shear, n)))
    zoom_x, zoom_y = rng.uniform(1 - zoom, 1 + zoom, (2, n))
    shift_x, shift_y = rng.uniform(-shift, shift, (2, n)) * [[width], [height]]

    # forward = rotate @ shear @ zoom, written out
    cos, sin = np.cos(angle), np.sin(angle)
    forward = np.empty((n, 2, 2))
    forward[:, 0, 0] = cos * zoom_x
    forward[:, 0, 1] = (cos * slant - sin) * zoom_y
    forward[:, 1, 0] = sin * zoom_x
    forward[:, 1, 1] = (sin * slant + cos) * zoom_y

    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    landing = centre + np.stack([shift_x, shift_y], axis=1)
    matrices = np.empty((n, 2, 3))
    matrices[:, :, :2] = np.linalg.inv(forward)
    matrices[:, :, 2] = centre - np.einsum("nij,nj->ni", matrices[:, :, :2], landing)
    return matrices


def mirror(matrices, size, rng, flip):
    """Mirror the source of a random half of the images, in each direction of `flip`.

    Parameters
    ----------
    matrices : ndarray of shape (n, 2, 3)
        From `inverse_affine`. Changed in place.
    """
    for axis in FLIPS[flip]:
        chosen = rng.random(len(matrices)) < 0.5
        row = 2 - axis  # x is the first row, and the last axis of an image
        matrices[chosen, row] *= -1
        matrices[chosen, row, 2] += size[axis - 1] - 1


def fill_squares(images, centres, side, fill_value):
    """Fill a square in each image, without the part of it that is outside.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels)
        Changed in place.
    centres : ndarray of shape (n, 2), int
        Row and column of each centre.
    side : int
        In pixels.
    fill_value : float
    """
    first = centres - side // 2
    starts, ends = np.maximum(first, 0), first + side
    # Ten times as fast as one mask of all images.
    for image, (top, left), (bottom, right) in zip(images, starts, ends, strict=True):
        image[top:bottom, left:right] = fill_value


def map_basis(height, width, *, elastic):
    """Return the arrays of which every map of pixels is a linear combination.

    These are x, y and 1 and, if `elastic`, the contribution of each node by cubic
    interpolation: (n_terms, height * width), float32.
    """
    y, x = np.mgrid[:height, :width]
    affine = np.stack([x, y, np.ones_like(x)]).reshape(3, -1)
    if not elastic:
        return affine.astype(np.float32)
    # Resizing the identity yields the interpolation as a matrix.
    identity = np.eye(ELASTIC_NODES)
    rows = cv2.resize(identity, (ELASTIC_NODES, height), interpolation=cv2.INTER_CUBIC)
    columns = cv2.resize(
        identity, (ELASTIC_NODES, width), interpolation=cv2.INTER_CUBIC
    )
    return np.concatenate([affine, np.kron(rows, columns).T]).astype(np.float32)


def pixel_maps(matrices, nodes, basis):
    """Compute the source of every pixel of warped images.

    Parameters
    ----------
    matrices : ndarray of shape (n, 2, 3)
    nodes : ndarray of shape (n, 2, ELASTIC_NODES, ELASTIC_NODES) or None
        Displacements of the nodes of the elastic grid, in pixels.
    basis : ndarray of shape (n_terms, height * width), float32

    Returns
    -------
    ndarray of shape (2, n, height * width), float32
        x and y, in pixels.
    """
    weights = matrices
    if nodes is not None:
        flat = nodes.reshape(*nodes.shape[:2], -1)
        weights = np.concatenate([matrices, flat], axis=2)
    return np.float32(weights.transpose(1, 0, 2)) @ basis
