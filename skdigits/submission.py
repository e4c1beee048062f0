"""Write predictions as the competition wants them."""

import os
import shutil
from numbers import Integral, Real
from pathlib import Path
from uuid import uuid4

import numpy as np
import pandas as pd

__all__ = ["write_submission"]


def _column(values, name):
    """Return the values of an array-like of one dimension, as a list."""
    try:
        array = np.asarray(values)
    except ValueError as exc:  # rows of unequal length
        raise ValueError(f"{name} must have one dimension. Got {exc}.") from exc
    if array.ndim == 0:
        raise TypeError(
            f"{name} must be an array-like of one dimension. Got "
            f"{type(values).__name__} instead."
        )
    if array.ndim > 1:
        hint = (
            "pass its only column, y_pred.ravel()"
            if array.shape[1:] == (1,)
            else "these look like probabilities: pass model.predict(X), not "
            "model.predict_proba(X)"
        )
        raise ValueError(
            f"{name} must have one dimension. Got shape {array.shape} instead; {hint}."
        )
    return array.tolist()
