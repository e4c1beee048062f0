"""The competition's files: where they are, and what is in them."""

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

# Kaggle has put the files of competitions into the one, and later into the other.
_KAGGLE_FOLDERS = (
    "/kaggle/input/digit-recognizer",
    "/kaggle/input/competitions/digit-recognizer",
)

_COMPETITION_DESCR = """\
Digit Recognizer
----------------
Handwritten digits of 28x28 pixels, from the Kaggle competition of that name
(https://www.kaggle.com/competitions/digit-recognizer): 42,000 with labels to train
on and 28,000 without to submit predictions for. One row is one image, row by row
from its upper left corner; 0 is black paper and 255 the brightest ink.

The images are MNIST's, of Y. LeCun, C. Cortes and C. J. C. Burges, under
CC BY-SA 3.0.
"""


def _sources_at(path, origin):
    """Find train.csv and test.csv at a place that the user named."""
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
        lack = "there is nothing"
        if path.is_dir():
            lack = f"{missing[0]} is missing" if len(missing) == 1 else "they are not"
        raise FileNotFoundError(
            f"{origin} must be the competition's zip, or the folder with train.csv "
            f"and test.csv. Got {str(path)!r} instead, where {lack}. "
            f"If you do not have the zip, {DOWNLOAD}."
        )
    return sources


def _usual_sources():
    """Find train.csv and test.csv where users have them."""
    if os.environ.get("SKDIGITS_DATA"):
        return _sources_at(os.environ["SKDIGITS_DATA"], "SKDIGITS_DATA")
    here = Path.cwd()
    folders = [*map(Path, _KAGGLE_FOLDERS), here, here / "digit-recognizer"]
    for folder in folders:
        sources = find_in_folder(folder)
        if sources is not None:
            return sources
    raise FileNotFoundError(
        f"Neither train.csv and test.csv nor {ZIP_NAME} was found in "
        f"{', '.join(map(str, folders))}, and SKDIGITS_DATA is not set. Pass the path "
        f"of the zip or of the folder. If you have neither, {DOWNLOAD}; or begin with "
        "skdigits.datasets.load_sample()."
    )


def load_competition(path: str | os.PathLike[str] | None = None) -> Bunch:
    """Load the files of Kaggle's Digit Recognizer competition.

    Every cell is checked, and the result takes an eighth of the memory of
    ``pandas.read_csv``.

    Parameters
    ----------
    path : str or os.PathLike, default=None
        The zip as downloaded, or a folder with ``train.csv`` and ``test.csv`` or with
        ``digit-recognizer.zip``. Each CSV file may be gzipped (``train.csv.gz``), in
        the folder and in the zip. ``~`` is the home folder. None means the first that
        is there: the place that the environment variable ``SKDIGITS_DATA`` names,
        ``/kaggle/input/digit-recognizer``,
        ``/kaggle/input/competitions/digit-recognizer``, the working folder, and
        ``digit-recognizer`` in it.

    Returns
    -------
    digits : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        X_train : DataFrame of shape (n_train, 784), dtype uint8
            Images to train on, with columns ``pixel0`` to ``pixel783`` in that order,
            whatever the order in the file; 42,000 in the competition.
        y_train : Series of shape (n_train,), dtype uint8
            Their digits, named ``label``.
        X_test : DataFrame of shape (n_test, 784), dtype uint8
            Images to predict; 28,000 in the competition.
        DESCR : str
            What the digits are and where they come from.

    Raises
    ------
    FileNotFoundError
        If there are no such files; the message says how to download them.
    TypeError
        If `path` is not a path.
    ValueError
        If a file is damaged, or not as the competition has it. The message names the
        file, and the row and column at fault.

    See Also
    --------
    load_sample : Digits that need no download.
    skdigits.write_submission : Writes the predictions for `X_test`.

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
