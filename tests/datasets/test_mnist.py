"""fetch_mnist: what it makes of OpenML's files, and its error without network."""

import hashlib
import json
import time

import numpy as np
import pytest
from helpers.competition import PIXELS, gzipped, text_of
from sklearn.utils import Bunch

from skdigits.datasets import fetch_mnist

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def no_network(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # where nobody listens
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between retries


@pytest.fixture
def openml_cache(tmp_path):
    """The files that fetch_openml keeps of mnist_784, here with 20 images."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (20, 784)), rng.integers(0, 10, 20)
    arff = "@RELATION mnist_784\n"
    arff += "".join(f"@ATTRIBUTE pixel{i} real\n" for i in range(1, 785))
    arff += "@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}\n@DATA\n"
    arff += text_of(np.column_stack([X, y]).astype(str).tolist())
    no = {"is_ignore": "false", "is_row_identifier": "false"}
    features = [
        {
            "index": str(i),
            "name": "class" if i == 784 else f"pixel{i + 1}",
            "data_type": "nominal" if i == 784 else "numeric",
            "is_target": "true" if i == 784 else "false",
            "number_of_missing_values": "0",
            **no,
        }
        for i in range(785)
    ]
    description = {
        "id": "554",
        "name": "mnist_784",
        "version": "1",
        "description": "The MNIST database of handwritten digits",
        "format": "ARFF",
        "status": "active",
        "file_id": "52667",
        "url": "https://www.openml.org/data/v1/download/52667/mnist_784.arff",
        "md5_checksum": hashlib.md5(arff.encode()).hexdigest(),
    }
    api = "api/v1/json/data"
    files = {
        f"{api}/list/data_name/mnist_784/limit/2/data_version/1": json.dumps(
            {"data": {"dataset": [{"did": 554, "version": 1, "status": "active"}]}}
        ),
        f"{api}/554": json.dumps({"data_set_description": description}),
        f"{api}/features/554": json.dumps({"data_features": {"feature": features}}),
        f"{api}/qualities/554": json.dumps(
            {
                "data_qualities": {
                    "quality": [{"name": "NumberOfInstances", "value": "20"}]
                }
            }
        ),
        "data/v1/download/52667/mnist_784.arff": arff,
        "data/v1/download/52667": arff,  # scikit-learn before 1.9
    }
    for name, text in files.items():
        path = tmp_path / "openml" / "openml.org" / f"{name}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzipped(text))
    return Bunch(data_home=tmp_path, X=X, y=y)


def test_mnist_result(openml_cache, no_network):
    mnist = fetch_mnist(data_home=openml_cache.data_home)
    assert set(mnist) == {"X", "y", "DESCR"}
    assert list(mnist.X.columns) == PIXELS
    assert set(mnist.X.dtypes) == {np.dtype(np.uint8)}
    assert (mnist.y.name, mnist.y.dtype) == ("label", np.uint8)
    np.testing.assert_array_equal(mnist.X, openml_cache.X)
    np.testing.assert_array_equal(mnist.y, openml_cache.y)
    assert "MNIST" in mnist.DESCR


def test_mnist_return_X_y(openml_cache, no_network):
    X, y = fetch_mnist(data_home=str(openml_cache.data_home), return_X_y=True)
    np.testing.assert_array_equal(X, openml_cache.X)
    np.testing.assert_array_equal(y, openml_cache.y)


def test_mnist_without_network(tmp_path, no_network):
    message = r"needs the network once.*load_sample\(\)"
    with (
        pytest.warns(UserWarning, match="A network error occurred"),  # scikit-learn's
        pytest.raises(ConnectionError, match=message) as caught,
    ):
        fetch_mnist(data_home=tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert caught.value.__cause__ is not None
