"""AugmentationDisplay: what an augmenter makes of one image."""

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
    """One image and augmented copies of it, to choose an augmenter's strengths by eye.

    Make one with `from_estimator` or `from_draws`.

    Parameters
    ----------
    image : ndarray of shape (height, width, channels)
        The image as it is.
    draws : ndarray of shape (n_draws, height, width, channels)
        Augmented copies of it, such as a training sees.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    axes_ : ndarray of matplotlib Axes
        The first for the image, one for each copy.
    images_ : list of matplotlib AxesImage
        The drawn images.

    Examples
    --------
    >>> from skdigits import ImageAugmenter
    >>> from skdigits.datasets import load_sample
    >>> from skdigits.plots import AugmentationDisplay
    >>> X = load_sample().X_train
    >>> display = AugmentationDisplay.from_estimator(
    ...     ImageAugmenter(rotation=20), X[:1], n_draws=7, random_state=0
    ... )
    >>> display.draws.shape
    (7, 28, 28, 1)
    """

    @explain_arguments
    def __init__(self, *, image: np.ndarray, draws: np.ndarray) -> None:
        self.image = image
        self.draws = draws

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: ArrayLike,
        *,
        n_draws: int = 15,
        random_state: int | RandomState | None = None,
        axes: Sequence[Axes] | None = None,
    ) -> Self:
        """Augment the first image several times and draw the copies beside it.

        Parameters
        ----------
        estimator : ImageAugmenter, or Pipeline or search with one
            Fitted or not; it is not changed. The image is what the steps before the
            augmenter make of it. Of steps that are not fitted, copies are fitted to
            `X`.
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels), or what the first step takes
            Images, of which the first is taken.
        n_draws : int, default=15
            Augmented copies to make.
        random_state : int, RandomState instance or None, default=None
            None means the augmenter's own.
        axes : sequence of matplotlib Axes, default=None
            To draw in: one for the image and one for each copy. None makes a figure.

        Returns
        -------
        display : AugmentationDisplay
            With its artists.
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
        copies = np.repeat(np.asarray(image), n_draws, axis=0)
        fitted = ImageAugmenter(**augmenter.get_params()).fit(copies)
        draws = fitted.augment(copies, random_state)
        shape = fitted.image_shape_
        return cls.from_draws(copies[:1], draws, image_shape=shape, axes=axes)

    @classmethod
    def from_draws(
        cls,
        image: ArrayLike,
        draws: ArrayLike,
        *,
        image_shape: tuple[int, ...] | None = None,
        axes: Sequence[Axes] | None = None,
    ) -> Self:
        """Draw an image and given augmented copies of it.

        Parameters
        ----------
        image : array-like of shape (1, n_pixels), (1, height, width) or \
                (1, height, width, channels)
            The image as it is.
        draws : array-like of shape (n_draws, ...)
            Augmented copies of it, in the same form.
        image_shape : tuple of 2 or 3 ints, default=None
            Height, width and, unless 1, the channels. None means square and grey.
        axes : sequence of matplotlib Axes, default=None
            To draw in: one for the image and one for each copy. None makes a figure.

        Returns
        -------
        display : AugmentationDisplay
            With its artists.
        """
        return cls(
            image=as_images(image, image_shape)[0], draws=as_images(draws, image_shape)
        ).plot(axes=axes)

    def plot(self, *, axes: Sequence[Axes] | None = None) -> Self:
        """Draw.

        Parameters
        ----------
        axes : sequence of matplotlib Axes, default=None
            As in `from_draws`.

        Returns
        -------
        self : AugmentationDisplay
        """
        images = [self.image, *self.draws]
        axes, self.images_ = draw_images(
            images,
            axes,
            titles=["original"] + [""] * len(self.draws),
            columns=COLUMNS,
            size=(1, 1.15),
            **_grey_range(images),
        )
        self.axes_, self.figure_ = axes[: len(images)], axes[0].figure
        self.axes_[0].spines[:].set(color=BLUE, linewidth=2)
        return self


def _flat_steps(estimator):
    """Return the steps of nested Pipelines, of a search those of its best estimator."""
    if hasattr(estimator, "estimator"):
        estimator = getattr(estimator, "best_estimator_", estimator.estimator)
    if not isinstance(estimator, Pipeline):
        return [] if estimator in (None, "passthrough") else [estimator]
    return [flat for _, step in estimator.steps for flat in _flat_steps(step)]


def _first_image(steps, X):
    """Return what steps make of the first image: one row, or a list of one image."""
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
    """Give grey images one scale, so that a copy is not darker than its image."""
    if images[0].shape[-1] != 1:
        return {}
    return {
        "vmin": min(image.min() for image in images),
        "vmax": max(image.max() for image in images),
    }
