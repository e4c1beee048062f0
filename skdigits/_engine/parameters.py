"""Table of the parameters of `CNNClassifier` and of what they affect."""

from typing import NamedTuple


class Role(NamedTuple):
    """Effects of a parameter.

    Parameters
    ----------
    network : bool
        Whether the network depends on it: fits with other values share no network.
    identity : bool
        Whether a fit resumes the checkpoint of another fit.
    saved : bool
        Whether a model file holds it. Others belong to one program or one machine.
    """

    network: bool
    identity: bool
    saved: bool


OF_NETWORK = Role(network=True, identity=True, saved=True)
OF_TRAINING = Role(network=False, identity=True, saved=True)

PARAMETERS = {
    "architecture": OF_NETWORK,
    "width": OF_NETWORK,
    "dropout": OF_NETWORK,
    "optimizer": OF_NETWORK,
    "label_smoothing": OF_NETWORK,
    "dtype_policy": OF_NETWORK,
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
    "warm_start": OF_TRAINING,
    "random_state": OF_TRAINING,
    "verbose": Role(network=False, identity=False, saved=True),
    "callbacks": Role(network=False, identity=False, saved=False),
    "checkpoint": Role(network=False, identity=False, saved=False),
}

NETWORK_PARAMETERS = [name for name, role in PARAMETERS.items() if role.network]
