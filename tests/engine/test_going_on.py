"""Training that goes on: `partial_fit` and `warm_start`."""

import pickle

import numpy as np
import pytest
from helpers.classifiers import equal, small, weights

pytestmark = pytest.mark.processor


def test_partial_fit_is_one_epoch_each(digits):
    X, y = digits
    model = small()
    for _ in range(3):
        model.partial_fit(X, y, classes=np.arange(10))
    assert model.n_iter_ == 3
    assert len(model.history_["loss"]) == 3
    assert model.history_["loss"][-1] < model.history_["loss"][0]
    one_go = small(epochs=3, schedule="constant").fit(X, y)
    assert equal(weights(model), weights(one_go))


def test_partial_fit_goes_on_after_pickling(digits):
    X, y = digits
    model = small(architecture="classic").partial_fit(X, y, classes=np.arange(10))
    again = pickle.loads(pickle.dumps(model))
    assert equal(
        weights(again.partial_fit(X, y)),
        weights(model.partial_fit(X, y)),
    )


def test_partial_fit_sees_classes_later(digits):
    X, y = digits
    model = small().partial_fit(X[y < 5], y[y < 5], classes=np.arange(10))
    model.partial_fit(X[y >= 5], y[y >= 5])
    assert model.predict_proba(X).shape[1] == 10


def test_warm_start_goes_on(digits):
    X, y = digits
    model = small(warm_start=True, schedule="constant").fit(X, y)
    model.fit(X, y)
    assert model.n_iter_ == 4
    assert len(model.history_["loss"]) == 4
    one_go = small(epochs=4, schedule="constant").fit(X, y)
    assert equal(weights(model), weights(one_go))


def test_warm_start_refuses_another_network_or_other_classes(digits):
    X, y = digits
    model = small(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="width"):
        clone_with_state(model, width=0.5).fit(X, y)
    with pytest.raises(ValueError, match="needs the classes of the fit before"):
        model.fit(X[y < 5], y[y < 5])


def clone_with_state(model, **params):
    return pickle.loads(pickle.dumps(model)).set_params(**params)


def test_fit_without_warm_start_begins_anew(digits):
    X, y = digits
    model = small().fit(X, y)
    before = weights(model)
    assert equal(weights(model.fit(X, y)), before)
    assert model.n_iter_ == 2
