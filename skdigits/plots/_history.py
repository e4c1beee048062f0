"""HistoryDisplay: loss and accuracy over the epochs."""

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

METRICS = ("loss", "accuracy")


class HistoryDisplay:
    """Curves of loss and accuracy, of the training and of its validation part.

    Make one with `from_estimator` or `from_history`.

    Parameters
    ----------
    history : dict of lists of float
        As `CNNClassifier.history_`: "loss", "accuracy" and, where there was a
        validation part, "val_loss" and "val_accuracy".

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    axes_ : list of 2 matplotlib Axes
        Of loss and of accuracy.
    lines_ : dict of str to matplotlib Line2D
        The curves, by their name in the history.

    Examples
    --------
    >>> from skdigits.plots import HistoryDisplay
    >>> history = {"loss": [0.9, 0.3], "accuracy": [0.7, 0.9]}
    >>> HistoryDisplay.from_history(history).lines_["loss"].get_ydata().tolist()
    [0.9, 0.3]
    """

    def __init__(self, *, history):
        self.history = history

    @classmethod
    def from_estimator(cls, estimator, *, axes=None):
        """Draw the history of a fitted estimator.

        Parameters
        ----------
        estimator : CNNClassifier, or Pipeline that ends in one
            Fitted.
        axes : sequence of 2 matplotlib Axes, default=None
            To draw in; None makes a figure.

        Returns
        -------
        display : HistoryDisplay
            With its artists.
        """
        last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
        check_is_fitted(last, "history_")
        return cls.from_history(last.history_, axes=axes)

    @classmethod
    def from_history(cls, history, *, axes=None):
        """Draw a history.

        Parameters
        ----------
        history : dict of lists of float
            As `CNNClassifier.history_`.
        axes : sequence of 2 matplotlib Axes, default=None
            To draw in; None makes a figure.

        Returns
        -------
        display : HistoryDisplay
            With its artists.
        """
        missing = [metric for metric in METRICS if metric not in history]
        if missing:
            raise ValueError(
                f"history must have the keys {', '.join(METRICS)}, as "
                f"CNNClassifier.history_ has. Got {', '.join(history)} instead."
            )
        return cls(history=history).plot(axes=axes)

    def plot(self, *, axes=None):
        """Draw.

        Parameters
        ----------
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
            _, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
        self.axes_ = list(axes)
        self.figure_ = self.axes_[0].figure
        self.lines_ = {}
        for ax, metric in zip(self.axes_, METRICS, strict=True):
            for key, label, style in (
                (metric, "training", "-"),
                (f"val_{metric}", "validation", "--"),
            ):
                if key in self.history:
                    curve = self.history[key]
                    epochs = range(1, len(curve) + 1)
                    (line,) = ax.plot(epochs, curve, style, marker=".", label=label)
                    self.lines_[key] = line
            ax.set(xlabel="epoch", ylabel=metric)
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
            ax.grid(alpha=0.3)
            ax.legend()
        return self
