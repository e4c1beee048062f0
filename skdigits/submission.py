"""Write predictions as a submission to the competition."""

import os
from numbers import Integral, Real

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ._core.atomic import target_file, write_whole

__all__ = ["write_submission"]

# Whole floats find their digit here as well: equal numbers have equal hashes.
_DIGITS = {key: digit for digit in range(10) for key in (digit, str(digit))}
_MAX_IMAGE_ID = np.iinfo(np.int64).max
_IF_PROBABILITIES = (
    " If these are probabilities, pass model.predict(X) instead of "
    "model.predict_proba(X)."
)


def _as_list(values, name, hint=""):
    """Return a one-dimensional array-like as a list of Python objects."""
    try:
        shape = np.shape(values)
    except ValueError as exc:
        raise ValueError(
            f"{name} must have one dimension. Got rows of unequal length instead."
        ) from exc
    if len(shape) != 1:
        got = f"shape {shape}" if shape else type(values).__name__
        raise (ValueError if shape else TypeError)(
            f"{name} must be an array-like of one dimension. Got {got} instead."
            f"{hint if shape else ''}"
        )
    return pd.Series(values).tolist()


def _as_digit(value, row):
    """Return a predicted label as an int from 0 to 9."""
    is_allowed = isinstance(value, Real | str) and not isinstance(value, bool)
    if is_allowed and value in _DIGITS:
        return _DIGITS[value]
    is_missing = value is None or value is pd.NA or (is_allowed and value != value)
    is_in_range = isinstance(value, Real) and is_allowed and 0 <= value <= 9
    raise (ValueError if is_allowed or is_missing else TypeError)(
        "y_pred must hold digits from 0 to 9. Got "
        f"{'a missing value' if is_missing else repr(value)} in row {row}, counted "
        f"from 1.{_IF_PROBABILITIES if is_in_range else ''}"
    )


def _check_ids(image_ids, n_images):
    """Return the ids of the images as a list of ints."""
    ids = _as_list(image_ids, "image_ids")
    if len(ids) != n_images:
        raise ValueError(
            f"image_ids must have one id for each of the {n_images} predictions. Got "
            f"{len(ids)} instead."
        )
    seen = set()
    for row, value in enumerate(ids, 1):
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise TypeError(
                f"image_ids must be integers. Got {value!r} in row {row} instead."
            )
        if not 1 <= value <= _MAX_IMAGE_ID or value in seen:
            raise ValueError(
                f"image_ids must be unique integers from 1 to {_MAX_IMAGE_ID}. Got "
                f"{value} in row {row} {'again' if value in seen else 'instead'}."
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
    """Write predicted digits to a file that the competition accepts.

    The file is written completely or not at all: if anything fails, an existing file
    stays unchanged.

    Parameters
    ----------
    y_pred : array-like of shape (n_images,)
        Predicted digits in the order of the test images: integers from 0 to 9, whole
        floats, or strings from ``"0"`` to ``"9"``.
    path : str or os.PathLike
        File to write. Its folder must exist. An existing file is replaced and keeps its
        permissions. ``~`` is the home folder.
    image_ids : array-like of int of shape (n_images,), default=None
        Unique ids of the images, from 1 to ``2**63 - 1``. None means 1, 2, 3 and so on.
    expected : int, default=None
        Number of predictions that `y_pred` must have: 28,000 for the competition. None
        means at least one.

    Returns
    -------
    submission : DataFrame of shape (n_images, 2), dtype int64
        The written table, with the columns ``ImageId`` and ``Label``.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    IsADirectoryError
        If `path` is a folder.
    TypeError
        If predictions or ids have a wrong type, such as bool.
    ValueError
        If `y_pred` does not have one dimension, contains values other than digits, or
        does not have `expected` values; if `image_ids` are not unique, are out of range
        or are not as many as the predictions.

    See Also
    --------
    skdigits.datasets.load_competition : Load the images to predict.

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
    if isinstance(expected, bool) or not isinstance(expected, Integral | None):
        raise TypeError(
            f"expected must be an integer or None. Got {expected!r} instead."
        )
    values = _as_list(y_pred, "y_pred", _IF_PROBABILITIES)
    digits = [_as_digit(value, row) for row, value in enumerate(values, 1)]
    if not digits:
        raise ValueError("y_pred must hold at least one digit. Got none.")
    if expected is not None and len(digits) != expected:
        raise ValueError(
            f"y_pred must hold {expected} digits, one for each image. Got "
            f"{len(digits)} instead. Pass the predictions for all test images."
        )
    ids = range(1, len(digits) + 1)
    if image_ids is not None:
        ids = _check_ids(image_ids, len(digits))
    submission = pd.DataFrame({"ImageId": ids, "Label": digits}, dtype=np.int64)
    content = submission.to_csv(index=False, lineterminator="\n").encode()
    write_whole(content, target_file(path))
    return submission
