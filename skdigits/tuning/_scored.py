"""Scored parameters, stored as JSON: nothing from a storage is unpickled."""

import numpy as np

from .._core.identity import describe

PARAMS = "params"  # attribute of a trial: what `suggest` returned
PLAIN = (bool, int, float, str, type(None))


def to_json(value):
    """Convert what `suggest` returned; a tuple, for example, is ``{"tuple": [...]}``.

    Values without a form in JSON, such as functions and estimators, are described.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) in PLAIN:
        return value
    if type(value) is list:
        return [*map(to_json, value)]
    if type(value) is tuple:
        return {"tuple": [*map(to_json, value)]}
    if type(value) is dict:
        return {"dict": [[to_json(key), to_json(value[key])] for key in value]}
    return {"described": describe(value)}


def from_json(value):
    """Restore a value. Raise a KeyError if it is only described."""
    if isinstance(value, list):
        return [*map(from_json, value)]
    if not isinstance(value, dict):
        return value
    ((kind, parts),) = value.items()
    if kind == "described":
        raise KeyError(parts)
    if kind == "tuple":
        return tuple(map(from_json, parts))
    return {from_json(key): from_json(part) for key, part in parts}
