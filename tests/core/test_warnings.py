"""Warnings point at the line that the user wrote."""

import warnings

import pytest
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skdigits import CNNClassifier, DigitNormalizer, ImageAugmenter


def small(**params):
    return CNNClassifier(**{"epochs": 2, "width": 0.1, "random_state": 0, **params})


def augmented_part(X, y):
    return ImageAugmenter().fit_transform(X)[::2], y[::2]


CALLS = {
    "fit": lambda X, y: small().fit(X[:, :60], y),
    "partial_fit": lambda X, y: small().partial_fit(X[:, :60], y, range(10)),
    "augmenter": lambda X, y: ImageAugmenter().fit_transform(X[:, :60]),
    "a pipeline": lambda X, y: make_pipeline(small()).fit(X[:, :60], y),
    "folds": lambda X, y: cross_val_score(small(), X[:, :60], y, cv=2),
    "blank": lambda X, y: DigitNormalizer(on_blank="warn").transform(0 * X),
    "a part": lambda X, y: small().fit(*augmented_part(X, y)),
}


@pytest.mark.parametrize("call", CALLS)
def test_warning_points_at_line_of_user(digits, call):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", UserWarning)
        CALLS[call](*digits)
    assert found
    line = CALLS[call].__code__.co_firstlineno
    assert {(w.filename, w.lineno) for w in found} == {(__file__, line)}
