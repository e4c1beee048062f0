"""Validation of images in rows or arrays, and their conversion for the model."""

import math
from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn import config_context
from sklearn.utils.validation import validate_data

from .._core.warnings import warn_user
from . import mistakes
from .ragged import is_image

SHAPE_HELP = (
    "Pass image_shape=(height, width) or (height, width, channels); one entry may be "
    "-1, as in numpy.reshape."
)
STATISTICS_BATCH = 1024  # images converted to float64 at a time, to save memory


def resolve_image_shape(image_shape, n_pixels, tail=None):
    """Determine the height, width and channels of images.

    Parameters
    ----------
    image_shape : tuple of 2 or 3 ints, or None
        The parameter of the estimator. None means square and grey. If `n_pixels` is not
        a square, it means one grey row, with a warning.
    n_pixels : int
        Pixels of an image, all channels counted.
    tail : tuple of int or None
        Shape of one image if `X` has more than two dimensions.

    Returns
    -------
    tuple of 3 ints
    """
    if image_shape is None:
        shape = _square_or_row(n_pixels) if tail is None else tail
    else:
        shape = _complete(image_shape, n_pixels)
    shape = shape if len(shape) == 3 else (*shape, 1)
    if tail is not None and shape != (tail if len(tail) == 3 else (*tail, 1)):
        raise ValueError(
            f"image_shape must match the images of X. Got image_shape={image_shape} "
            f"and images of shape {tail}. Pass image_shape=None to use the shape of X."
        )
    return shape


def _square_or_row(n_pixels):
    side = math.isqrt(n_pixels)
    if side * side == n_pixels:
        return side, side
    likely = mistakes.likely_image_shape(n_pixels)
    hint = f"Color images need image_shape={likely}. " if likely else ""
    warn_user(
        f"image_shape=None means square grey images. Got {n_pixels} features, which is "
        f"not a square number: each image is taken as one row of pixels. {hint}"
        f"{SHAPE_HELP}"
    )
    return 1, n_pixels


def _complete(image_shape, n_pixels):
    shape = tuple(image_shape)
    if len(shape) not in (2, 3) or not all(isinstance(n, Integral) for n in shape):
        raise ValueError(
            f"image_shape must be 2 or 3 integers. Got {image_shape!r} instead. "
            f"{SHAPE_HELP}"
        )
    if any(n < 1 and n != -1 for n in shape) or shape.count(-1) > 1:
        raise ValueError(
            "image_shape must be positive, with at most one -1. Got "
            f"{image_shape!r} instead."
        )
    known = math.prod(n for n in shape if n != -1)
    if -1 in shape and n_pixels % known == 0:
        shape = tuple(int(n) if n != -1 else n_pixels // known for n in shape)
    if math.prod(shape) != n_pixels:
        raise ValueError(
            f"image_shape must fit images of {n_pixels} pixels. Got {image_shape!r} "
            f"instead. {SHAPE_HELP}"
        )
    return tuple(int(n) for n in shape)


def validate_images(estimator, X, *y, image_shape, reset, warn=True):
    """Validate `X`, of two to four dimensions, and `y` as scikit-learn does.

    With `reset`, set ``n_features_in_``, ``feature_names_in_`` and ``image_shape_``;
    otherwise, compare `X` with them.

    Parameters
    ----------
    estimator : estimator
    X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
            (n_samples, height, width, channels)
    *y : array-like of shape (n_samples,)
        The labels, if the method takes them.
    image_shape : tuple of 2 or 3 ints, or None
        The parameter in ``fit``, the learned shape afterwards.
    reset : bool
        True in ``fit``, False afterwards.
    warn : bool
        Whether to warn of likely mistakes. False if an earlier step has done so.

    Returns
    -------
    X : ndarray of the shape and dtype of `X`
    y : ndarray of shape (n_samples,), if `y` was passed
    """
    if not reset:
        learned = estimator.image_shape_
        mistakes.check_not_one_image(X, learned)
        mistakes.check_not_one_photo(
            X,
            math.prod(learned),
            type(estimator).__name__,
            "convert it first: DigitNormalizer().transform([X])",
        )
    # scikit-learn compares column names with those of the fit only if they are strings.
    if warn and (reset or not hasattr(estimator, "feature_names_in_")):
        mistakes.warn_of_column_order(X)
    X, tail = _flatten(X)
    if not reset and tail is not None and math.prod(tail) != math.prod(learned):
        raise ValueError(
            f"X must have images of shape {learned}. Got images of shape {tail}. "
            f"{mistakes.PHOTO_HELP}"
        )
    # Convert arrays of other libraries to NumPy, even if dispatch is enabled.
    with config_context(array_api_dispatch=False):
        checked = validate_data(estimator, X, *y, reset=reset)
    X = checked[0] if y else checked
    shape = resolve_image_shape(image_shape, X.shape[1], tail)
    if reset:
        estimator.image_shape_ = shape
        if warn:
            mistakes.warn_of_channels_first(shape)
    X = X if tail is None else X.reshape(len(X), *tail)
    return (X, checked[1]) if y else X


def _flatten(X):
    """Reshape images of three or four dimensions to rows, for scikit-learn's checks."""
    if sparse.issparse(X) or hasattr(X, "columns"):
        return X, None
    try:
        array = np.asarray(X)
        if array.dtype == object and array.ndim == 1 and len(array):
            array = np.stack([np.asarray(item) for item in array])
    except ValueError as exc:
        if any(map(is_image, X)):
            raise ValueError(
                f"X must have images of one size. Got several. {mistakes.PHOTO_HELP}"
            ) from exc
        return X, None  # scikit-learn's check reports ragged rows
    if array.ndim > 4:
        raise ValueError(
            "X must be of shape (n, pixels), (n, height, width) or (n, height, width, "
            f"channels). Got {array.ndim} dimensions, {array.shape}, instead."
        )
    if array.ndim < 3:
        return X, None
    return array.reshape(len(array), math.prod(array.shape[1:])), array.shape[1:]


def as_pixels(X, image_shape):
    """Convert validated data to images for the model and the warps.

    Parameters
    ----------
    X : ndarray of shape (n_samples, ...)
    image_shape : tuple of 3 ints

    Returns
    -------
    ndarray of shape (n_samples, height, width, channels), C-contiguous
        uint8 if every pixel is an integer in 0..255, else float32. Shares the memory
        of `X` if possible.
    """
    small = X.dtype in (np.bool_, np.uint8)
    if not small and X.dtype.kind in "iu":
        small = X.min() >= 0 and X.max() <= 255
    dtype = np.uint8 if small else np.float32
    with np.errstate(over="ignore"):
        pixels = np.ascontiguousarray(X, dtype=dtype)
    if dtype is np.float32 and X.dtype == np.float64 and not np.isfinite(pixels).all():
        raise ValueError(
            "X must have values in the range of float32. Got values up to "
            f"{np.abs(X).max():g}. Scale the pixels, for example to 0..255."
        )
    return pixels.reshape(len(X), *image_shape)


def like_pixels(images, X):
    """Convert images to the shape and dtype of the data that they were made from.

    If `X` has integers, pixels are rounded and clipped to the range of its dtype.
    """
    if X.dtype.kind in "iu" and images.dtype.kind == "f":
        limits = np.iinfo(X.dtype)
        images = np.clip(np.rint(images.astype(np.float64)), limits.min, limits.max)
    return images.astype(X.dtype, copy=False).reshape(X.shape)


def pixel_statistics(images):
    """Compute statistics of all pixels without a copy of all images.

    Parameters
    ----------
    images : ndarray of shape (n_samples, height, width, channels)

    Returns
    -------
    mean, std, min, max : float
        The standard deviation of constant images is returned as 1.
    """
    mean = images.mean(dtype=np.float64)
    squares = sum(
        np.square(images[first : first + STATISTICS_BATCH] - mean).sum()
        for first in range(0, len(images), STATISTICS_BATCH)
    )
    std = math.sqrt(squares / images.size)
    return float(mean), std or 1.0, float(images.min()), float(images.max())
