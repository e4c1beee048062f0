"""Table of the parameters of `CNNClassifier` and of what they affect."""

from typing import NamedTuple


class Role(NamedTuple):
    """Effects of a parameter.

    Parameters
    ----------
    model : bool
        Whether the model depends on it: fits with other values share no model.
    identity : bool
        Whether a fit resumes the checkpoint of another fit.
    saved : bool
        Whether a model file holds it. Others belong to one program or one machine.
    """

    model: bool
    identity: bool
    saved: bool


OF_MODEL = Role(model=True, identity=True, saved=True)
OF_TRAINING = Role(model=False, identity=True, saved=True)

PARAMETERS = {
    "architecture": OF_MODEL,
    "width": OF_MODEL,
    "dropout": OF_MODEL,
    "optimizer": OF_MODEL,
    "loss": OF_MODEL,
    "label_smoothing": OF_MODEL,
    "dtype_policy": OF_MODEL,
    "image_shape": OF_TRAINING,
    "epochs": OF_TRAINING,
    "batch_size": OF_TRAINING,
    "learning_rate": OF_TRAINING,
    "schedule": OF_TRAINING,
    "validation_fraction": OF_TRAINING,
    "early_stopping": OF_TRAINING,
    "n_iter_no_change": OF_TRAINING,
    "class_weight": OF_TRAINING,
    "test_time_shift": OF_TRAINING,
    "test_time_flip": OF_TRAINING,
    "warm_start": OF_TRAINING,
    "random_state": OF_TRAINING,
    "verbose": Role(model=False, identity=False, saved=True),
    "callbacks": Role(model=False, identity=False, saved=False),
    "checkpoint": Role(model=False, identity=False, saved=False),
}

MODEL_PARAMETERS = [name for name, role in PARAMETERS.items() if role.model]
