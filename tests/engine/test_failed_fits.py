"""Fits that fail leave the classifier unchanged."""

import keras
import numpy as np
import pandas as pd
import pytest
from helpers.classifiers import Failing, dense, equal, small, weights
from sklearn.exceptions import NotFittedError

pytestmark = pytest.mark.processor


def test_failed_fit_leaves_the_classifier_unchanged(digits):
    X, y = digits
    names = [f"pixel{i}" for i in range(64)]
    model = small(callbacks=[Failing()])
    with pytest.raises(ZeroDivisionError):
        model.fit(X, y)
    with pytest.raises(NotFittedError):
        model.predict(X)
    model.set_params(callbacks=None).fit(pd.DataFrame(X, columns=names), y)
    before = {**vars(model)}
    model.set_params(callbacks=[Failing()])
    with pytest.raises(ZeroDivisionError):
        model.fit(X[:, :49], y % 3)
    model.set_params(callbacks=None)
    assert vars(model) == before
    assert not hasattr(model.fit(X, y), "feature_names_in_")


def test_failed_partial_fit_can_be_repeated(digits):
    X, y = digits
    model = small()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.partial_fit(X[:60], y, classes=np.arange(10))
    with pytest.raises(AttributeError):
        _ = model.classes_
    model.partial_fit(X, y, classes=np.arange(10))
    assert model.n_iter_ == 1


def test_interrupted_fit_can_be_repeated(digits, fitted):
    X, y = digits

    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    expected = weights(fitted())
    model = small(callbacks=[Interrupt()])
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    with pytest.raises(NotFittedError):
        model.predict(X)
    assert equal(weights(model.set_params(callbacks=None).fit(X, y)), expected)


def test_divergence_is_an_error(digits):
    X, y = digits
    model = small(architecture=dense(10), optimizer="sgd", learning_rate=1e38, epochs=5)
    with pytest.raises(ValueError, match=r"diverged.*learning_rate=1e\+38"):
        model.fit(X, y)
