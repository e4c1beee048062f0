"""AugmentationDisplay: one image and augmented copies of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._augmenter import ImageAugmenter
from ._colours import BLUE
from ._constructor import explain_arguments
from ._image_grid import as_images, as_samples, draw_images

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.random import RandomState
    from numpy.typing import ArrayLike
    from sklearn.base import BaseEstimator

COLUMNS = 8  # images in a row of a new figure


class AugmentationDisplay:
    """One image and augmented copies of it, to choose the strengths by eye.

    Make one with `from_estimator` or `from_copies`.

    Parameters
    ----------
    image : ndarray of shape (height, width, channels)
        The original image.
    copies : ndarray of shape (n_copies, height, width, channels)
        Augmented copies of the image, such as `fit` trains on.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    axes_ : ndarray of matplotlib Axes
        The first for the image, then one for each copy.
    images_ : list of matplotlib AxesImage
        The drawn images.

    Examples
    --------
    >>> from skdigits import ImageAugmenter
    >>> from skdigits.datasets import load_sample
    >>> from skdigits.plots import AugmentationDisplay
    >>> X = load_sample().X_train
    >>> display = AugmentationDisplay.from_estimator(
    ...     ImageAugmenter(rotation=20), X[:1], n_copies=7, random_state=0
    ... )
    >>> display.copies.shape
    (7, 28, 28, 1)
    """

    @explain_arguments
    def __init__(self, *, image: np.ndarray, copies: np.ndarray) -> None:
        self.image = image
        self.copies = copies

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: ArrayLike,
        *,
        n_copies: int = 15,
        random_state: int | RandomState | None = None,
        axes: Sequence[Axes] | None = None,
    ) -> Self:
        """Augment the first image several times and draw it with its copies.

        Parameters
        ----------
        estimator : ImageAugmenter, or Pipeline or search with one
            Fitted or not; it is not changed. Steps before the augmenter transform the
            image first. Steps that are not fitted are cloned and fitted to `X`.
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels), or what the first step takes
            Images. Only the first is drawn.
        n_copies : int, default=15
            Number of augmented copies.
        random_state : int, RandomState instance or None, default=None
            Source of randomness. None means the `random_state` of the augmenter.
        axes : sequence of matplotlib Axes, default=None
            Axes to draw in: one for the image and one for each copy. None makes a
            figure.

        Returns
        -------
        display : AugmentationDisplay
            The display, with its artists.
        """
        steps = _flat_steps(estimator)
        found = [isinstance(step, ImageAugmenter) for step in steps]
        if True not in found:
            names = ", ".join(type(step).__name__ for step in steps)
            raise TypeError(
                "estimator must be an ImageAugmenter or a Pipeline with one. Got "
                f"{names} instead."
            )
        index = found.index(True)
        image = _first_image(steps[:index], as_samples(X))
        augmenter = steps[index]
        originals = np.repeat(np.asarray(image), n_copies, axis=0)
        fitted = ImageAugmenter(**augmenter.get_params()).fit(originals)
        copies = fitted.augment(originals, random_state)
        shape = fitted.image_shape_
        return cls.from_copies(originals[:1], copies, image_shape=shape, axes=axes)

    @classmethod
    def from_copies(
        cls,
        image: ArrayLike,
        copies: ArrayLike,
        *,
        image_shape: tuple[int, ...] | None = None,
        axes: Sequence[Axes] | None = None,
    ) -> Self:
        """Draw an image and augmented copies of it.

        Parameters
        ----------
        image : array-like of shape (1, n_pixels), (1, height, width) or \
                (1, height, width, channels)
            The original image.
        copies : array-like of shape (n_copies, ...)
            Augmented copies of the image, in the same layout.
        image_shape : tuple of 2 or 3 ints, default=None
            Height, width and, unless 1, channels. None means square and grey.
        axes : sequence of matplotlib Axes, default=None
            Axes to draw in: one for the image and one for each copy. None makes a
            figure.

        Returns
        -------
        display : AugmentationDisplay
            The display, with its artists.
        """
        return cls(
            image=as_images(image, image_shape)[0],
            copies=as_images(copies, image_shape),
        ).plot(axes=axes)

    def plot(self, *, axes: Sequence[Axes] | None = None) -> Self:
        """Draw.

        Parameters
        ----------
        axes : sequence of matplotlib Axes, default=None
            As in `from_copies`.

        Returns
        -------
        self : AugmentationDisplay
        """
        images = [self.image, *self.copies]
        axes, self.images_ = draw_images(
            images,
            axes,
            titles=["original"] + [""] * len(self.copies),
            columns=COLUMNS,
            size=(1, 1.15),
            **_grey_range(images),
        )
        self.axes_, self.figure_ = axes[: len(images)], axes[0].figure
        self.axes_[0].spines[:].set(color=BLUE, linewidth=2)
        return self


def _flat_steps(estimator):
    """Return the steps of nested Pipelines, or of the best estimator of a search."""
    if hasattr(estimator, "estimator"):
        estimator = getattr(estimator, "best_estimator_", estimator.estimator)
    if not isinstance(estimator, Pipeline):
        return [] if estimator in (None, "passthrough") else [estimator]
    return [flat for _, step in estimator.steps for flat in _flat_steps(step)]


def _first_image(steps, X):
    """Return the first image after the given steps: one row, or a list of one image."""
    if all(map(_is_fitted, steps)):
        X = X[:1]
    for step in steps:
        X = (step if _is_fitted(step) else clone(step).fit(X)).transform(X)
    return X[:1]


def _is_fitted(step):
    try:
        check_is_fitted(step)
    except NotFittedError:
        return False
    return True


def _grey_range(images):
    """Return the grey scale that all images share, so that they can be compared."""
    if images[0].shape[-1] != 1:
        return {}
    return {
        "vmin": min(image.min() for image in images),
        "vmax": max(image.max() for image in images),
    }
