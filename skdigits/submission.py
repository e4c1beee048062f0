"""Write predictions in the form that the competition wants."""

import os
from numbers import Integral, Real

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ._core.atomic import target_file, write_whole

__all__ = ["write_submission"]

_LARGEST_ID = np.iinfo(np.int64).max
_DIGITS = set("0123456789")
_IF_PROBABILITIES = (
    " If these are probabilities, pass model.predict(X) rather than "
    "model.predict_proba(X)."
)


def _column(values, name, hint=""):
    """Return the values of an array-like of one dimension as a list."""
    try:
        # asanyarray, as a masked array would lose its mask.
        array = np.asanyarray(values)
    except ValueError as exc:
        raise ValueError(
            f"{name} must have one dimension. Got rows of unequal length instead."
        ) from exc
    if array.ndim == 0:
        raise TypeError(
            f"{name} must be an array-like of one dimension. Got "
            f"{type(values).__name__} instead."
        )
    if array.ndim > 1:
        raise ValueError(
            f"{name} must have one dimension. Got shape {array.shape} instead.{hint}"
        )
    return array.tolist()


def _digit(value, row):
    """Return as an int what a prediction stands for."""
    if isinstance(value, str) and value in _DIGITS:
        return int(value)
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    is_in_range = is_number and 0 <= value <= 9
    if is_in_range and value == int(value):
        return int(value)
    is_missing = value is None or value is pd.NA or (is_number and value != value)
    wrong_value = is_number or is_missing or isinstance(value, str)
    got = "a missing value" if is_missing else repr(value)
    hint = _IF_PROBABILITIES if is_in_range else ""
    raise (ValueError if wrong_value else TypeError)(
        f"y_pred must hold digits from 0 to 9. Got {got} in row {row}, counted from 1."
        f"{hint}"
    )


def _digits(y_pred, expected):
    digits = [
        _digit(value, row)
        for row, value in enumerate(_column(y_pred, "y_pred", _IF_PROBABILITIES), 1)
    ]
    if not digits:
        raise ValueError("y_pred must hold at least one digit. Got none.")
    if expected is not None and len(digits) != expected:
        raise ValueError(
            f"y_pred must hold {expected} digits, one for each image. Got "
            f"{len(digits)} instead. Pass the predictions for all test images."
        )
    return digits


def _is_too_large(value):
    return isinstance(value, Integral) and value > _LARGEST_ID


def _ids(image_ids, n_images):
    if image_ids is None:
        return range(1, n_images + 1)
    if isinstance(image_ids, list | tuple) and any(map(_is_too_large, image_ids)):
        # By default NumPy makes floats of integers above and below 2**63.
        image_ids = np.array(image_ids, dtype=object)
    ids = _column(image_ids, "image_ids")
    if len(ids) != n_images:
        raise ValueError(
            f"image_ids must be as many as the predictions, {n_images}. Got "
            f"{len(ids)} instead."
        )
    seen = set()
    for row, value in enumerate(ids, 1):
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise TypeError(
                f"image_ids must be integers. Got {value!r} in row {row} instead."
            )
        if value < 1 or value in seen:
            raise ValueError(
                "image_ids must be unique and count from 1. Got "
                f"{value} in row {row} {'again' if value in seen else 'instead'}."
            )
        if _is_too_large(value):
            raise ValueError(
                f"image_ids must be {_LARGEST_ID} or less, which 64 bits can hold. Got "
                f"{value} in row {row} instead."
            )
        seen.add(value)
    return ids


def write_submission(
    y_pred: ArrayLike,
    path: str | os.PathLike[str],
    *,
    image_ids: ArrayLike | None = None,
    expected: int | None = None,
) -> pd.DataFrame:
    """Write predicted digits as a file to submit to the competition.

    The file is written whole or not at all: if anything fails, an older file of that
    name is as it was.

    Parameters
    ----------
    y_pred : array-like of shape (n_images,)
        Predicted digits in the order of the test images: integers from 0 to 9, whole
        floats, or strings from ``"0"`` to ``"9"``.
    path : str or os.PathLike
        The file to write. Its folder must exist; an older file is replaced, with its
        permissions kept. ``~`` is the home folder.
    image_ids : array-like of int of shape (n_images,), default=None
        Unique numbers of the images, from 1 to ``2**63 - 1``. None means 1, 2, 3 and
        so on.
    expected : int, default=None
        How many predictions there must be: 28,000 for the competition. None means any
        number but none.

    Returns
    -------
    submission : DataFrame of shape (n_images, 2), dtype int64
        What was written: the columns ``ImageId`` and ``Label``.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    IsADirectoryError
        If `path` is a folder.
    TypeError
        If predictions or ids are of a wrong kind, such as booleans.
    ValueError
        If `y_pred` has not one dimension, or holds anything but digits or another
        number of them than `expected`; if ids are not unique or do not fit.

    See Also
    --------
    skdigits.datasets.load_competition : Loads the images to predict.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skdigits import write_submission
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "submission.csv")
    ...     submission = write_submission([2, 0, 9], path)
    ...     path.read_text()
    'ImageId,Label\\n1,2\\n2,0\\n3,9\\n'
    >>> submission["Label"].tolist()
    [2, 0, 9]
    """
    # To Python True is the integer 1.
    if isinstance(expected, bool) or not isinstance(expected, Integral | None):
        raise TypeError(
            f"expected must be an integer or None. Got {expected!r} instead."
        )
    digits = _digits(y_pred, expected)
    submission = pd.DataFrame(
        {"ImageId": _ids(image_ids, len(digits)), "Label": digits}, dtype=np.int64
    )
    content = submission.to_csv(index=False, lineterminator="\n").encode()
    write_whole(content, target_file(path))
    return submission
