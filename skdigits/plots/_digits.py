"""DigitsDisplay: a grid of images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._colours import ORANGE
from ._constructor import explain_arguments
from ._image_grid import as_images, as_samples, draw_images

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike
    from sklearn.base import BaseEstimator

COLUMNS = 10  # images in a row of a new figure


class DigitsDisplay:
    """A grid of images with their true labels and predictions.

    Make one with `from_estimator` or `from_predictions`.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width, channels), or list of ndarray
        The images; a list where they differ in size.
    labels : ndarray of shape (n_images,), default=None
        True labels.
    predicted_labels : ndarray of shape (n_images,), default=None
        Predicted labels.
    predicted_probabilities : ndarray of shape (n_images,), default=None
        Probabilities of the predicted labels.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    axes_ : ndarray of matplotlib Axes
        One for each image.
    images_ : list of matplotlib AxesImage
        The drawn images.

    Examples
    --------
    >>> from skdigits.datasets import load_sample
    >>> from skdigits.plots import DigitsDisplay
    >>> digits = load_sample()
    >>> display = DigitsDisplay.from_predictions(
    ...     digits.X_train, digits.y_train, n_images=10
    ... )
    >>> display.axes_[0].get_title() == str(digits.y_train.iloc[0])
    True
    """

    @explain_arguments
    def __init__(
        self,
        *,
        images: np.ndarray | list[np.ndarray],
        labels: np.ndarray | None = None,
        predicted_labels: np.ndarray | None = None,
        predicted_probabilities: np.ndarray | None = None,
    ) -> None:
        self.images = images
        self.labels = labels
        self.predicted_labels = predicted_labels
        self.predicted_probabilities = predicted_probabilities

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        n_images: int = 40,
        image_shape: tuple[int, ...] | None = None,
        axes: Sequence[Axes] | None = None,
    ) -> Self:
        """Predict the first images and draw them.

        Parameters
        ----------
        estimator : fitted classifier or Pipeline
            For example a `CNNClassifier`.
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels), or sequence of images
            Images that the estimator accepts. A DataFrame may have the labels in a
            column "label".
        y : array-like of shape (n_samples,), default=None
            True labels.
        n_images : int, default=40
            Number of images to draw, from the first.
        image_shape : tuple of 2 or 3 ints, default=None
            Height, width and, unless 1, channels. None means square and grey.
        axes : sequence of matplotlib Axes, default=None
            Axes to draw in. None makes a figure.

        Returns
        -------
        display : DigitsDisplay
            The display, with its artists.
        """
        check_is_fitted(estimator)
        X, y = _without_labels(as_samples(X), y)
        first = X[:n_images]
        probabilities = None
        if hasattr(estimator, "predict_proba"):
            probabilities = np.asarray(estimator.predict_proba(first)).max(axis=1)
        return cls.from_predictions(
            first,
            None if y is None else y[:n_images],
            estimator.predict(first),
            probabilities,
            n_images=n_images,
            image_shape=image_shape,
            axes=axes,
        )

    @classmethod
    def from_predictions(
        cls,
        X: ArrayLike,
        y: ArrayLike | None = None,
        y_pred: ArrayLike | None = None,
        probabilities: ArrayLike | None = None,
        *,
        n_images: int = 40,
        image_shape: tuple[int, ...] | None = None,
        axes: Sequence[Axes] | None = None,
    ) -> Self:
        """Draw the first images with their labels and predictions, if given.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels), or sequence of images
            Images. Those of a sequence may differ in size. A DataFrame may have the
            labels in a column "label", as in the train.csv of the competition.
        y : array-like of shape (n_samples,), default=None
            True labels.
        y_pred : array-like of shape (n_samples,), default=None
            Predicted labels.
        probabilities : array-like of shape (n_samples,), default=None
            Probabilities of the predicted labels.
        n_images : int, default=40
            Number of images to draw, from the first.
        image_shape : tuple of 2 or 3 ints, default=None
            Height, width and, unless 1, channels. None means square and grey.
        axes : sequence of matplotlib Axes, default=None
            Axes to draw in. None makes a figure.

        Returns
        -------
        display : DigitsDisplay
            The display, with its artists.
        """
        X, y = _without_labels(as_samples(X), y)
        given = {"y": y, "y_pred": y_pred, "probabilities": probabilities}
        for name, values in given.items():
            if values is not None and len(values) != len(X):
                raise ValueError(
                    f"{name} must have a value for each of the {len(X)} images. Got "
                    f"{len(values)} instead."
                )
        labels, predicted, sure = (
            None if values is None else np.asarray(values)[:n_images]
            for values in given.values()
        )
        return cls(
            images=as_images(X[:n_images], image_shape),
            labels=labels,
            predicted_labels=predicted,
            predicted_probabilities=sure,
        ).plot(axes=axes)

    def plot(self, *, axes: Sequence[Axes] | None = None) -> Self:
        """Draw.

        Parameters
        ----------
        axes : sequence of matplotlib Axes, default=None
            As in `from_predictions`.

        Returns
        -------
        self : DigitsDisplay
        """
        titles = [self._title(i) for i in range(len(self.images))]
        lines = max((title.count("\n") for title in titles), default=0)
        axes, self.images_ = draw_images(
            self.images,
            axes,
            titles=titles,
            columns=COLUMNS,
            size=(0.9, 1.15 + 0.18 * lines),
        )
        self.axes_, self.figure_ = axes[: len(titles)], axes[0].figure
        for i, ax in enumerate(self.axes_):
            if self._is_wrong(i):
                ax.title.set_color(ORANGE)
                ax.spines[:].set(color=ORANGE, linewidth=2)
        return self

    def _is_wrong(self, i):
        if self.labels is None or self.predicted_labels is None:
            return False
        return self.labels[i] != self.predicted_labels[i]

    def _title(self, i):
        """Return the text above an image."""
        if self.predicted_labels is None:
            return "" if self.labels is None else str(self.labels[i])
        predicted = str(self.predicted_labels[i])
        if self.predicted_probabilities is not None:
            predicted += f" ({self.predicted_probabilities[i]:.0%})"
        return f"{predicted}\nnot {self.labels[i]}" if self._is_wrong(i) else predicted


def _without_labels(X, y):
    """Separate the column "label" from a DataFrame of pandas or polars."""
    names = list(getattr(X, "columns", ()))
    if "label" not in names:
        return X, y
    y = X["label"] if y is None else y
    return X[[name for name in names if name != "label"]], y
