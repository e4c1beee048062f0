"""Parameters, labels and histories as JSON, and back.

What is written can be read; what is read is checked, whoever wrote it.
"""

import re

import numpy as np

from .._core.container import DamagedFileError

# Parameters of this machine or this program. They stay behind.
LEFT_BEHIND = {"callbacks", "checkpoint"}
SHAPES = {"image_shape", "output_shape"}
MAX_LABELS = 2**24  # bytes that all labels may take
MAX_SETTINGS = 20  # that a file may say of its training
LABEL_DTYPES = {  # pattern of a dtype -> what JSON has for its values
    r"\|b1": bool,
    r"[<>|][iu][1248]": int,
    r"[<>]f[248]": float,
    r"[<>]U\d{1,4}": str,
    r"object": str,
}


def need(holds, what):
    """Raise a DamagedFileError unless something holds."""
    if not holds:
        raise DamagedFileError(what)


def is_a(value, kind):
    """Whether a value of JSON is of a kind; a bool is no number, an int is a float."""
    if isinstance(value, bool):
        return kind in (bool, object)
    return isinstance(value, int | float if kind is float else kind)


def is_list(value, kind, length=None):
    """Whether a value of JSON is a list whose items are of a kind."""
    return (
        isinstance(value, list)
        and length in (None, len(value))
        and all(is_a(item, kind) for item in value)
    )


def write_parameters(params):
    """Turn a dict of parameters into JSON, without those that are left behind."""
    kept = params.keys() - LEFT_BEHIND
    return {name: _write_parameter(name, params[name]) for name in kept}


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
    if name == "architecture":
        return {"function": function_name(value)}
    raise ValueError(
        f"{name}={value!r} cannot be saved. Set it to a plain value first, such as "
        f"set_params({name}=None)."
    )


def function_name(function):
    """Give the name by which a file refers to an architecture."""
    return getattr(function, "__name__", type(function).__name__)


def read_parameters(data, architectures):
    """Turn JSON into a dict of parameters; their names and ranges are left to check.

    Parameters
    ----------
    data : object
    architectures : dict of str to callable

    Returns
    -------
    dict
    """
    need(isinstance(data, dict), "it has no parameters")
    need(not data.keys() & LEFT_BEHIND, "it has parameters that are not kept in files")
    return {name: _read_parameter(name, data[name], architectures) for name in data}


def _read_parameter(name, value, architectures):
    if name in SHAPES and is_list(value, int):
        return tuple(value)
    if not isinstance(value, dict | list):
        return value
    match name, value:
        case "class_weight", {"pairs": list(pairs), **rest} if not rest:
            need(
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
            need(
                function in architectures,
                f"its architecture is the function {function!r}, which it names and "
                f"does not hold. Pass load(path, architectures={{{function!r}: ...}})",
            )
            return architectures[function]
    raise DamagedFileError(f"{name} is none of the values that we write")


def write_classes(classes):
    """Turn an array of labels into JSON."""
    values = classes.tolist()
    dtype = "object" if classes.dtype == object else classes.dtype.str
    kind = _label_kind(dtype)
    is_small = kind is not None and _label_bytes(dtype, values) <= MAX_LABELS
    if not is_small or not is_list(values, kind):
        raise ValueError(
            "Labels must be numbers, booleans or short strings to be saved. Got "
            f"{values[0]!r} of dtype {classes.dtype}."
        )
    return {"dtype": dtype, "values": values}


def read_classes(data):
    """Turn JSON into an array of labels, shape (n_classes,)."""
    match data:
        case {"dtype": str(dtype), "values": list(values), **rest} if not rest:
            kind = _label_kind(dtype)
        case _:
            raise DamagedFileError("classes must be a dtype and values")
    need(kind is not None, f"labels cannot have the dtype {dtype!r}")
    need(
        len(values) > 1 and is_list(values, kind),
        "classes must be two labels at least",
    )
    need(_label_bytes(dtype, values) <= MAX_LABELS, "classes take too much memory")
    try:
        classes = np.array(values, dtype=dtype)
    except (OverflowError, TypeError, ValueError) as exc:
        raise DamagedFileError(f"classes are not of their dtype: {exc}") from exc
    need(classes.tolist() == values, "classes are not of their dtype")
    need(np.array_equal(np.unique(classes), classes), "classes must be sorted")
    return classes


def _label_bytes(dtype, values):
    return np.dtype(dtype).itemsize * len(values)


def _label_kind(dtype):
    found = (k for p, k in LABEL_DTYPES.items() if re.fullmatch(p, dtype, re.ASCII))
    return next(found, None)


def write_history(history):
    """Check that a history can be written, and return it."""
    for name, values in history.items():
        if not is_list(values, float):
            raise ValueError(
                f"history_[{name!r}] must hold numbers to be saved. Got {values!r}, "
                "logged by a callback. Remove it from history_."
            )
    return history


def read_history(data, n_iter):
    """Check a history of so many epochs, and return it."""
    need(
        isinstance(data, dict)
        and all(is_list(v, float) and len(v) <= n_iter for v in data.values()),
        "history must be lists of numbers, no longer than n_iter",
    )
    return data


def read_settings(data):
    """Check what a classifier was trained with, and return it.

    The first files did not say it: then it is empty.
    """
    need(
        isinstance(data, dict)
        and len(data) <= MAX_SETTINGS
        and all(isinstance(value, bool | int | str) for value in data.values()),
        "trained_with must be a few names and their versions or numbers",
    )
    return data
