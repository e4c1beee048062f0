"""Texts that are equal for equal values in every process."""

import functools
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.metrics import accuracy_score, fbeta_score, make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skdigits import CNNClassifier, make_digit_pipeline
from skdigits._core.identity import describe


def architecture(image_shape, n_classes):
    """Architecture of which only the name matters here."""


def make_local(width):
    return lambda image_shape, n_classes: width


def memory_map(X, path):
    mapped = np.memmap(path, dtype="int16", mode="w+", shape=X.shape)
    mapped[:] = X
    return mapped


def test_equal_numbers_have_equal_texts(tmp_path):
    X = np.arange(24).reshape(4, 6)
    forms = [
        X,
        X.astype("uint8"),
        X.astype("float32"),
        np.asfortranarray(X),
        X[:, ::-1][:, ::-1],
        X.tolist(),
        list(X),
        pd.DataFrame(X),
        pd.DataFrame(X).astype("Int64"),
        pl.DataFrame(X),
        memory_map(X, tmp_path / "X"),
    ]
    assert len({describe(form) for form in forms}) == 1
    y = list("abca")
    labels = [y, np.array(y), pd.Series(y), pd.Series(y, dtype="category")]
    assert len({describe(form) for form in [*labels, pl.Series(y)]}) == 1
    assert describe(np.array([0.0, np.nan])) == describe([-0.0, float("nan")])


@pytest.mark.parametrize(
    "one, other",
    [
        (1, True),
        (1, "1"),
        (1, 1.0),
        (15, np.int64(16)),
        (None, "None"),
        ([1, True], [1, 1]),
        (np.arange(6), np.arange(6).reshape(2, 3)),
        (np.arange(6), np.arange(6)[::-1]),
        ([2**60], [2**60 + 1]),
        ({0: 1.0}, {0: 2.0}),
        (np.random.RandomState(0), np.random.RandomState(1)),
        (
            functools.partial(fbeta_score, beta=1),
            functools.partial(fbeta_score, beta=2),
        ),
        (make_scorer(fbeta_score, beta=1), make_scorer(fbeta_score, beta=2)),
        (
            make_scorer(accuracy_score),
            make_scorer(accuracy_score, greater_is_better=False),
        ),
        (CNNClassifier(class_weight={1: 2}), CNNClassifier(class_weight={1: 3})),
        (
            make_pipeline(FunctionTransformer(np.log1p)),
            make_pipeline(FunctionTransformer(np.sqrt)),
        ),
        (make_digit_pipeline(), make_digit_pipeline().set_params(augment__zoom=0.3)),
        (make_local(1), make_local(2)),
    ],
)
def test_different_values_have_different_texts(one, other):
    assert describe(one) != describe(other)
    assert describe(one) == describe(one)


def test_numpy_and_python_numbers_have_equal_texts():
    assert describe(np.int64(15)) == describe(15)
    assert describe(np.float64(0.1)) == describe(0.1)
    assert describe(np.True_) == describe(True)
    assert describe({1: 2, 0: 3}) == describe({0: 3, 1: 2})
    assert describe(CNNClassifier(verbose=1)) == describe(CNNClassifier(verbose=0))


def test_parts_without_a_unique_name_are_collected():
    vague = []
    describe({"a": [architecture, np.log1p, make_scorer(fbeta_score)]}, vague)
    assert vague == []
    describe({"a": [lambda: 0, make_local(1), (i for i in range(3))]}, vague)
    assert [name.rpartition(".")[2] for name in vague] == [
        "<lambda>",
        "<lambda>",
        "generator",
    ]


SCRIPT = """
import numpy as np
from sklearn.model_selection import StratifiedKFold
from skdigits import CNNClassifier, make_digit_pipeline
from skdigits._core.identity import describe
class Scorer:
    def __call__(self, model, X, y):
        return 1.0
values = [
    lambda x: x, Scorer(), Scorer().__call__, {"a", "b", "c"}, StratifiedKFold(3),
    make_digit_pipeline(), np.random.default_rng(0), CNNClassifier(architecture=Scorer)
]
print([describe(value) for value in values])
"""


def test_other_process_returns_equal_texts():
    command = [sys.executable, "-c", SCRIPT]
    first, second = (subprocess.check_output(command) for _ in range(2))
    assert first == second
    assert b" at 0x" not in first
