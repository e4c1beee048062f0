"""AugmentationDisplay: what an augmenter makes of one image."""

import numpy as np
from sklearn.pipeline import Pipeline

from .._augmenter import ImageAugmenter
from ._pictures import as_images, grid_of_axes, show

COLUMNS = 8


class AugmentationDisplay:
    """One image and draws of it, to choose the strengths of an augmenter by eye.

    Make one with `from_estimator` or `from_draws`.

    Parameters
    ----------
    image : ndarray of shape (height, width, channels)
        The image as it is.
    draws : ndarray of shape (n_draws, height, width, channels)
        What the training sees of it.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    axes_ : ndarray of matplotlib Axes
        The first for the image, one for each draw.
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

    def __init__(self, *, image, draws):
        self.image = image
        self.draws = draws

    @classmethod
    def from_estimator(cls, estimator, X, *, n_draws=15, random_state=None, axes=None):
        """Draw the first image anew, again and again.

        Parameters
        ----------
        estimator : ImageAugmenter, or Pipeline that begins with one
            Fitted or not; it stays as it is.
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels)
            Images, of which the first is taken.
        n_draws : int, default=15
            How often.
        random_state : int, RandomState instance or None, default=None
            None means the augmenter's own.
        axes : sequence of matplotlib Axes, default=None
            To draw in; None makes a figure.

        Returns
        -------
        display : AugmentationDisplay
            With its artists.
        """
        augmenter = estimator[0] if isinstance(estimator, Pipeline) else estimator
        if not isinstance(augmenter, ImageAugmenter):
            raise TypeError(
                "estimator must be an ImageAugmenter or a Pipeline that begins with "
                f"one. Got {type(augmenter).__name__} instead."
            )
        copies = np.repeat(np.asarray(X)[:1], n_draws, axis=0)
        fitted = ImageAugmenter(**augmenter.get_params()).fit(copies)
        draws = fitted.augment(copies, random_state)
        shape = fitted.image_shape_
        return cls.from_draws(copies[:1], draws, image_shape=shape, axes=axes)

    @classmethod
    def from_draws(cls, image, draws, *, image_shape=None, axes=None):
        """Draw an image and given draws of it.

        Parameters
        ----------
        image : array-like of shape (1, n_pixels), (1, height, width) or \
                (1, height, width, channels)
            The image as it is.
        draws : array-like of shape (n_draws, ...)
            Draws of it, in the same form.
        image_shape : tuple of 2 or 3 ints, default=None
            Height, width and, unless 1, the channels. None means square and grey.
        axes : sequence of matplotlib Axes, default=None
            To draw in; None makes a figure.

        Returns
        -------
        display : AugmentationDisplay
            With its artists.
        """
        return cls(
            image=as_images(image, image_shape)[0], draws=as_images(draws, image_shape)
        ).plot(axes=axes)

    def plot(self, *, axes=None):
        """Draw.

        Parameters
        ----------
        axes : sequence of matplotlib Axes, default=None
            To draw in: one for the image and one for each draw. None makes a figure.

        Returns
        -------
        self : AugmentationDisplay
            With its artists.
        """
        pictures = [self.image, *self.draws]
        axes = grid_of_axes(axes, len(pictures), COLUMNS, (1, 1.15))
        self.axes_, self.figure_ = axes[: len(pictures)], axes[0].figure
        self.images_ = [
            show(ax, picture, **_grey_range(pictures))
            for ax, picture in zip(self.axes_, pictures, strict=True)
        ]
        self.axes_[0].set_title("original", fontsize="medium")
        return self


def _grey_range(pictures):
    """Give grey images one scale, so that a draw is not brighter than its image."""
    if pictures[0].shape[-1] != 1:
        return {}
    return {
        "vmin": min(picture.min() for picture in pictures),
        "vmax": max(picture.max() for picture in pictures),
    }
