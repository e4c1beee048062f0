"""TopErrorsDisplay: the most confident mistakes of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._core.sklearn_compat import safe_indexing
from ._constructor import explain_arguments
from ._image_grid import as_images, as_samples, draw_images

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike
    from sklearn.base import BaseEstimator

COLUMNS = 3  # images in a row of a new figure


class TopErrorsDisplay:
    """The most confident mistakes of a model.

    The misclassified images are sorted by the probability of the predicted class minus
    that of the true class, the largest difference first. Make one with `from_estimator`
    or `from_predictions`.

    Parameters
    ----------
    images : ndarray of shape (n_errors, height, width, channels), or list of ndarray
        The misclassified images; a list where they differ in size.
    indices : ndarray of shape (n_errors,)
        Rows of these images in the data.
    true_labels, predicted_labels : ndarray of shape (n_errors,)
        Labels.
    true_probabilities, predicted_probabilities : ndarray of shape (n_errors,)
        Probabilities of the true and of the predicted class.

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
    >>> import numpy as np
    >>> from skdigits.plots import TopErrorsDisplay
    >>> X = np.zeros((3, 4))
    >>> probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]])
    >>> display = TopErrorsDisplay.from_predictions(X, [0, 0, 0], probabilities)
    >>> display.indices.tolist()
    [1, 2]
    """

    @explain_arguments
    def __init__(
        self,
        *,
        images: np.ndarray | list[np.ndarray],
        indices: np.ndarray,
        true_labels: np.ndarray,
        predicted_labels: np.ndarray,
        true_probabilities: np.ndarray,
        predicted_probabilities: np.ndarray,
    ) -> None:
        self.images = images
        self.indices = indices
        self.true_labels = true_labels
        self.predicted_labels = predicted_labels
        self.true_probabilities = true_probabilities
        self.predicted_probabilities = predicted_probabilities

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: ArrayLike,
        y: ArrayLike,
        *,
        n_errors: int = 6,
        image_shape: tuple[int, ...] | None = None,
        axes: Sequence[Axes] | None = None,
    ) -> Self:
        """Predict images and draw the most confident mistakes.

        Parameters
        ----------
        estimator : fitted classifier or Pipeline, with ``predict_proba``
            For example a `CNNClassifier`.
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels), or sequence of images
            Images.
        y : array-like of shape (n_samples,)
            True labels.
        n_errors : int, default=6
            Maximum number of mistakes to draw.
        image_shape : tuple of 2 or 3 ints, default=None
            Height, width and, unless 1, channels. None means square and grey.
        axes : sequence of matplotlib Axes, default=None
            Axes to draw in. None makes a figure.

        Returns
        -------
        display : TopErrorsDisplay
            The display, with its artists.
        """
        check_is_fitted(estimator)
        return cls.from_predictions(
            X,
            y,
            estimator.predict_proba(X),
            classes=estimator.classes_,
            n_errors=n_errors,
            image_shape=image_shape,
            axes=axes,
        )

    @classmethod
    def from_predictions(
        cls,
        X: ArrayLike,
        y: ArrayLike,
        probabilities: ArrayLike,
        *,
        classes: ArrayLike | None = None,
        n_errors: int = 6,
        image_shape: tuple[int, ...] | None = None,
        axes: Sequence[Axes] | None = None,
    ) -> Self:
        """Draw the most confident mistakes among given probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels), or sequence of images
            Images.
        y : array-like of shape (n_samples,)
            True labels.
        probabilities : array-like of shape (n_samples, n_classes)
            Probabilities as returned by ``predict_proba``.
        classes : array-like of shape (n_classes,), default=None
            Labels of the columns, sorted. None means 0, 1, 2 and so on.
        n_errors : int, default=6
            Maximum number of mistakes to draw.
        image_shape : tuple of 2 or 3 ints, default=None
            Height, width and, unless 1, channels. None means square and grey.
        axes : sequence of matplotlib Axes, default=None
            Axes to draw in. None makes a figure.

        Returns
        -------
        display : TopErrorsDisplay
            The display, with its artists.
        """
        X, y = as_samples(X), np.asarray(y)
        probabilities = np.asarray(probabilities)
        if not len(X) == len(y) == len(probabilities):
            raise ValueError(
                "X, y and probabilities must have a row for each image. Got "
                f"{len(X)}, {len(y)} and {len(probabilities)} rows instead."
            )
        if classes is None:
            classes = np.arange(probabilities.shape[1])
        unknown = np.setdiff1d(y, classes)
        if len(unknown):
            raise ValueError(
                f"y must hold labels among the classes {np.asarray(classes).tolist()}. "
                f"Got {unknown.tolist()} as well."
            )
        true = np.searchsorted(classes, y)
        rows = np.arange(len(y))
        predicted = probabilities.argmax(axis=1)
        margin = probabilities[rows, predicted] - probabilities[rows, true]
        wrong = np.flatnonzero(predicted != true)
        top = wrong[np.argsort(-margin[wrong], kind="stable")][:n_errors]

        return cls(
            images=as_images(safe_indexing(X, top), image_shape),
            indices=top,
            true_labels=y[top],
            predicted_labels=np.asarray(classes)[predicted[top]],
            true_probabilities=probabilities[top, true[top]],
            predicted_probabilities=probabilities[top, predicted[top]],
        ).plot(axes=axes)

    def plot(self, *, axes: Sequence[Axes] | None = None) -> Self:
        """Draw.

        Parameters
        ----------
        axes : sequence of matplotlib Axes, default=None
            As in `from_predictions`.

        Returns
        -------
        self : TopErrorsDisplay
        """
        n = len(self.images)
        titles = [
            f"predicted {self.predicted_labels[i]} "
            f"({self.predicted_probabilities[i]:.0%})\n"
            f"true {self.true_labels[i]} ({self.true_probabilities[i]:.0%})"
            for i in range(n)
        ]
        axes, self.images_ = draw_images(
            self.images,
            axes,
            titles=titles,
            columns=COLUMNS,
            size=(1.9, 2.4),
            if_none="no mistakes",
        )
        self.axes_, self.figure_ = axes[:n], axes[0].figure
        return self
