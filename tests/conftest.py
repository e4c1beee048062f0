"""Images for the tests, and what holds for all of them."""

import signal

import matplotlib
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from sklearn.datasets import load_digits

# Before a test imports Keras: so this process has the settings of child processes, in
# which skdigits starts TensorFlow.
import skdigits._engine.keras  # noqa: F401

# isort: split
from skdigits._engine.keras import pool

matplotlib.use("Agg")
pool.MAX_IDLE = 60  # tests use some dozens of networks, and a new one takes seconds

# A shell lets what it runs in the background ignore Ctrl-C, and so do all its children.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

options = {"deadline": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("short", max_examples=50, derandomize=True, **options)
settings.register_profile("long", max_examples=1000, database=None, **options)
settings.load_profile("short")  # or as --hypothesis-profile says


@pytest.fixture(scope="session")
def digits():
    """Two hundred digits of 8x8 pixels in 0..16, as uint8, and their labels."""
    X, y = load_digits(return_X_y=True)
    return X[:200].astype("uint8"), y[:200]


@pytest.fixture
def images():
    """Thirty images of 12x12 random pixels, as uint8."""
    return np.random.default_rng(0).integers(0, 256, (30, 144), dtype=np.uint8)
