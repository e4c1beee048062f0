"""Keras callbacks that control or observe a training."""

import copy
import math
from numbers import Real

import keras

from .. import schedules
from .weights import read_weights

SETS_RATE = (
    keras.callbacks.LearningRateScheduler,
    keras.callbacks.ReduceLROnPlateau,
)


class ScheduledRate(keras.callbacks.Callback):
    """Sets the learning rate by the progress of the training, and logs it.

    It stops doing so as soon as one of the user's callbacks has set the rate.

    Parameters
    ----------
    rate : float
    schedule : str
    n_batches : int
        Number of batches in the whole training.
    users_callbacks : list of keras.callbacks.Callback
    """

    def __init__(self, rate, schedule, n_batches, users_callbacks):
        super().__init__()
        self.rate, self.n_batches = rate, n_batches
        self.factor = schedules.BY_PROGRESS.get(schedule, schedules.constant)
        self.batch = 0
        self.may_be_overruled = bool(users_callbacks)
        # These two set the rate, even if they begin by leaving it as it is.
        self.is_overruled = any(isinstance(c, SETS_RATE) for c in users_callbacks)
        self.set_rate = None

    def on_train_begin(self, logs=None):
        self._set(self.rate)

    def on_train_batch_begin(self, batch, logs=None):
        if self.factor is schedules.constant:
            return
        if self.may_be_overruled and not self.is_overruled:
            # None where an interrupted fit had no callbacks, but this one has.
            self.is_overruled = self.set_rate not in (None, self._now())
        if not self.is_overruled:
            self._set(self.rate * self.factor(self.batch / self.n_batches))
        self.batch += 1

    def on_epoch_end(self, epoch, logs=None):
        logs["learning_rate"] = self._now()

    def _set(self, rate):
        self.model.optimizer.learning_rate = rate
        if self.may_be_overruled:
            self.set_rate = self._now()  # as float32 has it

    def _now(self):
        return float(self.model.optimizer.learning_rate)


class StopOnDivergence(keras.callbacks.Callback):
    """Raises an error as soon as the loss of an epoch is NaN or infinite."""

    def __init__(self, rate, schedule):
        super().__init__()
        self.rate, self.schedule = rate, schedule

    def on_epoch_end(self, epoch, logs=None):
        if not math.isfinite(logs["loss"]):
            raise ValueError(
                f"Training diverged: the loss of epoch {epoch + 1} is {logs['loss']}. "
                f"Lower learning_rate={self.rate} (schedule={self.schedule!r})."
            )


class CollectLogs(keras.callbacks.Callback):
    """Collects what all callbacks log in each epoch.

    Parameters
    ----------
    history : dict of lists of float
        History of the epochs before this training; copied.
    """

    def __init__(self, history):
        super().__init__()
        self.history = {key: [*values] for key, values in history.items()}

    def on_epoch_end(self, epoch, logs=None):
        for key, value in logs.items():
            number = float(value) if isinstance(value, Real) else value
            self.history.setdefault(key, []).append(number)


class NotifyTasks(keras.callbacks.Callback):
    """Notifies the tasks of a fit of each epoch; they may stop the training.

    Parameters
    ----------
    tasks : skdigits._core.sklearn_compat.FitTasks
    learned : callable
        ``learned(weights)`` returns the `Learned` of the epochs so far.
    """

    def __init__(self, tasks, learned):
        super().__init__()
        self.tasks, self.learned = tasks, learned

    def on_epoch_begin(self, epoch, logs=None):
        self.tasks.begin_epoch()

    def on_epoch_end(self, epoch, logs=None):
        if self.tasks.end_epoch(lambda: self.learned(read_weights(self.model))):
            self.model.stop_training = True


class WriteCheckpoint(keras.callbacks.Callback):
    """Writes a checkpoint after each epoch, and restores the state of one.

    Parameters
    ----------
    checkpoint : skdigits._engine.checkpoint.Checkpoint
    control : list of keras.callbacks.Callback
        Those of `control_callbacks`, whose attributes are saved as well.
    learned : callable
        ``learned(weights)`` returns the `Learned` of the epochs so far.
    """

    SAVED = (
        "batch",
        "best",
        "best_epoch",
        "best_weights",
        "is_overruled",
        "set_rate",
        "wait",
    )

    def __init__(self, checkpoint, control, learned):
        super().__init__()
        self.checkpoint, self.control, self.learned = checkpoint, control, learned

    def on_train_begin(self, logs=None):
        found = self.checkpoint.found
        if found is None:
            return
        for callback, attributes in zip(self.control, found.control, strict=True):
            vars(callback).update(attributes)
        self.model.optimizer.learning_rate = found.learning_rate

    def on_epoch_end(self, epoch, logs=None):
        # `finish` writes the last epoch, with the result of the training.
        if epoch + 1 < self.params["epochs"] and not self.model.stop_training:
            self._write(self.learned(read_weights(self.model)))

    def finish(self, learned):
        """Write that the training is finished, with its result."""
        self._write(learned, is_finished=True)

    def _write(self, learned, is_finished=False):
        control = [
            {name: value for name, value in vars(c).items() if name in self.SAVED}
            for c in self.control
        ]
        self.checkpoint.write(
            learned,
            learning_rate=float(self.model.optimizer.learning_rate),
            control=control,
            is_finished=is_finished,
        )


def control_callbacks(plan, *, n_batches, is_validated, users_callbacks):
    """Make the callbacks that carry out the parameters of a plan.

    Parameters
    ----------
    plan : TrainingPlan
    n_batches : int
        Number of batches in the whole training.
    is_validated : bool
        Whether there are images to validate on; if not, training metrics decide.
    users_callbacks : list of keras.callbacks.Callback
        They may set the learning rate themselves.

    Returns
    -------
    list of keras.callbacks.Callback
    """
    prefix = "val_" if is_validated else ""
    rate, schedule = plan.learning_rate, plan.schedule
    callbacks = [ScheduledRate(rate, schedule, n_batches, users_callbacks)]
    if schedule == "plateau":
        callbacks.append(
            keras.callbacks.ReduceLROnPlateau(
                monitor=f"{prefix}accuracy", factor=0.5, patience=3, min_lr=rate / 10
            )
        )
    if plan.early_stopping:
        callbacks.append(
            keras.callbacks.EarlyStopping(
                monitor=f"{prefix}loss",
                patience=plan.n_iter_no_change,
                restore_best_weights=True,
            )
        )
    return [*callbacks, StopOnDivergence(rate, schedule)]


def copy_callbacks(callbacks):
    """Copy the user's callbacks, so that a fit does not change its parameters.

    The copies are shallow: they refer to the user's objects, such as an Optuna trial or
    an open file.
    """
    for index, callback in enumerate(callbacks or ()):
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                "callbacks must be instances of keras.callbacks.Callback. Got "
                f"{callback!r} at index {index} instead."
            )
    return [copy.copy(callback) for callback in callbacks or ()]
