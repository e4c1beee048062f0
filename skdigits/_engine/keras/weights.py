"""Weights: random initialisation, reading and loading."""

import keras
import numpy as np

from ..trained import Weights

# Weights of the layers of named architectures; each has an initialiser of its name.
WEIGHT_NAMES = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")


def initialise(model, rng):
    """Set random weights in the model of a named architecture.

    Parameters
    ----------
    model : keras.Model
    rng : numpy.random.Generator
    """
    for layer in model.layers:
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
    seed_generators(model, rng)


def seed_generators(model, rng):
    """Seed the random generators of a model, which its dropout uses."""
    for variable in model.variables:
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


def read_weights(model):
    """Copy the `Weights` of a compiled `keras.Model`."""
    return Weights(
        model=_values(model.variables),
        optimizer=_values(model.optimizer.variables),
    )


def load_weights(model, weights):
    """Load `Weights` into a compiled `keras.Model`; raises as `assign` does."""
    assign(model.variables, weights.model)
    assign(model.optimizer.variables, weights.optimizer)


def _values(variables):
    return [np.array(variable.numpy()) for variable in variables]
