"""How far a training is: a bar in terminals and notebooks, elsewhere lines."""

import contextlib
import sys
from time import perf_counter

from . import _tensorflow  # noqa: F401  it starts TensorFlow, so it comes first

# isort: split
import keras
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

SHOWN = ("loss", "accuracy", "val_loss", "val_accuracy")


@contextlib.contextmanager
def shown(verbose):
    """Give the callbacks that show a training; what they draw ends with the context.

    Parameters
    ----------
    verbose : int
        0 for none, 1 for a bar where there is a terminal or a notebook, else lines, 2
        for lines.

    Yields
    ------
    list of keras.callbacks.Callback
    """
    if not verbose or sys.stdout is None:
        yield []
        return
    console = Console(file=sys.stdout)
    if verbose > 1 or not (console.is_terminal or console.is_jupyter):
        yield [EpochLines(console)]
        return
    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        TextColumn("{task.fields[scores]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        yield [EpochBar(bar)]


class EpochLines(keras.callbacks.Callback):
    """Writes a line for each epoch."""

    def __init__(self, console):
        super().__init__()
        self.console = console

    def on_epoch_begin(self, epoch, logs=None):
        self.start = perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        seconds = perf_counter() - self.start
        place = f"Epoch {epoch + 1}/{self.params['epochs']}"
        self.console.out(f"{place}: {describe(logs)}, {seconds:.1f} s", highlight=False)


class EpochBar(keras.callbacks.Callback):
    """Moves a bar over all batches of a training."""

    def __init__(self, bar):
        super().__init__()
        self.bar = bar

    def on_train_begin(self, logs=None):
        self.task = self.bar.add_task("", total=None, epoch="", scores="")

    def on_epoch_begin(self, epoch, logs=None):
        epochs, steps = self.params["epochs"], self.params["steps"]
        if self.bar.tasks[self.task].total is None:  # a warm start begins later
            self.bar.update(self.task, total=(epochs - epoch) * steps)
        self.bar.update(self.task, epoch=f"{epoch + 1}/{epochs}")

    def on_train_batch_end(self, batch, logs=None):
        self.bar.advance(self.task)

    def on_epoch_end(self, epoch, logs=None):
        self.bar.update(self.task, scores=describe(logs))


def describe(logs):
    """Say what an epoch came to.

    Parameters
    ----------
    logs : dict of str to float

    Returns
    -------
    str
    """
    return ", ".join(
        f"{name.replace('val_', 'validation ')} {logs[name]:.4f}"
        for name in SHOWN
        if name in logs
    )
