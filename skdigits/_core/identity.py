"""Texts that are equal for equal values in every process.

Checkpoints and studies store them to recognise a call that continues an earlier one.
"""

import contextlib
import functools
import hashlib
import math
import types

import numpy as np
from sklearn.frozen import FrozenEstimator

# Parameters of estimators that change neither a fit nor a score.
NOT_COMPARED = {"checkpoint", "memory", "n_jobs", "verbose"}
MAX_TEXT_LENGTH = 200  # characters; longer texts are replaced by a digest
PLAIN = bool, int, float, str
VALUES_PER_BLOCK = 2**20  # of an array, converted at a time


def describe(value, vague=None):
    """Return a text that is equal for equal values and differs for others.

    Plain values, containers, arrays, functions, estimators and all objects that can be
    pickled are described by value; a text never contains an address. Arrays, lists,
    DataFrames and memory maps are equal if their numbers are, whatever their type and
    memory layout. Functions and classes are described by module and name.

    Parameters
    ----------
    value : object
    vague : list of str, default=None
        Names of the parts that a text describes incompletely are appended: lambdas,
        local functions and objects that cannot be pickled.

    Returns
    -------
    str
    """
    text = _text(value, [] if vague is None else vague, ())
    if len(text) <= MAX_TEXT_LENGTH:
        return text
    return f"{text[:40]}... sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _text(value, vague, parents):
    if isinstance(value, np.generic) and value.dtype.kind in "biufU":
        value = value.item()
    if value is None or isinstance(value, (bool, int, str, bytes)):
        return repr(_plain(value))
    if isinstance(value, float):
        return repr(value + 0.0)  # 0.0 for -0.0
    if id(value) in parents:
        return "(contains itself)"
    parents = (*parents, id(value))

    def text(part):
        return _text(part, vague, parents)

    if isinstance(value, dict):
        items = sorted((text(key), text(item)) for key, item in value.items())
        return "{" + ", ".join(f"{key}: {item}" for key, item in items) + "}"
    if isinstance(value, (set, frozenset)):
        return "set(" + ", ".join(sorted(map(text, value))) + ")"
    if type(value) in (list, tuple):
        array = _uniform_array(value)
        if array is None:
            return "[" + ", ".join(map(text, value)) + "]"
        return _array_text(array, text)
    if isinstance(value, type):
        return _name(value, vague)
    if hasattr(value, "__array__") or hasattr(value, "__array_interface__"):
        return _array_text(np.asarray(value), text)
    if isinstance(value, functools.partial):
        return (
            f"partial({text(value.func)}, {text(value.args)}, {text(value.keywords)})"
        )
    if isinstance(value, types.MethodType):
        return f"{text(value.__self__)}.{value.__name__}"
    if isinstance(value, np.ufunc):  # before NumPy 2.1 without a qualified name
        return f"numpy.{value.__name__}"
    if callable(value) and hasattr(value, "__qualname__"):
        return _function_text(value, vague, text)
    return _object_text(value, vague, text)


def _plain(value):
    """Convert a value of a subclass, such as an enumeration, to its plain type."""
    for kind in (bool, int, str, bytes):
        if isinstance(value, kind):
            return kind(value) if kind is not str else str.__str__(value)
    return value


def _name(value, vague):
    # Methods of built-in classes, such as str.lower, have no module.
    name = f"{getattr(value, '__module__', None)}.{value.__qualname__}"
    if "<" in value.__qualname__:  # <lambda>, <locals>
        vague.append(name)
    return name


def _function_text(function, vague, text):
    name = _name(function, vague)
    if not isinstance(function, types.FunctionType) or "<" not in name:
        return name
    # Functions from one factory differ by the values in their closures. Containers are
    # ignored, since they may change with each call.
    values = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):  # not assigned yet
            values.append(cell.cell_contents)
    plain = [value for value in values if isinstance(value, PLAIN)]
    return f"{name}({', '.join(map(text, plain))})"


def _object_text(value, vague, text):
    if hasattr(value, "_score_func"):  # made by make_scorer
        parts = value._score_func, value._sign, value._kwargs
        response = getattr(value, "_response_method", None)
        return f"scorer({text([*parts, response])})"
    if isinstance(
        value, FrozenEstimator
    ):  # the only one whose fitted attributes matter
        return f"frozen({_pickled_text(value.estimator, vague, text)})"
    name = _name(type(value), vague)
    if callable(getattr(value, "get_params", None)):
        params = value.get_params(deep=False)
        compared = {key: params[key] for key in params.keys() - NOT_COMPARED}
        return f"{name}({text(compared)})"
    if callable(getattr(value, "get_config", None)):  # a Keras object
        config = value.get_config()
        if "get_config" not in vars(type(value)):  # an inherited one lacks attributes
            plain = {k: v for k, v in vars(value).items() if isinstance(v, PLAIN)}
            config = plain | config
        return f"{name}({text(config | {'name': None})})"  # the name may have a counter
    return _pickled_text(value, vague, text)


def _pickled_text(value, vague, text):
    """Describe an object by the parts that pickle would store, without pickling it."""
    name = _name(type(value), vague)
    try:
        parts = value.__reduce_ex__(4)
    except Exception:  # locks, generators, open files
        vague.append(name)
        return name
    if isinstance(parts, str):
        return f"{name}.{parts}"
    function, arguments, *state = parts
    state = [list(part) if hasattr(part, "__next__") else part for part in state]
    return f"{name}({text(function)}, {text(list(arguments))}, {text(state)})"


def _uniform_array(values):
    """Convert nested lists to an array; None unless their items are of one kind."""
    kinds = set()
    stack = [values]
    while stack:
        for leaf in stack.pop():
            if type(leaf) in (list, tuple):
                stack.append(leaf)
            else:
                kinds.add(_kind(leaf))
    if len(kinds) != 1 or None in kinds:
        return None
    try:
        return np.asarray(values)
    except ValueError:  # lists of different lengths
        return None


def _kind(leaf):
    if isinstance(leaf, (bool, np.bool_)):
        return "boolean"
    if isinstance(leaf, (int, float, np.integer, np.floating)):
        return "number"
    if isinstance(leaf, str):
        return "string"
    dtype = getattr(leaf, "dtype", None)
    kind = getattr(dtype, "kind", None)
    if kind == "b":
        return "boolean"
    return "number" if kind in ("i", "u", "f") else None


def _array_text(array, text):
    if array.ndim == 0:
        return text(array.item())
    if array.dtype.kind in "biufc":
        return f"array{array.shape} {_digest(array)}"
    leaves = array.ravel().tolist()
    if array.dtype.kind == "O":  # such as columns of a DataFrame
        uniform = _uniform_array(leaves)
        if uniform is not None and uniform.dtype.kind in "biuf":
            return _array_text(uniform.reshape(array.shape), text)
    digest = hashlib.sha256("\n".join(map(text, leaves)).encode())
    return f"array{array.shape} {digest.hexdigest()}"


def _digest(array):
    """Return a digest of numbers that is the same for every dtype."""
    kind = array.dtype.kind
    digest = hashlib.sha256(kind.encode() if kind in "bc" else b"")
    rows = max(1, VALUES_PER_BLOCK // max(1, math.prod(array.shape[1:])))
    for start in range(0, len(array), rows):
        block = array[start : start + rows]
        if block.dtype.kind in "iuf":
            numbers = block.astype(np.float64)
            if block.dtype.kind in "iu" and (np.abs(numbers) > 2**53).any():
                digest.update(b"exact")
            else:
                block = numbers + 0.0  # 0.0 for -0.0
                block[np.isnan(block)] = np.nan
        digest.update(np.ascontiguousarray(block).tobytes())
    return digest.hexdigest()
