"""Images and fitted classifiers for the tests, and settings of all tests."""

import signal

import matplotlib
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

# Before a test imports Keras: skdigits starts TensorFlow here and in child processes,
# so that all have the same settings.
import skdigits._engine.keras  # noqa: F401

# isort: split
from helpers.classifiers import CachedFits

matplotlib.use("Agg")
threadpool_limits(1, user_api="blas")  # several processes share the cores

# Background jobs of a shell, and their child processes, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

options = {"deadline": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("short", max_examples=50, derandomize=True, **options)
settings.register_profile("long", max_examples=1000, database=None, **options)
settings.load_profile("short")  # --hypothesis-profile overrides it


@pytest.fixture(scope="session")
def digits():
    """Two hundred digits of 8x8 pixels in 0..16, as uint8, and their labels."""
    X, y = load_digits(return_X_y=True)
    return X[:200].astype("uint8"), y[:200]


@pytest.fixture
def images():
    """Thirty images of 12x12 random pixels, as uint8."""
    return np.random.default_rng(0).integers(0, 256, (30, 144), dtype=np.uint8)


@pytest.fixture(scope="session")
def fitted(digits):
    """Function that returns a copy of ``small(**params).fit(*digits)``."""
    return CachedFits(*digits)
