"""HistoryDisplay: loss and accuracy over the epochs."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..pipelines import final_network
from ._pictures import BLUE, ORANGE

METRICS = ("loss", "accuracy")
STYLES = {"": ("training", BLUE, "-"), "val_": ("validation", ORANGE, "--")}


class HistoryDisplay:
    """Curves of loss and accuracy, of one training or of several together.

    Several are drawn as their mean and a band from the lowest to the highest. Make one
    with `from_estimator` or `from_history`.

    Parameters
    ----------
    histories : list of dicts of lists of float
        Each as `CNNClassifier.history_`: "loss", "accuracy" and, where they are known,
        "val_loss", "val_accuracy" and "learning_rate".

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    axes_ : list of 2 matplotlib Axes
        Of loss and of accuracy.
    rate_ax_ : matplotlib Axes or None
        Of the learning rate, over those of the loss.
    lines_ : dict of str to matplotlib Line2D
        The curves, by their name in the history.
    bands_ : dict of str to matplotlib PolyCollection
        From the lowest to the highest, where there are several histories.

    Examples
    --------
    >>> from skdigits.plots import HistoryDisplay
    >>> history = {"loss": [0.9, 0.3], "accuracy": [0.7, 0.9]}
    >>> HistoryDisplay.from_history(history).lines_["loss"].get_ydata().tolist()
    [0.9, 0.3]
    """

    def __init__(self, *, histories):
        self.histories = histories

    @classmethod
    def from_estimator(cls, estimator, *, learning_rate=True, axes=None):
        """Draw the history of a fitted estimator, or of several together.

        Parameters
        ----------
        estimator : CNNClassifier, Pipeline that ends in one, or a list of these
            Fitted; for example the "estimator" of `sklearn.model_selection.\
cross_validate` with ``return_estimator=True``.
        learning_rate : bool, default=True
            Whether to draw the learning rate, on an axis of its own.
        axes : sequence of 2 matplotlib Axes, default=None
            To draw in; None makes a figure.

        Returns
        -------
        display : HistoryDisplay
            With its artists.
        """
        several = isinstance(estimator, list | tuple)
        networks = [
            final_network(one) or one for one in (estimator if several else [estimator])
        ]
        for network in networks:
            check_is_fitted(network, "history_")
        return cls.from_history(
            [network.history_ for network in networks],
            learning_rate=learning_rate,
            axes=axes,
        )

    @classmethod
    def from_history(cls, history, *, learning_rate=True, axes=None):
        """Draw a history, or several together.

        Parameters
        ----------
        history : dict of lists of float, or list of such dicts
            As `CNNClassifier.history_`.
        learning_rate : bool, default=True
            Whether to draw the learning rate, on an axis of its own.
        axes : sequence of 2 matplotlib Axes, default=None
            To draw in; None makes a figure.

        Returns
        -------
        display : HistoryDisplay
            With its artists.
        """
        histories = [history] if isinstance(history, dict) else list(history)
        for one in histories:
            if any(metric not in one for metric in METRICS):
                raise ValueError(
                    f"history must have the keys {', '.join(METRICS)}, as "
                    f"CNNClassifier.history_ has. Got {', '.join(one)} instead."
                )
        if not histories:
            raise ValueError("history must not be empty. Got no history at all.")
        return cls(histories=histories).plot(learning_rate=learning_rate, axes=axes)

    def plot(self, *, learning_rate=True, axes=None):
        """Draw.

        Parameters
        ----------
        learning_rate : bool, default=True
            Whether to draw the learning rate, on an axis of its own.
        axes : sequence of 2 matplotlib Axes, default=None
            To draw in; None makes a figure.

        Returns
        -------
        self : HistoryDisplay
            With its artists.
        """
        import matplotlib.pyplot as plt
        from matplotlib.ticker import MaxNLocator

        if axes is None:
            _, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
        self.axes_ = list(axes)
        self.figure_ = self.axes_[0].figure
        self.lines_, self.bands_, self.rate_ax_ = {}, {}, None
        for ax, metric in zip(self.axes_, METRICS, strict=True):
            for prefix, (label, colour, style) in STYLES.items():
                self._curve(
                    ax, prefix + metric, label=label, color=colour, linestyle=style
                )
            ax.set(xlabel="epoch", ylabel=metric)
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
            ax.grid(alpha=0.3)
        if learning_rate and any("learning_rate" in h for h in self.histories):
            self.rate_ax_ = self.axes_[0].twinx()
            self.rate_ax_.set_ylabel("learning rate")
            self._curve(
                self.rate_ax_,
                "learning_rate",
                label="learning rate",
                color="gray",
                linestyle=":",
                marker="",
            )
        for ax in self.axes_:
            lines = [line for line in self.lines_.values() if line.axes is ax]
            if ax is self.axes_[0] and self.rate_ax_ is not None:
                lines.append(self.lines_["learning_rate"])
            ax.legend(lines, [line.get_label() for line in lines])
        return self

    def _curve(self, ax, key, *, marker=".", **style):
        """Draw the mean of what the histories have under a key, and their band."""
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
            low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
            self.bands_[key] = ax.fill_between(
                epochs, low, high, color=style["color"], alpha=0.2, linewidth=0
            )
