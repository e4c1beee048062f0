"""Loader of the competition's files."""

import os
from pathlib import Path

from sklearn.utils import Bunch

from .._core.bunch import ShortBunch
from ._csv import (
    DOWNLOAD,
    NAMES,
    PIXELS,
    ZIP_NAME,
    find_csv,
    find_in_folder,
    find_in_zip,
    read_digits,
)
from ._frames import as_frame, as_labels

# Kaggle mounted the files of a competition in the first folder, later in the second.
_KAGGLE_FOLDERS = (
    "/kaggle/input/digit-recognizer",
    "/kaggle/input/competitions/digit-recognizer",
)

_COMPETITION_DESCR = """\
Digit Recognizer
----------------
Handwritten digits of 28x28 pixels from the Kaggle competition Digit Recognizer
(https://www.kaggle.com/competitions/digit-recognizer): 42,000 with labels for
training, and 28,000 without labels for the submission. Each row is one image, with its
pixels from left to right and from top to bottom; 0 is the black background and 255 the
brightest ink.

The images are from MNIST by Y. LeCun, C. Cortes and C. J. C. Burges, under
CC BY-SA 3.0.
"""


def _sources_at(path, origin):
    """Find train.csv and test.csv at a path from the user; `origin` names it."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"{origin} must be a str or an os.PathLike: the competition's zip, or the "
            f"folder with train.csv and test.csv. Got {type(path).__name__} instead."
        )
    path = Path(os.path.expanduser(path))
    if path.is_file() and path.suffix in (".csv", ".gz"):
        raise ValueError(
            f"{origin} must be the competition's zip, or the folder with train.csv and "
            f"test.csv. Got one file, {str(path)!r}, instead. Pass its folder."
        )
    if path.is_file():
        return find_in_zip(path)
    sources = find_in_folder(path)
    if sources is None:
        missing = [name for name in NAMES if find_csv(path, name) is None]
        lack = "does not exist"
        if path.is_dir():
            lack = f"does not have {' or '.join(missing)}"
        raise FileNotFoundError(
            f"{origin} must be the competition's zip, or the folder with train.csv "
            f"and test.csv. Got {str(path)!r}, which {lack}. "
            f"If you do not have the zip, {DOWNLOAD}."
        )
    return sources


def _usual_sources():
    """Find train.csv and test.csv in the default places."""
    if os.environ.get("SKDIGITS_DATA"):
        return _sources_at(os.environ["SKDIGITS_DATA"], "SKDIGITS_DATA")
    here = Path.cwd()
    folders = [*map(Path, _KAGGLE_FOLDERS), here, here / "digit-recognizer"]
    for folder in folders:
        sources = find_in_folder(folder)
        if sources is not None:
            return sources
    raise FileNotFoundError(
        f"train.csv and test.csv, or {ZIP_NAME}, must be in one of "
        f"{', '.join(map(str, folders))}, or SKDIGITS_DATA must be set. Got none of "
        "these. Pass the path of the zip or of the folder. If you do not have the "
        f"files, {DOWNLOAD}; or use skdigits.datasets.load_sample(), which needs none."
    )


def load_competition(path: str | os.PathLike[str] | None = None) -> Bunch:
    """Load the files of Kaggle's Digit Recognizer competition.

    Every cell is checked, and the result needs an eighth of the memory that
    ``pandas.read_csv`` needs.

    Parameters
    ----------
    path : str or os.PathLike, default=None
        The downloaded zip, or a folder with ``train.csv`` and ``test.csv`` or with
        ``digit-recognizer.zip``. The CSV files may be gzipped (``train.csv.gz``), in a
        folder and in a zip. ``~`` is the home folder. None means the path in the
        environment variable ``SKDIGITS_DATA``. If it is not set, None means the first
        of these folders that has the files: ``/kaggle/input/digit-recognizer``,
        ``/kaggle/input/competitions/digit-recognizer``, the working folder, and its
        subfolder ``digit-recognizer``.

    Returns
    -------
    digits : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        X_train : DataFrame of shape (n_train, 784), dtype uint8
            Training images; 42,000 in the competition. The columns are ``pixel0`` to
            ``pixel783`` in this order, in whatever order the file has them.
        y_train : Series of shape (n_train,), dtype uint8
            Digits of the training images, named ``label``.
        X_test : DataFrame of shape (n_test, 784), dtype uint8
            Images to predict; 28,000 in the competition.
        DESCR : str
            Description and origin of the digits.

    Raises
    ------
    FileNotFoundError
        If the files are not found. The message explains how to download them.
    TypeError
        If `path` is not a path.
    ValueError
        If a file is damaged or differs from the competition's format. The message names
        the file and the wrong row and column.

    See Also
    --------
    load_sample : Load digits without a download.
    skdigits.write_submission : Write the predictions for `X_test` to a file.

    Examples
    --------
    >>> from skdigits.datasets import load_competition
    >>> digits = load_competition("digit-recognizer.zip")  # doctest: +SKIP
    >>> digits.X_train.shape  # doctest: +SKIP
    (42000, 784)
    """
    sources = _usual_sources() if path is None else _sources_at(path, "path")
    train = read_digits(sources[0], labelled=True)
    test = read_digits(sources[1], labelled=False)
    return ShortBunch(
        X_train=as_frame(train[PIXELS]),
        y_train=as_labels(train["label"]),
        X_test=as_frame(test[PIXELS]),
        DESCR=_COMPETITION_DESCR,
    )
