"""Images of any size: what a user may pass where they need not have one shape."""

import numpy as np
from scipy import sparse

CHANNELS = {1: "grey", 2: "grey and opacity", 3: "RGB", 4: "RGB and opacity"}
HOW = (
    "Pass arrays of shape (height, width) or (height, width, channels), with "
    "1 to 4 channels, of integers or floats."
)


def are_rows(X):
    """Tell whether `X` has an image in each row, as scikit-learn's data has samples.

    Parameters
    ----------
    X : array-like, DataFrame, or sequence of arrays

    Returns
    -------
    bool
    """
    if hasattr(X, "columns") or sparse.issparse(X):
        return True
    if isinstance(X, np.ndarray):
        return X.ndim < 3 and not _holds_arrays(X)
    if isinstance(X, list | tuple):
        return len(X) > 0 and not any(getattr(image, "ndim", 0) >= 2 for image in X)
    return True


def _holds_arrays(X):
    return X.dtype == object and X.ndim == 1 and any(np.ndim(x) >= 2 for x in X)


def check_images(X):
    """Check images that need not have one size.

    Parameters
    ----------
    X : ndarray of shape (n, height, width) or (n, height, width, channels), or \
            sequence of ndarrays of shape (height, width) or (height, width, channels)

    Returns
    -------
    list of ndarray
        Without copies.

    Raises
    ------
    ValueError, TypeError
        Which name the image by its index.
    """
    shape = getattr(X, "shape", ())
    if len(shape) == 3 and shape[2] in (3, 4) and min(shape[:2]) > shape[2]:
        raise ValueError(
            f"X must be several images. Got one array of shape {shape}, which looks "
            "like one colour image. Pass it in a list: [image]."
        )
    return [_checked(image, index) for index, image in enumerate(X)]


def _checked(image, index):
    image = np.asarray(image)
    if image.dtype.kind not in "biuf":
        raise TypeError(
            f"X[{index}] must be an image of numbers. Got dtype {image.dtype} "
            f"instead. {HOW}"
        )
    wrong = image.ndim not in (2, 3) or image.size == 0
    if wrong or (image.ndim == 3 and image.shape[2] not in CHANNELS):
        raise ValueError(
            f"X[{index}] must be an image. Got shape {image.shape} instead. {HOW}"
        )
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        raise ValueError(
            f"X[{index}] must have finite pixels. Got NaN or infinity. Replace them, "
            "for example with numpy.nan_to_num."
        )
    return image
