"""Warnings about images that probably have a wrong layout, order or pixel scale.

Most of these mistakes raise no error but reduce accuracy. Each is reported once, by the
step that first validates the images.
"""

import math
import re
from dataclasses import dataclass
from numbers import Number

import numpy as np

from .._core.warnings import warn_user
from .ragged import is_one_image

USUAL_CHANNELS = (1, 3, 4)  # grey, RGB, RGBA
MIN_PHOTO_SIDE = 12  # fewer rows or columns are not taken for a photo
PHOTO_HELP = (
    "Convert photos of any size first, with DigitNormalizer().transform(photos), or "
    "begin a Pipeline with a DigitNormalizer."
)


@dataclass(frozen=True)
class PixelScaleLimits:
    """Limits of `warn_of_pixel_scale`, in ranges of the training pixels."""

    min_range: float = 1 / 12  # a scale of 0..1 is 1/16 of 0..16, and 1/255 of 0..255
    max_excess: float = 1 / 2  # of pixels outside the range of the training pixels
    max_darkest: float = 1 / 4  # of the darkest pixel, above the darkest training pixel
    min_images: int = 10  # with as many images, at least one has a dark pixel


PIXEL_SCALE = PixelScaleLimits()


def warn_of_channels_first(image_shape):
    """Warn if an image shape is probably (channels, height, width)."""
    first, height, width = image_shape
    if first not in USUAL_CHANNELS or width in USUAL_CHANNELS or height < 5:
        return
    warn_user(
        "Images must have their channels last: (height, width, channels). Got "
        f"{image_shape}, which means {width} channels. If the channels come first, "
        "pass numpy.moveaxis(X, 1, -1) with X of shape (n, channels, height, width)."
    )


def warn_of_column_order(X):
    """Warn if the columns of a DataFrame are numbered pixels in another order.

    Parameters
    ----------
    X : DataFrame or other array-like
        Only its column names are read.
    """
    names = [str(name) for name in getattr(X, "columns", ())]
    numbers = [[int(digits) for digits in re.findall(r"\d+", name)] for name in names]
    alike = {re.sub(r"\d+", "0", name) for name in names}
    is_numbered = len(alike) == 1 and numbers[0] and len({*map(tuple, numbers)}) > 1
    if not is_numbered or numbers == sorted(numbers):
        return
    in_order = [names[i] for i in sorted(range(len(names)), key=numbers.__getitem__)]
    index = next(i for i, name in enumerate(names) if name != in_order[i])
    warn_user(
        "The columns of X must be in the order of the pixels, row by row. Column "
        f"{index} is {names[index]!r}, where {in_order[index]!r} is expected: "
        f"{', '.join(in_order[:3])} to {in_order[-1]}. Sort them, or rename the "
        "columns if their order is right."
    )


def likely_image_shape(n_pixels):
    """Guess the height, width and channels of square colour images, or return None."""
    for channels in USUAL_CHANNELS[1:]:
        side = math.isqrt(n_pixels // channels)
        if side * side * channels == n_pixels:
            return side, side, channels
    return None


def check_not_one_image(X, image_shape):
    """Raise a ValueError if `X` is one image instead of images of `image_shape`."""
    check_not_one_row(X)
    try:
        shape = tuple(X.shape) if hasattr(X, "shape") else np.asarray(X).shape
    except ValueError:  # ragged: reported by a later check
        return
    forms = [image_shape, image_shape[:2]] if image_shape[2] == 1 else [image_shape]
    if shape[1:] in [(math.prod(image_shape),), *forms]:
        return
    if shape in forms:
        raise ValueError(
            "X must have an axis for the samples. Got a single image of shape "
            f"{shape}. {_how_to_pass(X)}."
        )
    if is_one_image(X):
        raise ValueError(
            f"X must have images of shape {forms[-1]}. Got a single image of shape "
            f"{shape}. {PHOTO_HELP}"
        )


def check_not_one_row(X):
    """Raise a ValueError if `X` is a single row of numbers."""
    if isinstance(X, list | tuple) and X and isinstance(X[0], Number):
        shape = (len(X),)
    else:
        shape = tuple(getattr(X, "shape", ()))
    kind = getattr(getattr(X, "dtype", None), "kind", "f")  # tensors have other dtypes
    if len(shape) == 1 and shape != (0,) and kind in "biuf":
        raise ValueError(  # scikit-learn's checks expect the words "Reshape your data"
            "X must have an axis for the samples. Got a single image of shape "
            f"{shape}. Reshape your data. {_how_to_pass(X)}."
        )


def _how_to_pass(X):
    """Return how to pass one image as a batch."""
    if hasattr(X, "iloc"):
        return "Pass X.iloc[:1] in place of X.iloc[0]"
    if hasattr(X, "shape"):
        return "Pass X[None], or X[:1] in place of X[0]"
    return "Pass [X]"


def check_not_one_photo(X, n_pixels, name, advice):
    """Raise a ValueError if the rows of `X` are probably those of one grey image.

    Parameters
    ----------
    X : array-like
    n_pixels : int or None
        Pixels of a row, if they are known. Otherwise rows should be square images.
    name : str
        Name of the estimator.
    advice : str
        End of the sentence "If X is a single image, ...".
    """
    shape = tuple(getattr(X, "shape", ()))
    if len(shape) != 2 or min(shape) < MIN_PHOTO_SIDE or hasattr(X, "columns"):
        return
    if n_pixels not in (None, shape[1]):
        raise ValueError(  # begins as the message of scikit-learn, which has no advice
            f"X has {shape[1]} features, but {name} is expecting {n_pixels} features "
            f"as input. If X is a single image, {advice}."
        )
    if n_pixels is None and math.isqrt(shape[1]) ** 2 != shape[1]:
        raise ValueError(
            f"X must have a row of pixels for each image. Got shape {shape}, and "
            f"{shape[1]} is not a square number. If X is a single image, {advice}. If "
            "its rows are images, pass image_shape=(height, width)."
        )


def warn_of_pixel_scale(images, pixels, name="X"):
    """Warn if pixels probably have another scale than the training pixels.

    Parameters
    ----------
    images : ndarray of shape (n_samples, height, width, channels)
    pixels : PixelStatistics
        Statistics of the training images.
    name : str
        Name of the argument that has the images.
    """
    span = pixels.max - pixels.min
    low, high = float(images.min()), float(images.max())
    if span == 0 or low == high:
        return
    is_other = (
        high - low < PIXEL_SCALE.min_range * span
        or low < pixels.min - PIXEL_SCALE.max_excess * span
        or high > pixels.max + PIXEL_SCALE.max_excess * span
        or (
            len(images) >= PIXEL_SCALE.min_images
            and low > pixels.min + PIXEL_SCALE.max_darkest * span
        )
    )
    if is_other:
        warn_user(
            f"Pixels must have the scale of the training pixels, {pixels.min:g} to "
            f"{pixels.max:g}. Got {low:g} to {high:g}. Scale {name} as in fit; "
            "predictions for another scale are mostly wrong."
        )
