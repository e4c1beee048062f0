"""HistoryDisplay: loss and accuracy over the epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..pipelines import find_classifiers
from ._colours import BLUE, GREEN, ORANGE
from ._constructor import explain_arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from sklearn.base import BaseEstimator

    History = dict[str, list[float]]

METRICS = ("loss", "accuracy")
LOSSES = ("loss", "val_loss")
RATE = "learning_rate"
MIN_LOG_RATIO = 5  # highest loss / lowest loss from which its axis is logarithmic
STYLES = {"": ("training", BLUE, "-"), "val_": ("validation", ORANGE, "--")}


class HistoryDisplay:
    """Curves of loss, accuracy and learning rate of one or several fits.

    Several fits are thin lines with their mean and a band from the lowest to the
    highest. The loss has a logarithmic axis if it falls to a fifth or less. Make a
    display with `from_estimator` or `from_history`.

    Parameters
    ----------
    histories : list of dicts of lists of float
        Each like `CNNClassifier.history_`: "loss", "accuracy" and, if available,
        "val_loss", "val_accuracy" and "learning_rate".

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    axes_ : list of 2 matplotlib Axes
        The axes of the loss and of the accuracy.
    rate_ax_ : matplotlib Axes or None
        The axes of the learning rate.
    lines_ : dict of str to matplotlib Line2D
        The curves, or the means of several histories, by their key in the history.
    member_lines_ : dict of str to list of matplotlib Line2D
        The curve of each history, if there are several.
    bands_ : dict of str to matplotlib PolyCollection
        From the lowest to the highest value, if there are several histories.

    Examples
    --------
    >>> from skdigits.plots import HistoryDisplay
    >>> history = {"loss": [0.9, 0.3], "accuracy": [0.7, 0.9]}
    >>> HistoryDisplay.from_history(history).lines_["loss"].get_ydata().tolist()
    [0.9, 0.3]
    """

    @explain_arguments
    def __init__(self, *, histories: list[History]) -> None:
        self.histories = histories

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator | Sequence[BaseEstimator],
        *,
        learning_rate: bool = True,
        axes: Sequence[Axes] | None = None,
    ) -> Self:
        """Draw the history of a fitted estimator, or of several together.

        Parameters
        ----------
        estimator : estimator or list of estimators
            A fitted `CNNClassifier`, a Pipeline that ends in one, a search (its best
            estimator is drawn), or an ensemble or calibrated classifier (all members
            are drawn). A list may be the "estimator" entry of
            `sklearn.model_selection.cross_validate` with ``return_estimator=True``.
        learning_rate : bool, default=True
            Whether to draw the learning rate.
        axes : sequence of 2 or 3 matplotlib Axes, default=None
            Axes to draw in: loss, accuracy, learning rate. With two, the learning rate
            is drawn over the loss, with a scale at the right. None makes a figure.

        Returns
        -------
        display : HistoryDisplay
            The display, with its artists.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If an estimator is not fitted.
        TypeError
            If an estimator has no `CNNClassifier`.
        """
        several = isinstance(estimator, list | tuple)
        estimators = estimator if several else [estimator]
        found = [
            inside.classifier for e in estimators for inside in find_classifiers(e)
        ]
        for classifier in found:
            check_is_fitted(classifier, "history_")
        histories = [classifier.history_ for classifier in found]
        return cls.from_history(histories, learning_rate=learning_rate, axes=axes)

    @classmethod
    def from_history(
        cls,
        history: History | Sequence[History],
        *,
        learning_rate: bool = True,
        axes: Sequence[Axes] | None = None,
    ) -> Self:
        """Draw one history, or several together.

        Parameters
        ----------
        history : dict of lists of float, or list of such dicts
            Like `CNNClassifier.history_`.
        learning_rate : bool, default=True
            Whether to draw the learning rate.
        axes : sequence of 2 or 3 matplotlib Axes, default=None
            Axes to draw in: loss, accuracy, learning rate. With two, the learning rate
            is drawn over the loss, with a scale at the right. None makes a figure.

        Returns
        -------
        display : HistoryDisplay
            The display, with its artists.
        """
        histories = [history] if isinstance(history, dict) else list(history)
        for one in histories:
            if any(metric not in one for metric in METRICS):
                raise ValueError(
                    f"history must have the keys {', '.join(METRICS)}, like "
                    f"CNNClassifier.history_. Got {', '.join(one)} instead."
                )
        if not histories:
            raise ValueError("history must not be empty. Got an empty list.")
        return cls(histories=histories).plot(learning_rate=learning_rate, axes=axes)

    def plot(
        self, *, learning_rate: bool = True, axes: Sequence[Axes] | None = None
    ) -> Self:
        """Draw.

        Parameters
        ----------
        learning_rate : bool, default=True
            As in `from_history`.
        axes : sequence of 2 or 3 matplotlib Axes, default=None
            As in `from_history`.

        Returns
        -------
        self : HistoryDisplay
        """
        from matplotlib.ticker import MaxNLocator

        learning_rate = learning_rate and any(h.get(RATE) for h in self.histories)
        axes = _new_axes(learning_rate) if axes is None else list(axes)
        self.axes_, self.figure_ = axes[:2], axes[0].figure
        self.lines_, self.member_lines_, self.bands_, self.rate_ax_ = {}, {}, {}, None
        for ax, metric in zip(self.axes_, METRICS, strict=True):
            for prefix, (label, colour, style) in STYLES.items():
                self._curve(
                    ax, prefix + metric, label=label, color=colour, linestyle=style
                )
            ax.set(xlabel="epoch", ylabel=metric)
            ax.legend()
        self._scale_loss()
        if learning_rate:
            self._draw_rate(axes)
        for ax in axes:
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
            ax.grid(alpha=0.3)
        return self

    def _draw_rate(self, axes):
        """Draw the learning rate in the third axes, or over the loss."""
        is_alone = len(axes) > 2
        self.rate_ax_ = axes[2] if is_alone else self.axes_[0].twinx()
        style = {"color": GREEN, "linestyle": "-" if is_alone else ":", "marker": ""}
        self._curve(self.rate_ax_, RATE, label="learning rate", **style)
        self.rate_ax_.set_ylabel("learning rate")
        if is_alone:
            self.rate_ax_.set(xlabel="epoch")
            return
        self.rate_ax_.yaxis.label.set_color(GREEN)
        self.rate_ax_.tick_params(axis="y", colors=GREEN)
        names = [*LOSSES, RATE]
        lines = [self.lines_[name] for name in names if name in self.lines_]
        self.axes_[0].legend(lines, [line.get_label() for line in lines])

    def _scale_loss(self):
        """Use a logarithmic axis if the loss falls far enough."""
        from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

        losses = np.concatenate(
            [history.get(key, []) for history in self.histories for key in LOSSES]
        )
        if not (losses > 0).all() or losses.max() < MIN_LOG_RATIO * losses.min():
            return
        ax = self.axes_[0]
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        ax.yaxis.set_minor_formatter(NullFormatter())

    def _curve(self, ax, key, *, marker=".", **style):
        """Draw the mean of the histories' values for a key, and their band."""
        curves = [history[key] for history in self.histories if history.get(key)]
        if not curves:
            return
        longest = max(map(len, curves))
        epochs = np.arange(1, longest + 1)
        values = np.full((len(curves), longest), np.nan)
        for row, curve in zip(values, curves, strict=True):
            row[: len(curve)] = curve
        mean = np.nanmean(values, axis=0)
        (self.lines_[key],) = ax.plot(epochs, mean, marker=marker, **style)
        if len(curves) > 1:
            thin = {**style, "label": None, "alpha": 0.4, "linewidth": 0.7}
            self.member_lines_[key] = ax.plot(epochs, values.T, **thin)
            low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
            self.bands_[key] = ax.fill_between(
                epochs, low, high, color=style["color"], alpha=0.2, linewidth=0
            )


def _new_axes(learning_rate):
    """Make a figure with axes for loss, accuracy and, if wanted, learning rate."""
    import matplotlib.pyplot as plt

    names = [[*METRICS], [RATE, METRICS[1]]] if learning_rate else [[*METRICS]]
    figure = plt.figure(figsize=(9, 4.2), layout="constrained")
    axes = figure.subplot_mosaic(names, height_ratios=[3, 1.2][: len(names)])
    if learning_rate:
        axes[RATE].sharex(axes["loss"])
    return [axes[name] for name in (*METRICS, RATE)[: len(axes)]]
