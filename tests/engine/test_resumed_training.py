"""Training that continues: `partial_fit` and `warm_start`."""

import pickle

import numpy as np
import pytest
from helpers.classifiers import equal, small, weights

pytestmark = pytest.mark.processor


def test_partial_fit_trains_one_epoch(digits, fitted):
    X, y = digits
    model = small()
    for _ in range(3):
        model.partial_fit(X, y, classes=np.arange(10))
    assert model.n_iter_ == 3
    assert len(model.history_["loss"]) == 3
    assert model.history_["loss"][-1] < model.history_["loss"][0]
    at_once = fitted(epochs=3, schedule="constant")
    assert equal(weights(model), weights(at_once))


def test_partial_fit_continues_after_pickling(digits):
    X, y = digits
    model = small(architecture="classic").partial_fit(X, y, classes=np.arange(10))
    again = pickle.loads(pickle.dumps(model))
    assert equal(
        weights(again.partial_fit(X, y)),
        weights(model.partial_fit(X, y)),
    )


def test_partial_fit_accepts_classes_later(digits):
    X, y = digits
    model = small().partial_fit(X[y < 5], y[y < 5], classes=np.arange(10))
    model.partial_fit(X[y >= 5], y[y >= 5])
    assert model.predict_proba(X).shape[1] == 10


def test_warm_start_continues(digits, fitted):
    X, y = digits
    model = fitted(warm_start=True, schedule="constant")
    model.fit(X, y)
    assert model.n_iter_ == 4
    assert len(model.history_["loss"]) == 4
    at_once = fitted(epochs=4, schedule="constant")
    assert equal(weights(model), weights(at_once))


def test_warm_start_refuses_another_architecture_or_classes(digits, fitted):
    X, y = digits
    model = fitted(warm_start=True)
    with pytest.raises(ValueError, match="width"):
        fitted(warm_start=True).set_params(width=0.5).fit(X, y)
    with pytest.raises(ValueError, match="needs the classes of the fit before"):
        model.fit(X[y < 5], y[y < 5])


def test_fit_without_warm_start_starts_again(digits, fitted):
    X, y = digits
    model = fitted()
    before = weights(model)
    assert equal(weights(model.fit(X, y)), before)
    assert model.n_iter_ == 2
