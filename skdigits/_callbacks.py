"""What steers a training from within: Keras callbacks, ours and the user's."""

import copy
import math
from numbers import Real

from . import _tensorflow  # it starts TensorFlow, so it comes first

# isort: split
import keras

from . import _schedules
from ._checkpoint import Progress
from ._network_state import NetworkState

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
        Of the whole training.
    users_callbacks : list of keras.callbacks.Callback
    """

    def __init__(self, rate, schedule, n_batches, users_callbacks):
        super().__init__()
        self.rate, self.n_batches = rate, n_batches
        self.factor = _schedules.BY_PROGRESS.get(schedule, _schedules.constant)
        self.batch = 0
        self.may_be_overruled = bool(users_callbacks)
        # These two mean to, from the first epoch, though they may begin with no change.
        self.is_overruled = any(isinstance(c, SETS_RATE) for c in users_callbacks)
        self.set_rate = None

    def on_train_begin(self, logs=None):
        self._set(self.rate)

    def on_train_batch_begin(self, batch, logs=None):
        if self.factor is _schedules.constant:
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


class CollectLogs(keras.callbacks.Callback):
    """Keeps what each epoch logs, whichever callback logged it.

    Parameters
    ----------
    history : dict of lists of float
        Of the epochs before this training; copied.
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
    tasks : skdigits._sklearn.FitTasks
    history : dict of lists of float
        Kept by `CollectLogs`.
    """

    def __init__(self, tasks, history):
        super().__init__()
        self.tasks, self.history = tasks, history

    def on_epoch_begin(self, epoch, logs=None):
        self.tasks.begin_epoch()

    def on_epoch_end(self, epoch, logs=None):
        if self.tasks.end_epoch(self._fitted_attributes):
            self.model.stop_training = True

    def _fitted_attributes(self):
        history = {key: [*values] for key, values in self.history.items()}
        return {
            "_state": NetworkState.of(self.model),
            "n_iter_": len(history["loss"]),
            "history_": history,
        }


class KeepCheckpoint(keras.callbacks.Callback):
    """Puts each epoch on disk, and takes a training up where it was.

    Parameters
    ----------
    checkpoint : skdigits._checkpoint.Checkpoint
    control : list of keras.callbacks.Callback
        Of `control_callbacks`; what they remember is kept, too.
    seed : int
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

    def __init__(self, checkpoint, control, seed, history):
        super().__init__()
        self.checkpoint, self.control = checkpoint, control
        self.seed, self.history = seed, history

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
            self._write(NetworkState.of(self.model))

    def finish(self, state):
        """Write down that the training is over, and with what result."""
        self._write(state, is_finished=True)

    def _write(self, state, is_finished=False):
        control = [
            {key: value for key, value in vars(c).items() if key in self.REMEMBERED}
            for c in self.control
        ]
        progress = Progress(
            seed=self.seed,
            n_iter=len(self.history["loss"]),
            history=self.history,
            learning_rate=float(self.model.optimizer.learning_rate),
            control=control,
            is_finished=is_finished,
            trained_with=_tensorflow.trained_with(),
            state=state,
        )
        self.checkpoint.write(progress)


def control_callbacks(
    *, rate, schedule, n_batches, early_stopping, patience, held_out, users_callbacks
):
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
    users_callbacks : list of keras.callbacks.Callback
        They may set the learning rate themselves.

    Returns
    -------
    list of keras.callbacks.Callback
    """
    prefix = "val_" if held_out else ""
    callbacks = [ScheduledRate(rate, schedule, n_batches, users_callbacks)]
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
