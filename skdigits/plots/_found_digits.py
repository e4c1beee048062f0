"""FoundDigitsDisplay: a photo with its digits in boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from .._images.ragged import check_image
from .._recognition import UNSURE, recognize
from .._vision.finder import find_digits
from ._colours import BLUE, ORANGE
from ._constructor import explain_arguments

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike
    from PIL.Image import Image
    from sklearn.base import BaseEstimator

FIGURE_WIDTH = 8  # inches
MAX_FIGURE_HEIGHT = 8  # inches


class FoundDigitsDisplay:
    """A photo with a box and a predicted label for each digit.

    Labels with a probability below 0.95 are orange and show the probability; the others
    are blue. Make one with `from_estimator` or `from_predictions`.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, channels)
        The photo.
    boxes : ndarray of shape (n_digits, 4)
        Left, top, width and height of each digit, in pixels.
    labels : ndarray of shape (n_digits,), default=None
        Predicted labels.
    probabilities : ndarray of shape (n_digits,), default=None
        Probabilities of the predicted labels; NaN for missing predictions.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    ax_ : matplotlib Axes
        The axes of the photo.
    boxes_ : list of matplotlib Rectangle
        One for each digit.
    texts_ : list of matplotlib Text
        The labels, one for each digit. Empty if `labels` is None.

    See Also
    --------
    skdigits.find_digits : Find the digits of a photo.

    Examples
    --------
    >>> from skdigits.datasets import make_digit_photo
    >>> from skdigits.plots import FoundDigitsDisplay
    >>> photo = make_digit_photo("31\\n4", random_state=0)
    >>> display = FoundDigitsDisplay.from_predictions(
    ...     photo.image, photo.boxes, photo.target
    ... )
    >>> [text.get_text() for text in display.texts_]
    ['3', '1', '4']
    """

    @explain_arguments
    def __init__(
        self,
        *,
        image: np.ndarray,
        boxes: np.ndarray,
        labels: np.ndarray | None = None,
        probabilities: np.ndarray | None = None,
    ) -> None:
        self.image = image
        self.boxes = boxes
        self.labels = labels
        self.probabilities = probabilities

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        image: ArrayLike | Image,
        *,
        ax: Axes | None = None,
    ) -> Self:
        """Find and predict the digits of a photo, and draw them.

        Parameters
        ----------
        estimator : fitted classifier or Pipeline
            An estimator with `predict_proba`. If its first step is not a
            `DigitNormalizer`, the digits are normalized before.
        image : array-like of shape (height, width) or (height, width, channels), or \
                Pillow image
            The photo.
        ax : matplotlib Axes, default=None
            Axes to draw in. None makes a figure.

        Returns
        -------
        display : FoundDigitsDisplay
            The display, with its artists.
        """
        found = find_digits(image)
        classes, probabilities = recognize(estimator, found.images)
        return cls.from_predictions(
            image,
            found.boxes,
            classes[probabilities.argmax(axis=1)],
            probabilities.max(axis=1),
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        image: ArrayLike | Image,
        boxes: ArrayLike,
        labels: ArrayLike | None = None,
        probabilities: ArrayLike | None = None,
        *,
        ax: Axes | None = None,
    ) -> Self:
        """Draw a photo with boxes and labels, if given.

        Parameters
        ----------
        image : array-like of shape (height, width) or (height, width, channels), or \
                Pillow image
            The photo.
        boxes : array-like of shape (n_digits, 4)
            Left, top, width and height of each digit, in pixels.
        labels : array-like of shape (n_digits,), default=None
            Predicted labels.
        probabilities : array-like of shape (n_digits,), default=None
            Probabilities of the predicted labels.
        ax : matplotlib Axes, default=None
            Axes to draw in. None makes a figure.

        Returns
        -------
        display : FoundDigitsDisplay
            The display, with its artists.
        """
        image = check_image(image, "image")
        boxes = np.asarray(boxes)
        if boxes.size == 0:
            boxes = boxes.reshape(0, 4)
        if boxes.ndim != 2 or boxes.shape[1] != 4:
            raise ValueError(
                "boxes must have a row of left, top, width and height for each digit. "
                f"Got shape {boxes.shape} instead."
            )
        given = {"labels": labels, "probabilities": probabilities}
        for name, values in given.items():
            if values is not None and len(values) != len(boxes):
                raise ValueError(
                    f"{name} must have a value for each of the {len(boxes)} boxes. Got "
                    f"{len(values)} instead."
                )
        arrays = {
            name: None if values is None else np.asarray(values)
            for name, values in given.items()
        }
        return cls(image=image, boxes=boxes, **arrays).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            As in `from_predictions`.

        Returns
        -------
        self : FoundDigitsDisplay
        """
        import matplotlib.pyplot as plt
        from matplotlib.patches import Rectangle

        if ax is None:
            height, width = self.image.shape[:2]
            scaled = FIGURE_WIDTH * height / width + 0.3
            size = FIGURE_WIDTH, min(MAX_FIGURE_HEIGHT, scaled)
            _, ax = plt.subplots(figsize=size, layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        ax.imshow(_shown(self.image), cmap="gray")
        ax.set_axis_off()
        self.boxes_, self.texts_ = [], []
        for i, (left, top, width, height) in enumerate(self.boxes):
            colour = ORANGE if self._is_unsure(i) else BLUE
            # In matplotlib, integer coordinates are the centres of pixels.
            corner = left - 0.5, top - 0.5
            box = Rectangle(corner, width, height, fill=False, ec=colour, lw=1.5)
            self.boxes_.append(ax.add_patch(box))
            if self.labels is not None:
                text = ax.text(
                    *corner,
                    self._text(i),
                    color="white",
                    va="bottom",
                    bbox={"facecolor": colour, "edgecolor": colour, "pad": 1},
                )
                self.texts_.append(text)
        return self

    def _is_unsure(self, i):
        # The comparison is False for NaN, which counts as unsure.
        return self.probabilities is not None and not self.probabilities[i] >= UNSURE

    def _text(self, i):
        if not self._is_unsure(i):
            return str(self.labels[i])
        if np.isnan(self.probabilities[i]):
            return "?"
        return f"{self.labels[i]} {self.probabilities[i]:.0%}"


def _shown(image):
    """Convert a photo for matplotlib: RGB stays in colour, the rest becomes grey."""
    if image.ndim == 2:
        return image
    if image.shape[2] != 3:
        from .._vision.ink import as_grey  # OpenCV may be missing

        return as_grey(image)
    if image.dtype == np.uint8:
        return image
    white = np.iinfo(image.dtype).max if image.dtype.kind in "iu" else image.max()
    return np.clip(image / max(white, 1), 0, 1)
