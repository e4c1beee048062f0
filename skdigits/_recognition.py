"""What a model makes of images as they come: of any size, with one digit in each."""

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ._normalizer import DigitNormalizer

# Labels of a lower probability are marked. Of 8,400 held-out images of the competition
# a network of the preset robust read 41 wrong; 135 were below this, 31 of the 41 too.
UNSURE = 0.9


def split_normalizer(model):
    """Take the normalizer off a model; one that has none gets one in front.

    Parameters
    ----------
    model : estimator
        Fitted, with `predict_proba`.

    Returns
    -------
    normalizer : DigitNormalizer
    rest : estimator
        What predicts from the normalizer's images.
    """
    if not hasattr(model, "predict_proba"):
        raise TypeError(
            "model must be a classifier with predict_proba, as a Pipeline of "
            f"make_digit_pipeline is. Got {type(model).__name__} instead."
        )
    check_is_fitted(model)
    if isinstance(model, Pipeline) and isinstance(model[0], DigitNormalizer):
        return model[0], model[1:]
    return DigitNormalizer(), model


def to_digits(normalizer, images):
    """Bring images to the form that a model predicts from.

    Parameters
    ----------
    normalizer : DigitNormalizer
        As `split_normalizer` returns it.
    images : list of ndarray of shape (height, width) or (height, width, channels)
        At least one.

    Returns
    -------
    ndarray of shape (n_images, n_pixels), dtype uint8
        Zeros for images in which no digit can be seen.
    """
    normalizer = clone(normalizer).set_params(on_blank="ignore")
    return np.asarray(normalizer.transform(images))


def label_digits(rest, X):
    """Return the probabilities of each class for digits of `to_digits`.

    Parameters
    ----------
    rest : estimator
        As `split_normalizer` returns it.
    X : ndarray of shape (n_images, n_pixels)

    Returns
    -------
    ndarray of shape (n_images, n_classes), dtype float64
        NaN for images in which no digit can be seen.
    """
    probabilities = np.full((len(X), len(rest.classes_)), np.nan)
    seen = X.any(axis=1)
    if seen.any():
        names = getattr(rest, "feature_names_in_", None)
        X = X[seen] if names is None else pd.DataFrame(X[seen], columns=names)
        probabilities[seen] = rest.predict_proba(X)
    return probabilities


def recognize(model, images):
    """Return the probabilities of each class for images of any size.

    Parameters
    ----------
    model : estimator
        As in `split_normalizer`.
    images : list of ndarray of shape (height, width) or (height, width, channels)

    Returns
    -------
    classes : ndarray of shape (n_classes,)
    probabilities : ndarray of shape (n_images, n_classes), dtype float64
        NaN for images in which no digit can be seen.
    """
    normalizer, rest = split_normalizer(model)
    if not images:
        return rest.classes_, np.empty((0, len(rest.classes_)))
    return rest.classes_, label_digits(rest, to_digits(normalizer, images))
