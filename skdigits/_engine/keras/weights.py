"""What a network has learned: into it, out of it, and the random start."""

import keras
import numpy as np

from ..trained import NetworkState

# What the layers of our architectures have; each has an initialiser of its name.
WEIGHT_NAMES = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")


def initialise(network, rng):
    """Give one of our architectures new random weights.

    Parameters
    ----------
    network : keras.Model
    rng : numpy.random.Generator
    """
    for layer in network.layers:
        for name in WEIGHT_NAMES:
            variable = getattr(layer, name, None)
            if variable is None:
                continue
            initializer = getattr(layer, f"{name}_initializer")
            config = initializer.get_config()
            if "seed" in config:
                config["seed"] = int(rng.integers(2**31))
            new_values = initializer.from_config(config)
            variable.assign(new_values(variable.shape, variable.dtype))
    seed_generators(network, rng)


def seed_generators(network, rng):
    """Seed the random generators that a network uses in training: its dropout."""
    for variable in network.variables:
        if variable.path.endswith("seed_generator_state"):
            variable.assign([rng.integers(2**31), 0])


def assign(variables, arrays):
    """Put arrays into variables.

    Raises
    ------
    ValueError
        If they are of other shapes or types.
    """
    own = [
        (tuple(v.shape), keras.backend.standardize_dtype(v.dtype)) for v in variables
    ]
    if own != [(array.shape, array.dtype.name) for array in arrays]:
        raise ValueError(
            "A network must be built as it was in fit: the same network at each call "
            "of a function that is an architecture, and under the same dtype policy of "
            "Keras. Got one whose weights have other shapes or types."
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def read_state(network):
    """Copy what a compiled `keras.Model` has learned: a `NetworkState`."""
    return NetworkState(
        network=_values(network.variables),
        optimizer=_values(network.optimizer.variables),
    )


def load_state(network, state):
    """Put a `NetworkState` into a compiled `keras.Model`; raises as `assign` does."""
    assign(network.variables, state.network)
    assign(network.optimizer.variables, state.optimizer)


def _values(variables):
    return [np.array(variable.numpy()) for variable in variables]
