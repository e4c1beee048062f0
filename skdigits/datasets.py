"""Digits to learn from: the competition's files, a bundled sample, and MNIST."""

import http.client
import os
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pandas as pd
from sklearn.datasets import fetch_openml, get_data_home, load_digits
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

from ._competition_csv import (
    DOWNLOAD,
    PIXELS,
    ZIP_NAME,
    find_in_folder,
    find_in_zip,
    read_digits,
)

__all__ = ["fetch_mnist", "load_competition", "load_sample"]

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

_SAMPLE_DESCR = """\
A sample of handwritten digits
------------------------------
1,797 digits by 43 people, in the columns of the Digit Recognizer competition: 1,437
to train on and 360 to test, with the same share of each digit in both.

They are the 8x8 images that scikit-learn ships (`sklearn.datasets.load_digits`),
enlarged to 20x20 by cubic interpolation and centred in 28x28, so they are smoother
than the competition's. The source is the test set of "Optical Recognition of
Handwritten Digits" of E. Alpaydin and C. Kaynak, UCI Machine Learning Repository,
1998, https://doi.org/10.24432/C50P49, under CC BY 4.0.
"""


def _frame(images):
    # One image after the other in memory: rows are then taken 10 times faster.
    pixels = np.ascontiguousarray(images, dtype=np.uint8).reshape(-1, len(PIXELS))
    return pd.DataFrame(pixels, columns=PIXELS, copy=False)


def _labels(y):
    return pd.Series(np.array(y, dtype=np.uint8), name="label")


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
        raise FileNotFoundError(
            f"{origin} must be the competition's zip, or the folder with train.csv "
            f"and test.csv. Got {str(path)!r} instead, where "
            f"{'they are not' if path.is_dir() else 'there is nothing'}. If you do not "
            f"have the zip, {DOWNLOAD}."
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


def load_competition(path=None):
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
    return Bunch(
        X_train=_frame(train[PIXELS]),
        y_train=_labels(train["label"]),
        X_test=_frame(test[PIXELS]),
        DESCR=_COMPETITION_DESCR,
    )


def load_sample():
    """Load 1,797 handwritten digits that need no download.

    They have the size, the columns and the data types of the competition's, and they
    are divided once and for all into a part to train on and one to test.

    Returns
    -------
    digits : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        X_train : DataFrame of shape (1437, 784), dtype uint8
            Images to train on, with columns ``pixel0`` to ``pixel783``.
        y_train : Series of shape (1437,), dtype uint8
            Their digits, named ``label``.
        X_test : DataFrame of shape (360, 784), dtype uint8
            Images to test with.
        y_test : Series of shape (360,), dtype uint8
            Their digits.
        DESCR : str
            What the digits are and where they come from.

    See Also
    --------
    load_competition : The digits of the competition.

    Examples
    --------
    >>> from skdigits.datasets import load_sample
    >>> digits = load_sample()
    >>> digits.X_train.shape, digits.X_test.shape
    ((1437, 784), (360, 784))
    >>> sorted(set(digits.y_test.tolist()))
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    import cv2

    bundled = load_digits()
    images = np.zeros((len(bundled.images), 28, 28), np.uint8)
    for image, small in zip(images, bundled.images * (255 / 16), strict=True):
        large = cv2.resize(small, (20, 20), interpolation=cv2.INTER_CUBIC)
        # MNIST too has its digits in the middle 20x20 pixels.
        image[4:24, 4:24] = np.clip(np.rint(large), 0, 255)
    X_train, X_test, y_train, y_test = train_test_split(
        images, bundled.target, test_size=360, stratify=bundled.target, random_state=0
    )
    return Bunch(
        X_train=_frame(X_train),
        y_train=_labels(y_train),
        X_test=_frame(X_test),
        y_test=_labels(y_test),
        DESCR=_SAMPLE_DESCR,
    )


def fetch_mnist(*, data_home=None, return_X_y=False):
    """Fetch MNIST, 70,000 handwritten digits, from OpenML.

    It is downloaded once and then read from scikit-learn's cache.

    Parameters
    ----------
    data_home : str or os.PathLike, default=None
        Folder of the cache. None means scikit-learn's, ``~/scikit_learn_data`` or what
        the environment variable ``SCIKIT_LEARN_DATA`` says.
    return_X_y : bool, default=False
        Whether to return ``(X, y)`` rather than a Bunch.

    Returns
    -------
    mnist : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        X : DataFrame of shape (70000, 784), dtype uint8
            The images, with columns ``pixel0`` to ``pixel783`` as in the competition.
            The last 10,000 are MNIST's test set.
        y : Series of shape (70000,), dtype uint8
            Their digits, named ``label``.
        DESCR : str
            OpenML's description.
    (X, y) : tuple
        The first two, if `return_X_y` is True.

    Raises
    ------
    ConnectionError
        If it is not in the cache and cannot be downloaded.

    See Also
    --------
    load_sample : Digits that need no download.
    sklearn.datasets.fetch_openml : What this function stands on.

    Notes
    -----
    The competition's test images are all in MNIST. A model that has trained on them
    says nothing about new digits.

    Examples
    --------
    >>> from skdigits.datasets import fetch_mnist
    >>> X, y = fetch_mnist(return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (70000, 784)
    """
    try:
        mnist = fetch_openml(
            "mnist_784",
            version=1,
            data_home=data_home,
            as_frame=True,
            parser="pandas",
            # Without it the pixels would take 440 MB on their way.
            read_csv_kwargs={"dtype": "uint8"},
        )
    # Other errors of the system, such as a full disk, speak for themselves.
    except (URLError, TimeoutError, ConnectionError, http.client.HTTPException) as exc:
        raise ConnectionError(
            "fetch_mnist needs the network once, to fill the cache in "
            f"{get_data_home(data_home)}. Got {exc!r}. Try again with a connection, "
            "or use skdigits.datasets.load_sample(), which needs none."
        ) from exc
    X, y = _frame(mnist.data), _labels(mnist.target)
    return (X, y) if return_X_y else Bunch(X=X, y=y, DESCR=mnist.DESCR)
