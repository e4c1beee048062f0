"""Fields and arrays of `CNNClassifier` in a model file."""

import dataclasses
import math

from .._classifier import CNNClassifier
from .._core.warnings import warn_user
from .._engine.calibration import MAX_TEMPERATURE, MIN_TEMPERATURE
from .._engine.parameters import MODEL_PARAMETERS
from .._engine.trained import ModelSpec, PixelStatistics, TrainedNetwork
from ._fields import (
    HISTORY,
    MAX_PIXELS,
    TRAINED_WITH,
    Field,
    attribute,
    checked,
    is_a,
    is_list,
    read_classes,
    read_parameters,
    require,
    write_classes,
    write_parameters,
)
from ._transformers import IMAGES

# Largest number of values for each weight: the weight, and those of an optimizer.
VALUES_PER_WEIGHT = 4


def _write_spec(classifier):
    spec = classifier._trained.spec
    if not isinstance(spec.loss, str):
        warn_user(
            f"loss={type(spec.loss).__name__}(...) cannot be saved. The loaded "
            'classifier predicts alike, but trains further with loss="crossentropy".'
        )
    return write_parameters({name: getattr(spec, name) for name in MODEL_PARAMETERS})


def _read_spec(classifier, data, reader):
    require(
        isinstance(data, dict) and data.keys() == set(MODEL_PARAMETERS),
        f"model must have the entries {', '.join(MODEL_PARAMETERS)}",
    )
    as_fitted = read_parameters(CNNClassifier(), data, reader.architectures)
    params, n_classes = as_fitted.get_params(deep=False), len(classifier.classes_)
    spec = ModelSpec.of(params, classifier.image_shape_, n_classes).for_one_fit()
    classifier._trained = TrainedNetwork(spec, weights=None, pixels=None, seed=None)


def _of_trained(name, write, read):
    """Return the field of an attribute of the `TrainedNetwork`."""

    def store(classifier, data, reader):
        values = {name: read(data)}
        classifier._trained = dataclasses.replace(classifier._trained, **values)

    return Field(lambda classifier: write(getattr(classifier._trained, name)), store)


def _read_pixels(data):
    names = [field.name for field in dataclasses.fields(PixelStatistics)]
    require(
        isinstance(data, dict)
        and data.keys() == set(names)
        and is_list([*data.values()], float)
        and all(abs(number) < 1e300 for number in data.values())
        and data["std"] > 0,
        f"pixels must have a finite {', '.join(names)}, and std must be positive",
    )
    return PixelStatistics(**{name: float(number) for name, number in data.items()})


CLASSIFIER = {
    **IMAGES,
    "classes": attribute("classes_", write_classes, read_classes),
    "n_iter": attribute(
        "n_iter_",
        int,
        checked(lambda n: is_a(n, int) and n >= 0, "n_iter must be a number of epochs"),
    ),
    "history": HISTORY,
    "trained_with": TRAINED_WITH,
    "model": Field(_write_spec, _read_spec),
    "pixels": _of_trained("pixels", dataclasses.asdict, _read_pixels),
    "seed": _of_trained(
        "seed",
        int,
        checked(
            lambda n: is_a(n, int) and 0 <= n < 2**31, "seed must be in [0, 2**31)"
        ),
    ),
    "temperature": _of_trained(
        "temperature",
        float,
        checked(
            lambda t: is_a(t, float) and MIN_TEMPERATURE <= t <= MAX_TEMPERATURE,
            f"temperature must be in [{MIN_TEMPERATURE}, {MAX_TEMPERATURE}]",
        ),
    ),
}


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
        for name, array in classifier._trained.to_arrays().items()
    }


def check_shapes(shapes, classifiers):
    """Raise a DamagedFileError unless the arrays in a header fit their models."""
    groups = _by_prefix(shapes)
    require(groups.keys() == classifiers.keys(), "its arrays must belong to its models")
    for prefix, classifier in classifiers.items():
        _check_shapes_of(groups[prefix], classifier._trained.spec)


def read_arrays_into(classifiers, arrays):
    """Complete classifiers with their arrays, whose shapes were checked."""
    for prefix, own in _by_prefix(arrays).items():
        classifier = classifiers[prefix]
        classifier._trained = classifier._trained.with_arrays(own)


def _by_prefix(named):
    groups = {}
    for name, value in named.items():
        local = "/".join(name.split("/")[-2:])
        groups.setdefault(name.removesuffix(local), {})[local] = value
    return groups


def _check_shapes_of(shapes, spec):
    if callable(spec.architecture):
        require(
            math.prod(spec.image_shape) <= MAX_PIXELS,
            f"its images must have at most {MAX_PIXELS:,} pixels",
        )
        expected = [None] * sum(name.startswith("model/") for name in shapes)
    else:
        expected = spec.layer_plan().variable_shapes
        n_values = sum(map(math.prod, shapes.values()))
        limit = VALUES_PER_WEIGHT * (sum(map(math.prod, expected)) + 1)
        require(
            n_values <= limit,
            f"its arrays must have at most {limit:,} values. Got {n_values:,}",
        )
    n_optimizer = len(shapes) - len(expected)
    names = [f"model/{i}" for i in range(len(expected))]
    optimizer = [f"optimizer/{i}" for i in range(n_optimizer)]
    require(shapes.keys() == {*names, *optimizer}, "its arrays have unexpected names")
    for name, shape in zip(names, expected, strict=True):
        require(
            shape in (None, shapes[name]),
            f"{name} must have the shape {shape}. Got {shapes[name]}",
        )
