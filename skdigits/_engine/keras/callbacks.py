"""What steers a training from within: Keras callbacks, ours and the user's."""

import copy
import math
from numbers import Real

import keras

from .. import schedules
from .start import trained_with
from .weights import read_state

SETS_RATE = (
    keras.callbacks.LearningRateScheduler,
    keras.callbacks.ReduceLROnPlateau,
)


class ScheduledRate(keras.callbacks.Callback):
    """Sets the learning rate by the progress of the training, and logs it.

    Once a callback of the user's has set the rate, it leaves it to them.

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
            self.is_overruled = self._now() != self.set_rate
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
    """Keeps what each epoch logs, whichever callback logged it.

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


class TellTasks(keras.callbacks.Callback):
    """Tells scikit-learn's callbacks of each epoch; they may end the training.

    Parameters
    ----------
    tasks : skdigits._core.sklearn_compat.FitTasks
    network : TrainedNetwork
        As it was before this training.
    history : dict of lists of float
        Kept by `CollectLogs`.
    """

    def __init__(self, tasks, network, history):
        super().__init__()
        self.tasks, self.network, self.history = tasks, network, history

    def on_epoch_begin(self, epoch, logs=None):
        self.tasks.begin_epoch()

    def on_epoch_end(self, epoch, logs=None):
        if self.tasks.end_epoch(self._fitted_attributes):
            self.model.stop_training = True

    def _fitted_attributes(self):
        history = {key: [*values] for key, values in self.history.items()}
        return {
            "n_iter_": len(history["loss"]),
            "history_": history,
            "_network": self.network.with_state(read_state(self.model)),
        }


class KeepCheckpoint(keras.callbacks.Callback):
    """Puts each epoch on disk, and takes a training up where it was.

    Parameters
    ----------
    checkpoint : skdigits._engine.checkpoint.Checkpoint
    control : list of keras.callbacks.Callback
        Those of `control_callbacks`; what they remember is kept, too.
    network : TrainedNetwork
        As it was before this training.
    history : dict of lists of float
        Kept by `CollectLogs`.
    """

    REMEMBERED = (
        "batch",
        "best",
        "best_epoch",
        "best_weights",
        "is_overruled",
        "set_rate",
        "wait",
    )

    def __init__(self, checkpoint, control, network, history):
        super().__init__()
        self.checkpoint, self.control = checkpoint, control
        self.network, self.history = network, history

    def on_train_begin(self, logs=None):
        found = self.checkpoint.found
        if found is None:
            return
        for callback, memory in zip(self.control, found.control, strict=True):
            vars(callback).update(memory)
        self.model.optimizer.learning_rate = found.learning_rate

    def on_epoch_end(self, epoch, logs=None):
        # The epoch that ends a training is written by `finish`, which knows its result.
        if epoch + 1 < self.params["epochs"] and not self.model.stop_training:
            self._write(self.network.with_state(read_state(self.model)))

    def finish(self, network):
        """Write down that the training is over, and with what result."""
        self._write(network, is_finished=True)

    def _write(self, network, is_finished=False):
        control = [
            {key: value for key, value in vars(c).items() if key in self.REMEMBERED}
            for c in self.control
        ]
        self.checkpoint.write(
            network,
            history=self.history,
            learning_rate=float(self.model.optimizer.learning_rate),
            control=control,
            is_finished=is_finished,
            trained_with=trained_with(),
        )


def control_callbacks(plan, *, n_batches, is_validated, users_callbacks):
    """Make the callbacks that a plan's parameters stand for.

    Parameters
    ----------
    plan : TrainingPlan
    n_batches : int
        Number of batches in the whole training.
    is_validated : bool
        Whether there are images to validate on; else the training metrics decide.
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
    """Copy the user's callbacks, so that a fit leaves its parameters as they were.

    The copies are shallow: what a callback refers to, an Optuna trial or an open file,
    stays the one that the user has.
    """
    for index, callback in enumerate(callbacks or ()):
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                "callbacks must be instances of keras.callbacks.Callback. Got "
                f"{callback!r} at index {index} instead."
            )
    return [copy.copy(callback) for callback in callbacks or ()]
