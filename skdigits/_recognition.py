"""Predictions of any fitted model for photos of digits: single ones and pages."""

import copy
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from PIL.Image import Image
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils import Bunch
from sklearn.utils.validation import check_is_fitted

from ._core.bunch import ShortBunch
from ._normalizer import DigitNormalizer
from ._vision.finder import find_digits
from .pipelines import find_classifiers, fitted_parts

# Labels with a lower probability are marked. Of 8,400 held-out images of the
# competition, a model of the preset "robust" marked 121, with 25 of its 37 errors; of
# 8,400 others, which did not decide on the threshold, 152, with 31 of its 37 errors.
UNSURE = 0.95
MAX_PIXEL = 255  # of a normalized digit
# The mean probability of the labels of 20 pages was lower by 0.02 to 0.33 on their
# side, in the median by 0.23. Upside down, it was as high as upright for a page of 6s.
SIDEWAYS = (90, 270)
SIDEWAYS_MARGIN = 0.01
UNREADABLE = "?"  # in a number, for a digit that cannot be seen


class Recognizer:
    """Wrapper that adds a normalizer and the right pixel scale to a model.

    Parameters
    ----------
    model : estimator
        Fitted, with `predict_proba`. If it is a Pipeline that begins with a
        `DigitNormalizer`, or an ensemble of such Pipelines, that normalizer is used.
        Otherwise, a new one is put in front.

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
                "model must be a classifier with predict_proba, such as a Pipeline of "
                f"make_digit_pipeline. Got {type(model).__name__} instead."
            )
        check_is_fitted(model)
        normalizers = _first_normalizers(model)
        normalizer = normalizers[0] if all(normalizers) else DigitNormalizer()
        self.classes = model.classes_
        self.normalizer = clone(normalizer).set_params(on_blank="ignore")
        self.rest = _without_normalizer(model) if all(normalizers) else model

    def normalize(self, images):
        """Convert a list of images to normalized digits, (n_images, n_pixels), uint8.

        Rows are zeros for images in which no digit can be seen.
        """
        return np.asarray(self.normalizer.transform(images))

    def prepare(self, X):
        """Convert normalized digits to the pixel scale and column names of `rest`."""
        low, high = _pixel_range(self.rest) or (0, MAX_PIXEL)
        if low < 0 or not MAX_PIXEL / 2 <= high <= MAX_PIXEL:
            X = (low + X * ((high - low) / MAX_PIXEL)).astype(np.float32)
        names = getattr(self.rest, "feature_names_in_", None)
        return X if names is None else pd.DataFrame(X, columns=names)

    def predict_proba(self, X):
        """Predict the probabilities of the classes for normalized digits.

        They are NaN for images in which no digit can be seen.
        """
        probabilities = np.full((len(X), len(self.classes)), np.nan)
        seen = X.any(axis=1)
        if seen.any():
            probabilities[seen] = self.rest.predict_proba(self.prepare(X[seen]))
        return probabilities


def recognize(model, images):
    """Predict the probabilities of the classes for images of any size.

    Parameters
    ----------
    model : estimator
        As in `Recognizer`.
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


def read_numbers(
    model: Any,
    image: ArrayLike | Image,
    *,
    background: str = "auto",
    rotation: int | str = "auto",
) -> Bunch:
    """Find and predict the digits of a photo, and join those of a line to a number.

    Parameters
    ----------
    model : estimator
        Fitted, with `predict_proba`. If its first step is not a `DigitNormalizer`, the
        digits are normalized before.
    image : array-like of shape (height, width) or (height, width, channels), or \
            Pillow image
        The photo, as in `find_digits`.
    background : {"auto", "dark", "light"}, default="auto"
        As in `find_digits`.
    rotation : {"auto", 0, 90, 180, 270}, default="auto"
        As in `find_digits`. With "auto", a photo whose digits are wider than high is
        also read after rotations by 90 and 270 degrees, and the rotation with clearly
        higher probabilities is used. Photos that are upside down need 180.

    Returns
    -------
    page : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes of the result of `find_digits`, and
        the following ones.

        numbers : list of str
            The labels of each line, from left to right. "?" is a digit that the
            normalizer cannot see.
        probabilities : ndarray of shape (n_lines,), dtype float64
            The lowest probability of the digits of each line; 0 for a line with "?".
        labels : ndarray of shape (n_digits,)
            The label of each digit.
        digit_probabilities : ndarray of shape (n_digits, n_classes), dtype float64
            The probabilities of each digit; NaN if it cannot be seen.
        rotation : int
            The rotation that was used, in degrees.

    Raises
    ------
    TypeError, ValueError
        If the model has no `predict_proba`, or an argument is invalid.
    ImportError
        If OpenCV is not installed.

    See Also
    --------
    find_digits : Find the digits of a photo without a model.
    skdigits.plots.FoundDigitsDisplay : Plot the photo with a label for each digit.

    Notes
    -----
    The numbers are strings, because leading zeros count.

    Examples
    --------
    >>> from skdigits import make_digit_pipeline, read_numbers
    >>> from skdigits.datasets import load_sample, make_digit_photo
    >>> digits = load_sample()
    >>> model = make_digit_pipeline("robust", random_state=0)
    >>> model = model.set_params(cnn__epochs=8, augment__drawn=0.5)
    >>> model = model.fit(digits.X_train, digits.y_train)
    >>> photo = make_digit_photo("50\\n46", pen="felt", random_state=0)
    >>> read_numbers(model, photo.image).numbers
    ['50', '46']
    """
    return read_page(Recognizer(model), image, background, rotation)


def read_page(recognizer, image, background="auto", rotation="auto"):
    """Return the result of `read_numbers` for a `Recognizer`."""
    if rotation != "auto":
        return _read_rotated(recognizer, image, background, rotation)
    page = _read_rotated(recognizer, image, background, 0)
    # Digits are higher than wide, so most of those that lie are wider than high.
    if not page.images or np.median(page.boxes[:, 2] / page.boxes[:, 3]) <= 1:
        return page
    others = [_read_rotated(recognizer, image, background, r) for r in SIDEWAYS]
    best = max(others, key=_mean_probability)
    is_better = _mean_probability(best) > _mean_probability(page) + SIDEWAYS_MARGIN
    return best if is_better else page


def _read_rotated(recognizer, image, background, rotation):
    found = find_digits(image, background=background, rotation=rotation)
    probabilities = np.empty((0, len(recognizer.classes)))
    if found.images:
        X = recognizer.normalize(found.images)
        probabilities = recognizer.predict_proba(X)
    labels = recognizer.classes[probabilities.argmax(axis=1)]
    best = np.nan_to_num(probabilities.max(axis=1))
    shown = np.where(best > 0, labels.astype(str), UNREADABLE)
    lines = [found.lines == line for line in range(max(found.lines, default=-1) + 1)]
    return ShortBunch(
        numbers=["".join(shown[line]) for line in lines],
        probabilities=np.array([best[line].min() for line in lines]),
        labels=labels,
        digit_probabilities=probabilities,
        rotation=rotation,
        **found,
    )


def _mean_probability(page):
    best = np.nan_to_num(page.digit_probabilities.max(axis=1))
    return best.mean() if best.size else 0.0


def _first_normalizers(model):
    """Return the normalizer that each member of a model begins with, or None."""
    if isinstance(model, DigitNormalizer):
        return [model]
    if isinstance(model, Pipeline):
        steps = [step for _, step in model.steps if step not in (None, "passthrough")]
        return _first_normalizers(steps[0])
    parts = fitted_parts(model).values()
    return [first for part in parts for first in _first_normalizers(part)] or [None]


def _without_normalizer(model):
    """Return a model that predicts from digits that are normalized.

    Models of unknown classes are returned unchanged: they normalize the digits again.
    """
    if hasattr(model, "best_estimator_"):
        return _without_normalizer(model.best_estimator_)
    if isinstance(model, Pipeline) and isinstance(model[0], DigitNormalizer):
        return model[1:]
    if type(model) is VotingClassifier:
        rest = copy.copy(model)
        vars(rest).pop("feature_names_in_", None)  # names of the raw columns
        rest.estimators_ = [_without_normalizer(one) for one in model.estimators_]
        return rest
    return model


def _pixel_range(model):
    """Return the smallest and largest pixel of a model's training images, or None."""
    try:
        classifier, steps, _ = find_classifiers(model)[0]
    except TypeError:
        return None
    is_unchanged = all(hasattr(step, "augment") for step in steps)
    return classifier.pixel_range_ if is_unchanged else None
