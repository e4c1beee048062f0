"""Weights: random initialisation, reading and loading."""

import keras
import numpy as np

from ..trained import NetworkState

# Weights of the layers of named architectures; each has an initialiser of its name.
WEIGHT_NAMES = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")


def initialise(network, rng):
    """Set random weights in the network of a named architecture.

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
    """Seed the random generators of a network, which its dropout uses."""
    for variable in network.variables:
        if variable.path.endswith("seed_generator_state"):
            variable.assign([rng.integers(2**31), 0])


def check_arrays(variables, arrays):
    """Raise a ValueError unless variables and arrays have equal shapes and dtypes."""
    own = [
        (tuple(v.shape), keras.backend.standardize_dtype(v.dtype)) for v in variables
    ]
    if own != [(array.shape, array.dtype.name) for array in arrays]:
        raise ValueError(
            "architecture must build the same model at each call, under the same dtype "
            "policy of Keras, as in fit. Got one whose weights have other shapes or "
            "dtypes."
        )


def assign(variables, arrays):
    """Assign arrays to variables; raises as `check_arrays` does."""
    check_arrays(variables, arrays)
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def read_state(network):
    """Copy the weights of a compiled `keras.Model`: a `NetworkState`."""
    return NetworkState(
        network=_values(network.variables),
        optimizer=_values(network.optimizer.variables),
    )


def load_state(network, state):
    """Load a `NetworkState` into a compiled `keras.Model`; raises as `assign` does."""
    assign(network.variables, state.network)
    assign(network.optimizer.variables, state.optimizer)


def _values(variables):
    return [np.array(variable.numpy()) for variable in variables]
