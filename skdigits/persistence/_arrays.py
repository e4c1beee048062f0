"""Arrays of the classifiers in a model file, named such as "cnn/network/0"."""

import math

from .._engine.trained import TrainedNetwork
from ._fields import require

MAX_PIXELS = 2**20  # in an image, for an architecture of the user
# An optimizer stores at most three values for each weight.
VALUES_PER_WEIGHT = 4


def write_arrays(classifiers):
    """Return the named arrays of classifiers.

    Parameters
    ----------
    classifiers : dict of str to CNNClassifier
        By the prefix of their arrays' names.

    Returns
    -------
    dict of str to ndarray
    """
    return {
        f"{prefix}{name}": array
        for prefix, classifier in classifiers.items()
        for name, array in classifier._network.to_arrays().items()
    }


def check_shapes(shapes, classifiers):
    """Raise a DamagedFileError unless the arrays in a header fit their networks."""
    groups = _by_prefix(shapes)
    require(groups.keys() == classifiers.keys(), "its arrays must belong to its models")
    for prefix, classifier in classifiers.items():
        _check_network(groups[prefix], classifier._network.spec)


def read_arrays_into(classifiers, arrays):
    """Complete classifiers with their arrays, whose shapes were checked."""
    for prefix, own in _by_prefix(arrays).items():
        network = classifiers[prefix]._network
        classifiers[prefix]._network = TrainedNetwork.from_arrays(
            own, spec=network.spec, pixels=network.pixels, seed=network.seed
        )


def _by_prefix(named):
    groups = {}
    for name, value in named.items():
        local = "/".join(name.split("/")[-2:])
        groups.setdefault(name.removesuffix(local), {})[local] = value
    return groups


def _check_network(shapes, spec):
    if callable(spec.architecture):
        require(
            math.prod(spec.image_shape) <= MAX_PIXELS,
            f"its images must have at most {MAX_PIXELS:,} pixels",
        )
        expected = [None] * sum(name.startswith("network/") for name in shapes)
    else:
        expected = spec.layer_plan().variable_shapes
        n_values = sum(map(math.prod, shapes.values()))
        limit = VALUES_PER_WEIGHT * (sum(map(math.prod, expected)) + 1)
        require(
            n_values <= limit,
            f"its arrays must have at most {limit:,} values. Got {n_values:,}",
        )
    n_optimizer = len(shapes) - len(expected)
    names = [f"network/{i}" for i in range(len(expected))]
    optimizer = [f"optimizer/{i}" for i in range(n_optimizer)]
    require(shapes.keys() == {*names, *optimizer}, "its arrays have unexpected names")
    for name, shape in zip(names, expected, strict=True):
        require(
            shape in (None, shapes[name]),
            f"{name} must have the shape {shape}. Got {shapes[name]}",
        )
