"""DigitsDisplay: a grid of images."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._pictures import ORANGE, as_images, grid_of_axes, show

COLUMNS = 10


class DigitsDisplay:
    """A grid of images with their labels and what a model made of them.

    Make one with `from_estimator` or `from_predictions`.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width, channels)
        The images.
    labels : ndarray of shape (n_images,), default=None
        True labels.
    predicted_labels : ndarray of shape (n_images,), default=None
        What a model says.
    predicted_probabilities : ndarray of shape (n_images,), default=None
        What it gave to the labels that it predicted.

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

    def __init__(
        self,
        *,
        images,
        labels=None,
        predicted_labels=None,
        predicted_probabilities=None,
    ):
        self.images = images
        self.labels = labels
        self.predicted_labels = predicted_labels
        self.predicted_probabilities = predicted_probabilities

    @classmethod
    def from_estimator(
        cls, estimator, X, y=None, *, n_images=40, image_shape=None, axes=None
    ):
        """Predict the first images and draw them.

        Parameters
        ----------
        estimator : fitted classifier or Pipeline
            For example a `CNNClassifier`.
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels)
            Images.
        y : array-like of shape (n_samples,), default=None
            True labels.
        n_images : int, default=40
            Images to draw at most, the first ones.
        image_shape : tuple of 2 or 3 ints, default=None
            Height, width and, unless 1, the channels. None means square and grey.
        axes : sequence of matplotlib Axes, default=None
            To draw in; None makes a figure.

        Returns
        -------
        display : DigitsDisplay
            With its artists.
        """
        check_is_fitted(estimator)
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
        X,
        y=None,
        y_pred=None,
        probabilities=None,
        *,
        n_images=40,
        image_shape=None,
        axes=None,
    ):
        """Draw the first images, with labels and predictions where they are given.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels)
            Images. A DataFrame may have the labels in a column "label", as the
            competition's train.csv has.
        y : array-like of shape (n_samples,), default=None
            True labels.
        y_pred : array-like of shape (n_samples,), default=None
            Predicted labels.
        probabilities : array-like of shape (n_samples,), default=None
            Of the predicted labels.
        n_images : int, default=40
            Images to draw at most, the first ones.
        image_shape : tuple of 2 or 3 ints, default=None
            Height, width and, unless 1, the channels. None means square and grey.
        axes : sequence of matplotlib Axes, default=None
            To draw in; None makes a figure.

        Returns
        -------
        display : DigitsDisplay
            With its artists.
        """
        if y is None and "label" in getattr(X, "columns", ()):
            y = X["label"]
        if "label" in getattr(X, "columns", ()):
            X = X.drop(columns="label")
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

    def plot(self, *, axes=None):
        """Draw.

        Parameters
        ----------
        axes : sequence of matplotlib Axes, default=None
            To draw in, one for each image; None makes a figure.

        Returns
        -------
        self : DigitsDisplay
            With its artists.
        """
        n = len(self.images)
        titles = [self._title(i) for i in range(n)]
        lines = max((title.count("\n") for title, _ in titles), default=0)
        axes = grid_of_axes(axes, n, COLUMNS, (0.9, 1.15 + 0.18 * lines))
        self.axes_, self.figure_ = axes[:n], axes[0].figure
        self.images_ = []
        for i, ax in enumerate(self.axes_):
            self.images_.append(show(ax, self.images[i]))
            title, style = titles[i]
            ax.set_title(title, fontsize="medium", **style)
        return self

    def _title(self, i):
        """Give the words above an image and their style: wrong ones stand out."""
        if self.predicted_labels is None:
            return ("" if self.labels is None else str(self.labels[i])), {}
        predicted = str(self.predicted_labels[i])
        if self.predicted_probabilities is not None:
            predicted += f" ({self.predicted_probabilities[i]:.0%})"
        if self.labels is None or self.labels[i] == self.predicted_labels[i]:
            return predicted, {}
        return f"{predicted}\nnot {self.labels[i]}", {"color": ORANGE}
