"""Predictions of a model for images of any size, each with one digit."""

import copy

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ._normalizer import DigitNormalizer
from .pipelines import find_networks, fitted_parts

# Labels of a lower probability are marked. Of 8,400 held-out images of the competition
# a network of the preset robust read 41 wrong; 135 were below this, 31 of the 41 too.
UNSURE = 0.9
EIGHT_BITS = 255  # the largest pixel of a normalized digit


class Recognizer:
    """A model with the normalizer and the pixel scale that it needs.

    Parameters
    ----------
    model : estimator
        Fitted, with `predict_proba`. Unless it begins with a `DigitNormalizer`, as do
        all members of an ensemble that begins with one, one is put in front.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
    normalizer : DigitNormalizer
    rest : estimator
        The model without its normalizer.
    """

    def __init__(self, model):
        if not hasattr(model, "predict_proba"):
            raise TypeError(
                "model must be a classifier with predict_proba, as a Pipeline of "
                f"make_digit_pipeline is. Got {type(model).__name__} instead."
            )
        check_is_fitted(model)
        own = _first_normalizers(model)
        normalizer = own[0] if all(own) else DigitNormalizer()
        self.classes = model.classes_
        self.normalizer = clone(normalizer).set_params(on_blank="ignore")
        self.rest = _without_normalizer(model) if all(own) else model

    def normalize(self, images):
        """Bring images to the form of the training images.

        Parameters
        ----------
        images : list of ndarray of shape (height, width) or (height, width, channels)
            At least one.

        Returns
        -------
        ndarray of shape (n_images, n_pixels), dtype uint8
            Zeros for images in which no digit can be seen.
        """
        return np.asarray(self.normalizer.transform(images))

    def prepare(self, X):
        """Return normalized digits in the scale and with the names that `rest` needs.

        Parameters
        ----------
        X : ndarray of shape (n_images, n_pixels), dtype uint8

        Returns
        -------
        ndarray or DataFrame of shape (n_images, n_pixels)
        """
        low, high = _pixel_range(self.rest) or (0, EIGHT_BITS)
        if low < 0 or not EIGHT_BITS / 2 <= high <= EIGHT_BITS:
            X = (low + X * ((high - low) / EIGHT_BITS)).astype(np.float32)
        names = getattr(self.rest, "feature_names_in_", None)
        return X if names is None else pd.DataFrame(X, columns=names)

    def predict_proba(self, X):
        """Predict the probabilities of the classes for normalized digits.

        Parameters
        ----------
        X : ndarray of shape (n_images, n_pixels), dtype uint8

        Returns
        -------
        ndarray of shape (n_images, n_classes), dtype float64
            NaN for images in which no digit can be seen.
        """
        probabilities = np.full((len(X), len(self.classes)), np.nan)
        seen = X.any(axis=1)
        if seen.any():
            probabilities[seen] = self.rest.predict_proba(self.prepare(X[seen]))
        return probabilities


def recognize(model, images):
    """Return the probabilities of each class for images of any size.

    Parameters
    ----------
    model : estimator
        As for `Recognizer`.
    images : list of ndarray of shape (height, width) or (height, width, channels)

    Returns
    -------
    classes : ndarray of shape (n_classes,)
    probabilities : ndarray of shape (n_images, n_classes), dtype float64
        NaN for images in which no digit can be seen.
    """
    recognizer = Recognizer(model)
    if not images:
        return recognizer.classes, np.empty((0, len(recognizer.classes)))
    X = recognizer.normalize(images)
    return recognizer.classes, recognizer.predict_proba(X)


def _first_normalizers(model):
    """Return the first step of each member of a model: a normalizer, or None."""
    if isinstance(model, DigitNormalizer):
        return [model]
    if isinstance(model, Pipeline):
        steps = [step for _, step in model.steps if step not in (None, "passthrough")]
        return _first_normalizers(steps[0])
    parts = fitted_parts(model).values()
    return [first for part in parts for first in _first_normalizers(part)] or [None]


def _without_normalizer(model):
    """Return a model that predicts from the digits of its own normalizer.

    A model of an unknown kind is returned unchanged: it normalizes the digits again.
    """
    if hasattr(model, "best_estimator_"):
        return _without_normalizer(model.best_estimator_)
    if isinstance(model, Pipeline) and isinstance(model[0], DigitNormalizer):
        return model[1:]
    if type(model) is VotingClassifier:
        rest = copy.copy(model)
        vars(rest).pop("feature_names_in_", None)  # of what the normalizers take
        rest.estimators_ = [_without_normalizer(one) for one in model.estimators_]
        return rest
    return model


def _pixel_range(model):
    """Return the smallest and largest pixel that a model was trained on, if known."""
    try:
        network, steps, _ = find_networks(model)[0]
    except TypeError:
        return None
    is_unchanged = all(hasattr(step, "augment") for step in steps)
    return network.pixel_range_ if is_unchanged else None
