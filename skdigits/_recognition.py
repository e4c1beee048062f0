"""Predictions of a model for images of any size, each with one digit."""

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ._normalizer import DigitNormalizer
from .pipelines import fitted_parts

# Labels of a lower probability are marked. Of 8,400 held-out images of the competition
# a network of the preset robust read 41 wrong; 135 were below this, 31 of the 41 too.
UNSURE = 0.9


def recognize(model, images):
    """Return the probabilities of each class for images of any size.

    Parameters
    ----------
    model : estimator
        Fitted, with `predict_proba`. Unless it begins with a `DigitNormalizer`, as do
        all members of an ensemble that begins with one, one is put in front.
    images : list of ndarray of shape (height, width) or (height, width, channels)

    Returns
    -------
    classes : ndarray of shape (n_classes,)
    probabilities : ndarray of shape (n_images, n_classes), dtype float64
        NaN for images in which no digit can be seen.
    """
    if not hasattr(model, "predict_proba"):
        raise TypeError(
            "model must be a classifier with predict_proba, as a Pipeline of "
            f"make_digit_pipeline is. Got {type(model).__name__} instead."
        )
    check_is_fitted(model)
    probabilities = np.full((len(images), len(model.classes_)), np.nan)
    if not images:
        return model.classes_, probabilities
    own = _first_normalizers(model)
    normalizer = own[0] if all(own) else DigitNormalizer()
    X = np.asarray(clone(normalizer).set_params(on_blank="ignore").transform(images))
    seen = X.any(axis=1)
    if not seen.any():
        return model.classes_, probabilities
    rest = model
    if isinstance(model, Pipeline) and model[0] is normalizer:
        rest = model[1:]  # which saves normalizing twice
    names = getattr(rest, "feature_names_in_", None)
    if rest is model and all(own):  # a member of it normalizes
        X = [images[index] for index in np.flatnonzero(seen)]
    else:
        X = X[seen] if names is None else pd.DataFrame(X[seen], columns=names)
    probabilities[seen] = rest.predict_proba(X)
    return model.classes_, probabilities


def _first_normalizers(model):
    """Return what each member of a model begins with: a normalizer, or None."""
    if isinstance(model, DigitNormalizer):
        return [model]
    if isinstance(model, Pipeline):
        steps = [step for _, step in model.steps if step not in (None, "passthrough")]
        return _first_normalizers(steps[0])
    parts = fitted_parts(model).values()
    return [first for part in parts for first in _first_normalizers(part)] or [None]
