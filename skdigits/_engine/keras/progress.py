"""How far a training is: a bar in a terminal, elsewhere a line for each epoch."""

import contextlib
import sys
from time import perf_counter

import keras
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ..._core.notebook import NotebookText

SHOWN = ("loss", "accuracy", "val_loss", "val_accuracy")


@contextlib.contextmanager
def shown(verbose):
    """Give the callbacks that show a training, until the context ends.

    Parameters
    ----------
    verbose : int
        0 for none, 1 for a bar where there is a terminal, else a line for each epoch,
        2 for the lines anywhere. In a notebook the last line moves with the batches.

    Yields
    ------
    list of keras.callbacks.Callback
    """
    if not verbose or sys.stdout is None:
        yield []
        return
    console = Console(file=sys.stdout)
    if verbose == 1 and console.is_jupyter:
        yield [EpochText(NotebookText())]
        return
    if verbose > 1 or not console.is_terminal:
        yield [EpochLines()]
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

    def on_epoch_begin(self, epoch, logs=None):
        self.start = perf_counter()
        self.epoch = f"Epoch {epoch + 1}/{self.params['epochs']}"

    def on_epoch_end(self, epoch, logs=None):
        seconds = perf_counter() - self.start
        self.write(f"{self.epoch}: {epoch_text(logs)}, {seconds:.1f} s")

    def write(self, line):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


class EpochText(EpochLines):
    """Shows the same lines in a notebook, and how far the running epoch is.

    Parameters
    ----------
    text : NotebookText
    """

    def __init__(self, text):
        super().__init__()
        self.text, self.lines = text, []

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch)
        if not self.lines:  # a warm start begins later
            self.first = epoch
            self.train_start = self.start

    def on_train_batch_end(self, batch, logs=None):
        steps = self.params["steps"]
        done = len(self.lines) + (batch + 1) / steps
        left = self.params["epochs"] - self.first - done
        seconds = (perf_counter() - self.train_start) / done * left
        now = f"{self.epoch}: {(batch + 1) / steps:.0%}, {_time(seconds)} left"
        self.text.show([*self.lines, now], at_once=False)

    def write(self, line):
        self.lines.append(line)
        self.text.show(self.lines)


class EpochBar(keras.callbacks.Callback):
    """Moves a bar over all batches of a training."""

    def __init__(self, bar):
        super().__init__()
        self.bar = bar

    def on_train_begin(self, logs=None):
        self.task = self.bar.add_task("", total=None, epoch="", scores="")
        self.scores = {}

    def on_epoch_begin(self, epoch, logs=None):
        epochs, steps = self.params["epochs"], self.params["steps"]
        if self.bar.tasks[self.task].total is None:  # a warm start begins later
            self.bar.update(self.task, total=(epochs - epoch) * steps)
        self.bar.update(self.task, epoch=f"{epoch + 1}/{epochs}")

    def on_train_batch_end(self, batch, logs=None):
        # The loss of the running epoch beside the validation of the last one.
        self.scores |= logs or {}
        self.bar.update(self.task, advance=1, scores=epoch_text(self.scores))

    def on_epoch_end(self, epoch, logs=None):
        self.scores |= logs
        self.bar.update(self.task, scores=epoch_text(self.scores))


def _time(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def epoch_text(logs):
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
