"""Training of CNNClassifier on images and labels of every kind."""

import numpy as np
import pandas as pd
import pytest
from helpers.classifiers import small
from sklearn.metrics import log_loss

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


def test_temperature_corrects_the_probabilities_of_label_smoothing(digits, fitted):
    X, y = digits
    images = X.reshape(-1, 8, 8, 1).astype(np.float32)
    model = fitted(epochs=15, batch_size=16, label_smoothing=0.3)
    smoothed = model.model_.predict(images, verbose=0)
    corrected = model.predict_proba(X)
    assert smoothed.max(axis=1).mean() < 0.8 < corrected.max(axis=1).mean()
    assert log_loss(y, corrected) < log_loss(y, smoothed) / 2
    np.testing.assert_array_equal(corrected.argmax(axis=1), smoothed.argmax(axis=1))
    powers = smoothed ** (1 / model.temperature_)
    np.testing.assert_allclose(
        corrected, powers / powers.sum(axis=1, keepdims=True), atol=1e-5
    )
    assert fitted().temperature_ == 1


def test_temperature_is_fitted_again_when_training_continues(digits):
    X, y = digits
    params = {"epochs": 10, "batch_size": 16, "label_smoothing": 0.3}
    model = small(warm_start=True, **params).fit(X, y)
    first = model.temperature_
    model.set_params(epochs=20).fit(X, y)
    assert model.temperature_ < first
    alone = small(**params).fit(X, y)
    assert alone.temperature_ == first


def test_temperature_is_fitted_on_validation_images(digits):
    X, y = digits
    wrong = np.where(np.arange(len(y)) % 4 == 0, (y + 1) % 4, y)
    params = {"epochs": 15, "batch_size": 16, "label_smoothing": 0.1}
    right = small(**params).fit(X, y, validation_data=(X, y))
    assert right.temperature_ < 1
    probabilities = right.predict_proba(X)
    less = small(**params).fit(X, y, validation_data=(X, wrong))
    assert less.temperature_ > 1
    assert log_loss(wrong, less.predict_proba(X)) < log_loss(wrong, probabilities)
    np.testing.assert_array_equal(less.predict(X), right.predict(X))


def test_temperature_is_not_fitted_on_training_images_with_errors(digits):
    X, y = digits
    wrong = np.where(np.arange(len(y)) % 4 == 0, (y + 1) % 4, y)
    model = small(epochs=5, label_smoothing=0.1).fit(X, wrong)
    assert model.score(X, wrong) < 0.99
    assert model.temperature_ == 1


@pytest.mark.parametrize("loss", ["crossentropy", "focal"])
def test_temperature_improves_the_log_loss(digits, loss):
    X, y = digits
    smoothing = 0.1 if loss == "crossentropy" else 0
    params = {"epochs": 15, "batch_size": 16, "label_smoothing": smoothing}
    model = small(loss=loss, **params).fit(X[:150], y[:150])
    images = X[150:].reshape(-1, 8, 8, 1).astype(np.float32)
    uncorrected = model.model_.predict(images, verbose=0)
    assert model.temperature_ < 1
    assert log_loss(y[150:], model.predict_proba(X[150:])) < log_loss(
        y[150:], uncorrected
    )


def test_weights_of_samples_affect_the_temperature(digits):
    X, y = digits
    wrong = np.where(np.arange(len(y)) % 4 == 0, (y + 1) % 4, y)
    params = {"epochs": 15, "batch_size": 16, "label_smoothing": 0.1}
    equal = small(**params).fit(X, wrong)
    weights = np.where(wrong == y, 1, 1e-6)
    weighted = small(**params).fit(X, wrong, sample_weight=weights)
    assert weighted.temperature_ < equal.temperature_


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
