"""Keras callbacks that show the progress of a training."""

import contextlib
import sys
from time import perf_counter

import keras

from ..._core.progress import ProgressReporter

SCORES = ("loss", "accuracy", "val_loss", "val_accuracy")


@contextlib.contextmanager
def shown(verbose):
    """Yield the callbacks that show a training, until the context ends.

    Parameters
    ----------
    verbose : int
        0 for no output, 1 for a bar in a terminal and a line for each epoch elsewhere,
        2 for the lines everywhere. In a notebook a running line follows the batches.

    Yields
    ------
    list of keras.callbacks.Callback
    """
    if not verbose or sys.stdout is None:
        yield []
        return
    with ProgressReporter(only_lines=verbose > 1) as reporter:
        # Keras computes the scores of each batch for callbacks that use batches.
        callback = BatchProgress if reporter.is_live else EpochProgress
        yield [callback(reporter)]


class EpochProgress(keras.callbacks.Callback):
    """Writer of a line for each epoch to a `ProgressReporter`."""

    def __init__(self, reporter):
        super().__init__()
        self.reporter = reporter

    def on_epoch_begin(self, epoch, logs=None):
        self.start = perf_counter()
        self.title = f"Epoch {epoch + 1}/{self.params['epochs']}"

    def on_epoch_end(self, epoch, logs=None):
        seconds = perf_counter() - self.start
        self.reporter.write(f"{self.title}: {scores_text(logs)}, {seconds:.1f} s")


class BatchProgress(EpochProgress):
    """Writer of the lines that also moves a bar over all batches."""

    def on_train_begin(self, logs=None):
        self.first_epoch, self.scores = None, {}

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch)
        if self.first_epoch is None:  # a warm start begins later than epoch 0
            self.first_epoch = epoch
        self.steps_before = (epoch - self.first_epoch) * self.params["steps"]
        self._update(0)

    def on_train_batch_end(self, batch, logs=None):
        # The loss of the running epoch, with the validation of the epoch before.
        self.scores |= logs or {}
        self._update(batch + 1)

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        self.scores |= logs
        self._update(self.params["steps"])

    def _update(self, steps):
        total = (self.params["epochs"] - self.first_epoch) * self.params["steps"]
        done = self.steps_before + steps
        self.reporter.update(done, total, self.title, scores_text(self.scores))


def scores_text(logs):
    """Return the scores of an epoch as text."""
    return ", ".join(
        f"{name.replace('val_', 'validation ')} {logs[name]:.4f}"
        for name in SCORES
        if name in logs
    )
