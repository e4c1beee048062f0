"""LabelCountsDisplay: how often each label occurs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._colours import BLUE, GREEN, ORANGE
from ._constructor import explain_arguments

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike
    from sklearn.base import BaseEstimator


class LabelCountsDisplay:
    """Bar chart of how often each label occurs, in one set of labels or several.

    Make one with `from_estimator` or `from_labels`.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        All labels that occur, sorted.
    counts : dict of str to ndarray of shape (n_classes,)
        How often each label occurs, by the name of the set.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    ax_ : matplotlib Axes
        The axes.
    bars_ : dict of str to matplotlib BarContainer
        The bars, by the name of the set.

    Examples
    --------
    >>> from skdigits.plots import LabelCountsDisplay
    >>> display = LabelCountsDisplay.from_labels([1, 0, 1, 1])
    >>> display.counts["labels"].tolist()
    [1, 3]
    """

    @explain_arguments
    def __init__(self, *, classes: np.ndarray, counts: dict[str, np.ndarray]) -> None:
        self.classes = classes
        self.counts = counts

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: ArrayLike,
        y: ArrayLike,
        *,
        normalize: bool | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw how often each label occurs in training labels and in predictions.

        Parameters
        ----------
        estimator : fitted classifier or Pipeline
            For example a `CNNClassifier`.
        X : array-like of shape (n_samples, ...)
            Images to predict, such as the test images.
        y : array-like of shape (n_training_samples,)
            Training labels.
        normalize : bool, default=None
            As in `from_labels`.
        ax : matplotlib Axes, default=None
            Axes to draw in. None makes a figure.

        Returns
        -------
        display : LabelCountsDisplay
            The display, with its artists.
        """
        check_is_fitted(estimator)
        labels = {"training labels": y, "predictions": estimator.predict(X)}
        return cls.from_labels(labels, normalize=normalize, ax=ax)

    @classmethod
    def from_labels(
        cls,
        labels: ArrayLike | dict[str, ArrayLike],
        *,
        normalize: bool | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Count labels and draw them.

        Parameters
        ----------
        labels : array-like of shape (n_samples,), or dict of str to array-like
            Labels, or several named sets of labels, such as
            ``{"train": y_train, "test predictions": y_pred}``.
        normalize : bool, default=None
            Whether to draw shares of each set instead of counts. None means shares if
            there are several sets.
        ax : matplotlib Axes, default=None
            Axes to draw in. None makes a figure.

        Returns
        -------
        display : LabelCountsDisplay
            The display, with its artists.
        """
        sets = labels if isinstance(labels, dict) else {"labels": labels}
        sets = {name: np.asarray(values) for name, values in sets.items()}
        for name, values in sets.items():
            if values.ndim != 1 or len(values) == 0:
                raise ValueError(
                    f"labels must have one dimension and not be empty. Got {name!r} of "
                    f"shape {values.shape} instead."
                )
        classes = np.unique(np.concatenate(list(sets.values())))
        counts = {
            name: np.bincount(np.searchsorted(classes, values), minlength=len(classes))
            for name, values in sets.items()
        }
        return cls(classes=classes, counts=counts).plot(normalize=normalize, ax=ax)

    def plot(self, *, normalize: bool | None = None, ax: Axes | None = None) -> Self:
        """Draw.

        Parameters
        ----------
        normalize : bool, default=None
            As in `from_labels`.
        ax : matplotlib Axes, default=None
            As in `from_labels`.

        Returns
        -------
        self : LabelCountsDisplay
        """
        import matplotlib.pyplot as plt
        from matplotlib.ticker import PercentFormatter

        if ax is None:
            _, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
        if normalize is None:
            normalize = len(self.counts) > 1
        self.ax_, self.figure_ = ax, ax.figure
        self.bars_ = {}
        positions = np.arange(len(self.classes))
        width = 0.8 / len(self.counts)
        colours = [BLUE, ORANGE, GREEN]
        for i, (name, counts) in enumerate(self.counts.items()):
            self.bars_[name] = ax.bar(
                positions + (i - (len(self.counts) - 1) / 2) * width,
                counts / counts.sum() if normalize else counts,
                width,
                label=f"{name} ({counts.sum():,})",
                color=colours[i % len(colours)],
                hatch=["", "//", ".."][i % 3],
                edgecolor="white",
            )
        ax.set_xticks(positions, [str(label) for label in self.classes])
        ax.set(xlabel="label", ylabel="share" if normalize else "count")
        if normalize:
            ax.yaxis.set_major_formatter(PercentFormatter(1))
        if len(self.counts) > 1:
            ax.legend(loc="upper center", ncols=len(self.counts))
            ax.margins(y=0.18)  # space for the legend
        ax.grid(axis="y", alpha=0.3)
        ax.set_axisbelow(True)
        return self
