"""What steers a training from within: Keras callbacks, ours and the user's."""

import copy
import math

from . import _tensorflow  # noqa: F401  it starts TensorFlow, so it comes first

# isort: split
import keras

from . import _keras, _schedules
from ._network_state import NetworkState


class ScheduledRate(keras.callbacks.Callback):
    """Sets the learning rate by the progress of the training, and logs it.

    Parameters
    ----------
    rate : float
    schedule : str
    n_batches : int
        Of the whole training.
    """

    def __init__(self, rate, schedule, n_batches):
        super().__init__()
        self.rate, self.n_batches = rate, n_batches
        self.factor = _schedules.BY_PROGRESS.get(schedule, _schedules.constant)
        self.batch = 0

    def on_train_begin(self, logs=None):
        self.model.optimizer.learning_rate = self.rate

    def on_train_batch_begin(self, batch, logs=None):
        if self.factor is not _schedules.constant:
            progress = self.batch / self.n_batches
            self.model.optimizer.learning_rate = self.rate * self.factor(progress)
            self.batch += 1

    def on_epoch_end(self, epoch, logs=None):
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)


class StopOnDivergence(keras.callbacks.Callback):
    """Raises as soon as an epoch's loss is no number any more."""

    def __init__(self, rate, schedule):
        super().__init__()
        self.rate, self.schedule = rate, schedule

    def on_epoch_end(self, epoch, logs=None):
        if not math.isfinite(logs["loss"]):
            raise ValueError(
                f"Training diverged: the loss of epoch {epoch + 1} is {logs['loss']}. "
                f"Lower learning_rate={self.rate} (schedule={self.schedule!r})."
            )


class TellTasks(keras.callbacks.Callback):
    """Tells scikit-learn's callbacks of each epoch; they may end the training.

    Parameters
    ----------
    tasks : skdigits._sklearn.FitTasks
    history : dict of lists of float
        Of the epochs before this training.
    """

    def __init__(self, tasks, history):
        super().__init__()
        self.tasks = tasks
        self.history = {key: [*values] for key, values in history.items()}

    def on_epoch_begin(self, epoch, logs=None):
        self.tasks.begin_epoch()

    def on_epoch_end(self, epoch, logs=None):
        for key, value in logs.items():
            self.history.setdefault(key, []).append(_keras.plain(value))
        if self.tasks.end_epoch(self._fitted_attributes):
            self.model.stop_training = True

    def _fitted_attributes(self):
        history = {key: [*values] for key, values in self.history.items()}
        return {
            "_state": NetworkState.of(self.model),
            "n_iter_": len(history["loss"]),
            "history_": history,
        }


def control_callbacks(*, rate, schedule, n_batches, early_stopping, patience, held_out):
    """Make the callbacks that parameters of `CNNClassifier` stand for.

    Parameters
    ----------
    rate : float
    schedule : str
    n_batches : int
        Of the whole training.
    early_stopping : bool
    patience : int
        Epochs without a better loss before early stopping.
    held_out : bool
        Whether there are images to validate on; else the training metrics decide.

    Returns
    -------
    list of keras.callbacks.Callback
    """
    prefix = "val_" if held_out else ""
    callbacks = [ScheduledRate(rate, schedule, n_batches)]
    if schedule == "plateau":
        callbacks.append(
            keras.callbacks.ReduceLROnPlateau(
                monitor=f"{prefix}accuracy", factor=0.5, patience=3, min_lr=rate / 10
            )
        )
    if early_stopping:
        callbacks.append(
            keras.callbacks.EarlyStopping(
                monitor=f"{prefix}loss", patience=patience, restore_best_weights=True
            )
        )
    return [*callbacks, StopOnDivergence(rate, schedule)]


def copy_callbacks(callbacks):
    """Copy the user's callbacks, so that a fit leaves its parameters as they were.

    The copies are shallow: what a callback refers to, an Optuna trial or an open file,
    stays the one that the user has.
    """
    for place, callback in enumerate(callbacks or ()):
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                "callbacks must be instances of keras.callbacks.Callback. Got "
                f"{callback!r} at place {place} instead."
            )
    return [copy.copy(callback) for callback in callbacks or ()]
