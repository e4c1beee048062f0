"""Images of any size and kind that a user may pass, checked."""

import contextlib
import os
from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageOps
from scipy import sparse

CHANNELS = {1: "grey", 2: "grey and opacity", 3: "RGB", 4: "RGB and opacity"}
HOW = (
    "Pass arrays of shape (height, width) or (height, width, channels), with "
    "1 to 4 channels, of integers or floats, or Pillow images."
)
NOT_READ = str | bytes | os.PathLike | Mapping  # files, and what load_images returns
PLAIN_MODES = ("1", "L", "I", "F", "I;16", "I;16B", "I;16L", "I;16N", "RGB")


def split_images(X):
    """Split `X` into images, each an array of its own.

    Parameters
    ----------
    X : array-like, DataFrame, Pillow image, or sequence of images

    Returns
    -------
    list of ndarray of shape (height, width) or (height, width, channels), or None
        Without copies where `X` has arrays. None if `X` has an image in each row, as
        the data of scikit-learn have samples.

    Raises
    ------
    ValueError, TypeError
        If an element of `X` is not an image. The message has its index.
    """
    if hasattr(X, "columns") or sparse.issparse(X):
        return None
    if is_one_image(X) or isinstance(X, NOT_READ):
        return [check_image(X, "X")]
    shape = getattr(X, "shape", ())
    if len(shape) >= 3:
        items = np.asarray(X)
    elif isinstance(X, list | tuple) or (len(shape) == 1 and _may_hold_images(X)):
        items = list(X)
        if items and not any(map(_is_image, items)):
            return None
    else:
        return None
    return [check_image(item, f"X[{index}]") for index, item in enumerate(items)]


def is_one_image(X):
    """Whether `X` is a single image: Pillow's, or with one to four channels last."""
    shape = getattr(X, "shape", ())
    has_channels = len(shape) == 3 and shape[2] in CHANNELS
    return isinstance(X, Image.Image) or (has_channels and min(shape[:2]) > shape[2])


def _may_hold_images(X):
    """Whether a sequence of one dimension, such as a Series, may hold objects."""
    return getattr(X.dtype, "kind", "O") in "OSTU"


def _is_image(item):
    """Whether an element of a sequence is an image, or meant as one, and not a row."""
    if isinstance(item, list | tuple):
        return len(item) > 0 and isinstance(item[0], list | tuple | np.ndarray)
    return isinstance(item, Image.Image | NOT_READ) or getattr(item, "ndim", 0) >= 2


def check_image(image, name):
    """Check one image and convert it to an array.

    Parameters
    ----------
    image : array-like of shape (height, width) or (height, width, channels), or \
            Pillow image
    name : str
        What error messages call it.

    Returns
    -------
    ndarray of shape (height, width) or (height, width, channels)
        Without a copy of an array.

    Raises
    ------
    ValueError, TypeError
    """
    if isinstance(image, NOT_READ):
        raise TypeError(
            f"{name} must be an image. Got {_described(image)} instead. Read files "
            "with skdigits.datasets.load_images, and pass the images of its result: "
            "load_images(path).images."
        )
    if isinstance(image, Image.Image):
        image = _from_pillow(image, name)
    try:
        image = np.asarray(image)
    except ValueError as exc:  # a sequence of different shapes
        raise ValueError(f"{name} must be one image. Got {exc} {HOW}") from exc
    if image.dtype == object and image.ndim > 1:
        image = np.array(image.tolist())
    if image.dtype.kind not in "biuf":
        if image.ndim == 1 and isinstance(image[0], NOT_READ):
            return check_image(image[0], f"{name}[0]")
        raise TypeError(
            f"{name} must be an image of numbers. Got dtype {image.dtype} instead. "
            f"{HOW}"
        )
    wrong = image.ndim not in (2, 3) or image.size == 0
    if wrong or (image.ndim == 3 and image.shape[2] not in CHANNELS):
        raise ValueError(
            f"{name} must be an image. Got shape {image.shape} instead. {HOW}"
        )
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        raise ValueError(
            f"{name} must have finite pixels. Got NaN or infinity. Replace them, "
            "for example with numpy.nan_to_num."
        )
    return image


def _described(item):
    kind = type(item).__name__
    return f"the {kind} {item!r:.100}" if not isinstance(item, Mapping) else f"a {kind}"


def _from_pillow(image, name):
    """Convert to grey, RGB or RGBA, upright, as `load_images` reads files."""
    try:
        image.load()
    except OSError as exc:
        raise ValueError(
            f"{name} must be an image that Pillow can decode. Got {exc} instead."
        ) from exc
    # Damaged EXIF data raise errors of many classes, and the pixels are good.
    with contextlib.suppress(Exception):
        image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in PLAIN_MODES else image.convert("RGB")
