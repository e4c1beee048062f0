"""fetch_mnist: result from OpenML's files, and error without network."""

import time

import numpy as np
import pytest
from helpers.competition import PIXELS
from helpers.openml import write_openml_cache
from sklearn.utils import Bunch

from skdigits.datasets import fetch_mnist

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def no_network(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # a port without a server
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between retries


@pytest.fixture
def openml_cache(tmp_path):
    """Cache of fetch_openml with 20 images as mnist_784."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (20, 784)), rng.integers(0, 10, 20)
    write_openml_cache(tmp_path, "mnist_784", X, y, data_id=554)
    return Bunch(data_home=tmp_path, X=X, y=y)


def test_frames_have_the_documented_types(openml_cache, no_network):
    mnist = fetch_mnist(data_home=openml_cache.data_home)
    assert set(mnist) == {"X", "y", "DESCR"}
    assert list(mnist.X.columns) == PIXELS
    assert set(mnist.X.dtypes) == {np.dtype(np.uint8)}
    assert (mnist.y.name, mnist.y.dtype) == ("label", np.uint8)
    np.testing.assert_array_equal(mnist.X, openml_cache.X)
    np.testing.assert_array_equal(mnist.y, openml_cache.y)
    assert "mnist_784" in mnist.DESCR


def test_return_X_y_returns_a_tuple(openml_cache, no_network):
    X, y = fetch_mnist(data_home=str(openml_cache.data_home), return_X_y=True)
    np.testing.assert_array_equal(X, openml_cache.X)
    np.testing.assert_array_equal(y, openml_cache.y)


def test_error_without_network_names_the_cache(tmp_path, no_network):
    message = r"needs the network once.*load_sample\(\)"
    with (
        pytest.warns(UserWarning, match="A network error occurred"),  # by scikit-learn
        pytest.raises(ConnectionError, match=message) as caught,
    ):
        fetch_mnist(data_home=tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert caught.value.__cause__ is not None
