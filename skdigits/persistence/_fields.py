"""Entries of a model file: each writer returns JSON, and its reader the value.

Readers check JSON from an untrusted file.
"""

import dataclasses
import re
from collections.abc import Callable

import numpy as np

from .._core.safetensors_file import DamagedFileError
from .._engine.parameters import PARAMETERS

UNSAVED_PARAMETERS = {name for name, role in PARAMETERS.items() if not role.saved}
SHAPES = {"image_shape", "output_shape"}
MAX_LABEL_BYTES = 2**24
MAX_PIXELS = 2**20  # in an image of an unknown network, or of a DigitNormalizer
LABEL_DTYPES = {  # pattern of a dtype -> type of its values in JSON
    r"\|b1": bool,
    r"[<>|][iu][1248]": int,
    r"[<>]f[248]": float,
    r"[<>]U\d{1,4}": str,
    r"object": str,
}


@dataclasses.dataclass(frozen=True)
class Field:
    """One key in the JSON of an estimator.

    Parameters
    ----------
    write : callable
        Takes a fitted estimator and returns JSON.
    read : callable
        Takes an estimator, JSON and an `EstimatorReader`. It checks the JSON and stores
        its value in the estimator.
    """

    write: Callable
    read: Callable


def attribute(name, write, read):
    """Return the field of an attribute, from functions of its value alone."""
    return Field(
        lambda estimator: write(getattr(estimator, name)),
        lambda estimator, data, reader: setattr(estimator, name, read(data)),
    )


def checked(is_valid, message):
    """Return a reader that returns JSON unchanged if it is valid."""

    def read(data):
        require(is_valid(data), message)
        return data

    return read


def flag(name):
    """Return the field of an attribute that is True or False."""
    message = f"{name} must be true or false"
    return attribute(name, bool, checked(lambda data: is_a(data, bool), message))


def require(condition, message):
    """Raise a DamagedFileError unless a condition holds."""
    if not condition:
        raise DamagedFileError(message)


def is_a(value, kind):
    """Whether a JSON value has a type; True is not a number, and 1 is also a float."""
    if isinstance(value, bool):
        return kind in (bool, object)
    return isinstance(value, int | float if kind is float else kind)


def is_list(value, kind, length=None):
    """Whether a JSON value is a list of items of one type."""
    return (
        isinstance(value, list)
        and length in (None, len(value))
        and all(is_a(item, kind) for item in value)
    )


def write_parameters(params):
    saved = params.keys() - UNSAVED_PARAMETERS
    return {name: _write_parameter(name, params[name]) for name in saved}


def read_parameters(estimator, data, architectures):
    """Set and check the parameters of an estimator, and return it."""
    require(isinstance(data, dict), "parameters must be an object")
    allowed = estimator.get_params(deep=False).keys() - UNSAVED_PARAMETERS
    require(data.keys() <= allowed, f"parameters must be among {sorted(allowed)}")
    params = {name: _read_parameter(name, data[name], architectures) for name in data}
    try:
        estimator.set_params(**params)._validate_params()
    except (TypeError, ValueError, OverflowError) as exc:
        raise DamagedFileError(str(exc).removesuffix(".")) from exc
    return estimator


def _write_parameter(name, value):
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if name in SHAPES:
        return [int(n) for n in value]
    if name == "class_weight":
        pairs = [[np.asarray(k).item(), float(v)] for k, v in value.items()]
        return {"pairs": pairs}
    if name == "loss":  # an object of Keras, which no prediction depends on
        return "crossentropy"
    if name == "architecture":
        return {"function": getattr(value, "__name__", type(value).__name__)}
    raise ValueError(
        f"{name} must be None, a number or a string to be saved. Got {value!r} "
        f"instead. Use set_params({name}=None), for example."
    )


def _read_parameter(name, value, architectures):
    if name in SHAPES and is_list(value, int):
        return tuple(value)
    if not isinstance(value, dict | list):
        return value
    match name, value:
        case "class_weight", {"pairs": list(pairs), **rest} if not rest:
            require(
                all(
                    is_list(pair, object, 2)
                    and isinstance(pair[0], bool | int | float | str)
                    and is_a(pair[1], float)
                    for pair in pairs
                ),
                "class_weight must be pairs of a label and a weight",
            )
            return dict(map(tuple, pairs))
        case "architecture", {"function": str(function), **rest} if not rest:
            require(
                function in architectures,
                f"its architecture is the function {function!r}, which it does not "
                f"contain. Pass load(path, architectures={{{function!r}: ...}})",
            )
            return architectures[function]
    raise DamagedFileError(f"{name} has a value of an unexpected type")


def write_classes(classes):
    values = classes.tolist()
    dtype = "object" if classes.dtype == object else classes.dtype.str
    kind = _label_kind(dtype)
    if not is_list(values, kind or ()) or _label_bytes(dtype, values) > MAX_LABEL_BYTES:
        raise ValueError(
            "Labels must be numbers, booleans or short strings to be saved. Got "
            f"{values[0]!r} of dtype {classes.dtype} instead."
        )
    return {"dtype": dtype, "values": values}


def read_classes(data):
    match data:
        case {"dtype": str(dtype), "values": list(values), **rest} if not rest:
            kind = _label_kind(dtype)
        case _:
            raise DamagedFileError("classes must have a dtype and values")
    require(kind is not None, f"labels cannot have the dtype {dtype!r}")
    require(
        len(values) > 1 and is_list(values, kind),
        "classes must be at least two labels",
    )
    require(
        _label_bytes(dtype, values) <= MAX_LABEL_BYTES, "classes take too much memory"
    )
    try:
        classes = np.array(values, dtype=dtype)
    except (OverflowError, TypeError, ValueError) as exc:
        raise DamagedFileError(f"classes do not have their dtype: {exc}") from exc
    require(classes.tolist() == values, "classes do not have their dtype")
    require(np.array_equal(np.unique(classes), classes), "classes must be sorted")
    return classes


def _label_bytes(dtype, values):
    return np.dtype(dtype).itemsize * len(values)


def _label_kind(dtype):
    found = (k for p, k in LABEL_DTYPES.items() if re.fullmatch(p, dtype, re.ASCII))
    return next(found, None)


def _write_history(history):
    for name, values in history.items():
        if not is_list(values, float):
            raise ValueError(
                f"history_[{name!r}] must be a list of numbers to be saved. Got "
                f"{values!r} instead, logged by a callback. Remove it from history_."
            )
    return history


def _is_history(data):
    return isinstance(data, dict) and all(is_list(v, float) for v in data.values())


def _is_settings(data):
    values = data.values() if isinstance(data, dict) else [None]
    return all(isinstance(value, bool | int | str) for value in values)


HISTORY = attribute(
    "history_", _write_history, checked(_is_history, "history must be lists of numbers")
)
TRAINED_WITH = attribute(
    "trained_with_",
    dict,
    checked(_is_settings, "trained_with must be names and their versions or numbers"),
)
