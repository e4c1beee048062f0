"""Small train.csv and test.csv."""

import numpy as np
import pytest
from helpers.competition import N_TEST, N_TRAIN, PIXELS, text_of
from sklearn.utils import Bunch


@pytest.fixture(scope="module")
def tables():
    """Text of a small train.csv and test.csv."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, (N_TRAIN, 1))
    train = np.hstack([labels, rng.integers(0, 256, (N_TRAIN, 784))])
    test = rng.integers(0, 256, (N_TEST, 784))
    return Bunch(
        train=text_of([["label", *PIXELS], *train.astype(str).tolist()]),
        test=text_of([PIXELS, *test.astype(str).tolist()]),
    )


@pytest.fixture
def folder(tmp_path, tables):
    folder = tmp_path / "digits"
    folder.mkdir()
    (folder / "train.csv").write_text(tables.train)
    (folder / "test.csv").write_text(tables.test)
    return folder
