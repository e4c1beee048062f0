"""Validation of images of any size, in any container that users pass."""

import contextlib
import os
from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageOps
from scipy import sparse

CHANNEL_COUNTS = (1, 2, 3, 4)  # grey, grey and opacity, RGB, RGB and opacity
IMAGE_HELP = (
    "Pass arrays of shape (height, width) or (height, width, channels), with "
    "1 to 4 channels, of integers or floats, or Pillow images."
)
FILES = str | bytes | os.PathLike | Mapping  # names, or the result of load_images
ARRAY_MODES = ("1", "L", "I", "F", "I;16", "I;16B", "I;16L", "I;16N", "RGB")


def split_images(X):
    """Split `X` into images, each an array of its own.

    Parameters
    ----------
    X : array-like, DataFrame, Pillow image, or sequence of images

    Returns
    -------
    list of ndarray of shape (height, width) or (height, width, channels), or None
        Arrays are not copied. None if each row of `X` is an image, as in the data of
        scikit-learn.

    Raises
    ------
    ValueError, TypeError
        If an element of `X` is not an image. The message contains its index.
    """
    if hasattr(X, "columns") or sparse.issparse(X):
        return None
    if is_one_image(X) or isinstance(X, FILES):
        return [check_image(X, "X")]
    shape = getattr(X, "shape", ())
    if len(shape) >= 3:
        items = np.asarray(X)
    elif isinstance(X, list | tuple) or (len(shape) == 1 and _may_hold_images(X)):
        items = list(X)
        if items and not any(map(is_image, items)):
            return None
    else:
        return None
    return [check_image(item, f"X[{index}]") for index, item in enumerate(items)]


def is_one_image(X):
    """Whether `X` is one Pillow image, or one array with one to four channels last."""
    shape = getattr(X, "shape", ())
    has_channels = len(shape) == 3 and shape[2] in CHANNEL_COUNTS
    return isinstance(X, Image.Image) or (has_channels and min(shape[:2]) > shape[2])


def _may_hold_images(X):
    """Whether a sequence of one dimension, such as a Series, may contain objects."""
    return getattr(X.dtype, "kind", "O") in "OSTU"


def is_image(item):
    """Whether an element of a sequence is or represents an image, and is not a row."""
    if isinstance(item, list | tuple):
        return len(item) > 0 and isinstance(item[0], list | tuple | np.ndarray)
    return isinstance(item, Image.Image | FILES) or getattr(item, "ndim", 0) >= 2


def check_image(image, name):
    """Check one image and convert it to an array.

    Parameters
    ----------
    image : array-like of shape (height, width) or (height, width, channels), or \
            Pillow image
    name : str
        Name of the image in error messages.

    Returns
    -------
    ndarray of shape (height, width) or (height, width, channels)
        Arrays are not copied.

    Raises
    ------
    ValueError, TypeError
    """
    if isinstance(image, FILES):
        raise TypeError(
            f"{name} must be an image. Got {_description(image)} instead. Read files "
            "with skdigits.datasets.load_images and pass load_images(path).images."
        )
    if isinstance(image, Image.Image):
        image = _from_pillow(image, name)
    try:
        image = np.asarray(image)
    except ValueError as exc:  # a sequence of different shapes
        raise ValueError(f"{name} must be one image. Got {exc} {IMAGE_HELP}") from exc
    if image.dtype == object and image.ndim > 1:
        image = np.array(image.tolist())
    if image.dtype.kind not in "biuf":
        if image.ndim == 1 and isinstance(image[0], FILES):
            return check_image(image[0], f"{name}[0]")
        raise TypeError(
            f"{name} must be an image of numbers. Got dtype {image.dtype} instead. "
            f"{IMAGE_HELP}"
        )
    wrong = image.ndim not in (2, 3) or image.size == 0
    if wrong or (image.ndim == 3 and image.shape[2] not in CHANNEL_COUNTS):
        raise ValueError(
            f"{name} must be an image. Got shape {image.shape} instead. {IMAGE_HELP}"
        )
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        raise ValueError(
            f"{name} must have finite pixels. Got NaN or infinity. Replace them, "
            "for example with numpy.nan_to_num."
        )
    return image


def _description(item):
    kind = type(item).__name__
    return f"the {kind} {item!r:.100}" if not isinstance(item, Mapping) else f"a {kind}"


def _from_pillow(image, name):
    """Convert to grey, RGB or RGBA in upright orientation, as `load_images` does."""
    try:
        image.load()
    except OSError as exc:
        raise ValueError(
            f"{name} must be an image that Pillow can decode. Got {exc} instead."
        ) from exc
    # Damaged EXIF data raise errors of many classes, but the pixels are intact.
    with contextlib.suppress(Exception):
        image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in ARRAY_MODES else image.convert("RGB")
