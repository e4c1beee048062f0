"""Training of CNNClassifier on images and labels of every kind."""

import numpy as np
import pandas as pd
import pytest
from helpers.classifiers import small

from skdigits import CNNClassifier

pytestmark = pytest.mark.processor


def test_learns_digits(digits):
    X, y = digits
    model = CNNClassifier(epochs=20, batch_size=32, random_state=0).fit(
        X[:150], y[:150]
    )
    assert model.score(X[150:], y[150:]) > 0.9


def test_unit_of_pixels_does_not_matter(digits):
    X, y = digits
    X = X * 15
    raw = small().fit(X, y).predict_proba(X)
    unit = small().fit(X / 255, y).predict_proba(X / 255)
    np.testing.assert_allclose(unit, raw, atol=1e-4)


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["zero", "one", "two"]),
        np.array(["zero", "one", "two"], dtype=object),
        np.array([-5, 3, 1000]),
        np.array([1.0, 2.0, 5.0]),
        np.array([False, True]),
        pd.array(["zero", "one", "two"], dtype="str"),
    ],
    ids=["str", "object", "int", "float", "bool", "pandas"],
)
def test_predictions_are_labels_of_the_given_kind(digits, labels):
    X, y = digits
    y = labels[y % len(labels)]
    model = small(epochs=15, batch_size=16, random_state=1).fit(X, y)
    assert list(model.classes_) == sorted(labels)
    assert np.mean(model.predict(X) == np.asarray(y)) > 0.7


def test_hundreds_of_classes():
    rng = np.random.default_rng(0)
    X, y = rng.random((600, 16)), np.repeat(np.arange(300), 2)
    proba = small().fit(X, y).predict_proba(X)
    assert proba.shape == (600, 300)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)


def test_history_without_and_with_validation(fitted):
    model = fitted(epochs=3)
    assert set(model.history_) == {"loss", "accuracy", "learning_rate"}
    model = fitted(epochs=3, validation_fraction=0.2)
    assert {"val_loss", "val_accuracy"} < set(model.history_)
    assert model.n_iter_ == 3
    assert all(
        len(values) == 3 and all(type(v) is float for v in values)
        for values in model.history_.values()
    )


@pytest.mark.parametrize(
    "optimizer", ["adam", "adamw", "muon", "nadam", "rmsprop", "sgd"]
)
def test_every_optimizer_learns(digits, optimizer):
    X, y = digits
    model = small(optimizer=optimizer, epochs=6, batch_size=16).fit(X, y)
    assert model.history_["loss"][-1] < 0.8 * model.history_["loss"][0]


def test_label_smoothing_lowers_the_highest_probability(digits, fitted):
    X, _ = digits
    sure = fitted(epochs=15, batch_size=16).predict_proba(X)
    less = fitted(epochs=15, batch_size=16, label_smoothing=0.3)
    assert less.predict_proba(X).max(axis=1).mean() < sure.max(axis=1).mean()


def test_fit_and_predict_do_not_change_the_arrays(digits):
    X, y = digits
    w = np.ones(len(X))
    given = [X.copy(), y.copy(), w.copy()]
    for array in given:
        array.flags.writeable = False
    model = small(class_weight="balanced", validation_fraction=0.2).fit(*given)
    model.predict_proba(given[0])
    for array, original in zip(given, (X, y, w), strict=True):
        np.testing.assert_array_equal(array, original)
