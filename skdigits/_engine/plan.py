"""Plan of a training: everything that a call of ``fit`` asks for."""

import dataclasses
import os

from .trained import ModelSpec, TrainedNetwork


@dataclasses.dataclass(frozen=True)
class TrainingPlan:
    """Settings of one call of ``fit`` or ``partial_fit``.

    Parameters
    ----------
    spec : ModelSpec
    trained : TrainedNetwork or None
        To train further; None for a new start.
    history : dict of lists of float
        History of the epochs that `trained` was trained for.
    seed : int
    epochs : int
        Epochs to train now.
    batch_size : int
    learning_rate : float
    schedule : str
    early_stopping : bool
    n_iter_no_change : int
    validation_fraction : float or None
    callbacks : list of keras.callbacks.Callback, or None
    checkpoint : path-like or None
    identity : dict of str to str or None
        What else a checkpoint must have in common with this training, besides the data
        and the epochs before.
    verbose : int
    """

    spec: ModelSpec
    trained: TrainedNetwork | None
    history: dict
    seed: int
    epochs: int
    batch_size: int
    learning_rate: float
    schedule: str
    early_stopping: bool
    n_iter_no_change: int
    validation_fraction: float | None
    callbacks: list | tuple | None
    checkpoint: str | os.PathLike | None
    identity: dict | None
    verbose: int

    @property
    def epochs_before(self):
        """Number of epochs that `trained` was trained for."""
        return len(self.history.get("loss", ()))
