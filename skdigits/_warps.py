"""Random warps of batches of images: (images, rng, strengths) -> new images.

Rotation, zoom, shear and shift of an image are fused into one matrix, so that its
pixels are interpolated once. Elastic distortion adds a smooth random displacement
of every pixel [1]_, here from a coarse grid of nodes.

References
----------
.. [1] P. Y. Simard, D. Steinkraus and J. C. Platt, "Best Practices for Convolutional
   Neural Networks Applied to Visual Document Analysis", ICDAR 2003.
"""

import cv2
import numpy as np

ELASTIC_NODES = 4  # nodes of the elastic grid along each side of an image
MAX_CHANNELS = 4  # that OpenCV warps at once
BLOCK = 1024  # images whose elastic maps are held in memory together


def warp(images, rng, *, rotation, zoom, shift, shear, elastic, fill_value):
    """Draw one warp for every image.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels), uint8 or float32
        Left as they are.
    rng : numpy.random.Generator
    rotation : float
        Largest angle to either side, in degrees.
    zoom : float
        Largest change of height and of width, as a fraction, each on its own.
    shift : float
        Largest shift to either side, as a fraction of the height or width.
    shear : float
        Largest angle of shear to either side, in degrees.
    elastic : float
        Standard deviation of the grid nodes' displacements, in pixels.
    fill_value : float
        Pixels from outside of an image.

    Returns
    -------
    ndarray of the shape and dtype of `images`
    """
    strengths = {"rotation": rotation, "zoom": zoom, "shift": shift, "shear": shear}
    warped = np.empty_like(images)
    for first in range(0, len(images), BLOCK):
        block = slice(first, first + BLOCK)
        warp_one = _drawn_warp(images[block].shape, rng, strengths, elastic, fill_value)
        _warp_block(images[block], warped[block], warp_one)
    return warped


def _drawn_warp(shape, rng, strengths, elastic, fill_value):
    """Draw the warps of a block; return (image, its place, where to write) -> None."""
    n, height, width, _ = shape
    border = {
        "borderMode": cv2.BORDER_CONSTANT,
        "borderValue": (float(fill_value),) * MAX_CHANNELS,
    }
    matrices = inverse_affine(n, (height, width), rng, **strengths)
    if elastic > 0:
        nodes = rng.normal(0, elastic, (n, 2, ELASTIC_NODES, ELASTIC_NODES))
        maps = pixel_maps(matrices, nodes, height, width)

        def warp_one(image, i, out):
            cv2.remap(image, *maps[i], cv2.INTER_LINEAR, dst=out, **border)

    else:
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP

        def warp_one(image, i, out):
            size = (width, height)
            cv2.warpAffine(image, matrices[i], size, dst=out, flags=flags, **border)

    return warp_one


def _warp_block(images, warped, warp_one):
    """Warp each image, all its channels alike."""
    for first in range(0, images.shape[3], MAX_CHANNELS):
        group = slice(first, first + MAX_CHANNELS)
        source = np.ascontiguousarray(images[..., group])
        target = np.empty_like(source)
        for i, image in enumerate(source):
            warp_one(image, i, target[i])
        warped[..., group] = target


def inverse_affine(n, size, rng, *, rotation, zoom, shift, shear):
    """Draw matrices that say from where each pixel of a warped image comes.

    Parameters
    ----------
    n : int
    size : tuple of 2 ints
        Height and width, in pixels.
    rng : numpy.random.Generator
    rotation, zoom, shift, shear : float
        As in `warp`.

    Returns
    -------
    ndarray of shape (n, 2, 3), float64
        Maps (x, y, 1) of the warped image to (x, y) of the image.
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


def pixel_maps(matrices, nodes, height, width):
    """Say for every pixel of a warped image from where it comes.

    Parameters
    ----------
    matrices : ndarray of shape (n, 2, 3)
        Of `inverse_affine`.
    nodes : ndarray of shape (n, 2, ELASTIC_NODES, ELASTIC_NODES)
        Displacements of the elastic grid's nodes, in pixels; the pixels between the
        nodes follow by cubic interpolation.
    height, width : int

    Returns
    -------
    ndarray of shape (n, 2, height, width), float32
        x and y of the pixel that comes in.
    """
    y, x = np.mgrid[:height, :width]
    affine = np.stack([x, y, np.ones_like(x)]).reshape(3, -1)
    # Resizing the identity gives the interpolation as a matrix. So each map is a
    # linear combination of the same few images, and one product makes them all.
    identity = np.eye(ELASTIC_NODES)
    rows = cv2.resize(identity, (ELASTIC_NODES, height), interpolation=cv2.INTER_CUBIC)
    columns = cv2.resize(
        identity, (ELASTIC_NODES, width), interpolation=cv2.INTER_CUBIC
    )
    basis = np.concatenate([affine, np.kron(rows, columns).T]).astype(np.float32)
    n = len(matrices)
    weights = np.concatenate([matrices, nodes.reshape(n, 2, -1)], axis=2)
    return (weights.reshape(2 * n, -1).astype(np.float32) @ basis).reshape(
        n, 2, height, width
    )
