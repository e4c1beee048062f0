"""Loader of MNIST from OpenML in the competition's format."""

import http.client
import os
from typing import Literal, overload
from urllib.error import URLError

import pandas as pd
from sklearn.datasets import fetch_openml, get_data_home
from sklearn.utils import Bunch

from .._core.bunch import ShortBunch
from ._frames import as_frame, as_labels


@overload
def fetch_mnist(
    *, data_home: str | os.PathLike[str] | None = None, return_X_y: Literal[False] = ...
) -> Bunch: ...


@overload
def fetch_mnist(
    *, data_home: str | os.PathLike[str] | None = None, return_X_y: Literal[True]
) -> tuple[pd.DataFrame, pd.Series]: ...


def fetch_mnist(
    *, data_home: str | os.PathLike[str] | None = None, return_X_y: bool = False
) -> Bunch | tuple[pd.DataFrame, pd.Series]:
    """Fetch MNIST, 70,000 handwritten digits, from OpenML.

    The first call downloads the images to scikit-learn's cache; later calls read them
    from there.

    Parameters
    ----------
    data_home : str or os.PathLike, default=None
        Folder of the cache. None means scikit-learn's default: the environment variable
        ``SCIKIT_LEARN_DATA`` or, if it is not set, ``~/scikit_learn_data``.
    return_X_y : bool, default=False
        Whether to return ``(X, y)`` instead of a Bunch.

    Returns
    -------
    mnist : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        X : DataFrame of shape (70000, 784), dtype uint8
            Images, with columns ``pixel0`` to ``pixel783`` as in the competition. The
            last 10,000 are MNIST's test set.
        y : Series of shape (70000,), dtype uint8
            Digits of the images, named ``label``.
        DESCR : str
            Description from OpenML.
    (X, y) : tuple
        Images and digits, if `return_X_y` is True.

    Raises
    ------
    ConnectionError
        If MNIST is not in the cache and cannot be downloaded.

    See Also
    --------
    load_sample : Load digits without a download.
    sklearn.datasets.fetch_openml : Fetch any data set from OpenML.

    Notes
    -----
    All test images of the competition are in MNIST. The score of a model that was
    trained on MNIST therefore does not estimate its accuracy on new digits.

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
            # With the default int64, the pixels would take 440 MB of memory.
            read_csv_kwargs={"dtype": "uint8"},
        )
    # Other OSErrors, such as a full disk, need no explanation.
    except (URLError, TimeoutError, ConnectionError, http.client.HTTPException) as exc:
        raise ConnectionError(
            "fetch_mnist needs the network once, to fill the cache in "
            f"{get_data_home(data_home)}. Got {exc!r}. Try again with a connection, "
            "or use skdigits.datasets.load_sample(), which needs none."
        ) from exc
    X, y = as_frame(mnist.data), as_labels(mnist.target)
    return (X, y) if return_X_y else ShortBunch(X=X, y=y, DESCR=mnist.DESCR)
