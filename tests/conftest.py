"""Data for the tests: bundled digits, and the competition's files where they are."""

import os
from pathlib import Path

import matplotlib
import pytest
from hypothesis import HealthCheck, settings
from sklearn.datasets import load_digits

# Before a test imports Keras: so this process has the settings of child processes, in
# which skdigits starts TensorFlow.
import skdigits._tensorflow  # noqa: F401

# isort: split
from skdigits import _engines

matplotlib.use("Agg")
_engines.MAX_IDLE = 60  # tests use some dozens of networks, and a new one takes seconds

options = {"deadline": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("short", max_examples=50, derandomize=True, **options)
settings.register_profile("long", max_examples=1000, database=None, **options)
settings.load_profile("short")  # or as --hypothesis-profile says


@pytest.fixture(scope="session")
def digits():
    """Two hundred digits of 8x8 pixels in 0..16, as uint8, and their labels."""
    X, y = load_digits(return_X_y=True)
    return X[:200].astype("uint8"), y[:200]


@pytest.fixture(scope="session")
def competition_zip():
    """The real files, or a skip."""
    root = Path(__file__).resolve().parents[1]
    place = Path(os.environ.get("SKDIGITS_DATA") or root.parent / "shared" / "data")
    path = place / "digit-recognizer.zip" if place.is_dir() else place
    if not path.is_file():
        pytest.skip("no digit-recognizer.zip: set SKDIGITS_DATA to its place")
    return path
