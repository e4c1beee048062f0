"""Architectures that a function of the user builds, and errors for invalid ones."""

import keras
import numpy as np
import pytest
from helpers.classifiers import dense, equal, small, weights

pytestmark = pytest.mark.processor


def test_callable_architecture_is_reproducible(digits):
    X, y = digits

    def tiny(image_shape, n_classes):
        return keras.Sequential(
            [
                keras.Input(image_shape),
                keras.layers.Flatten(),
                keras.layers.Dropout(0.2),
                keras.layers.Dense(n_classes, activation="softmax"),
            ]
        )

    model = small(architecture=tiny, epochs=5).fit(X, y)
    assert model.model_.count_params() == 64 * 10 + 10
    again = small(architecture=tiny, epochs=5).fit(X, y)
    assert equal(weights(model), weights(again))
    other = small(architecture=tiny, epochs=5, random_state=1).fit(X, y)
    assert not equal(weights(model), weights(other))


def test_pretrained_weights_of_an_architecture_are_used(digits):
    X, y = digits

    def pretrained(image_shape, n_classes):
        keras_model = dense(n_classes)(image_shape, n_classes)
        keras_model.set_weights([np.full((64, 10), 0.5), np.arange(10.0)])
        return keras_model

    model = small(architecture=pretrained, epochs=1, learning_rate=1e-9).fit(X, y)
    np.testing.assert_allclose(weights(model)[1], np.arange(10), atol=1e-4)


def test_architecture_may_use_a_fitted_classifier(digits, fitted):
    X, y = digits
    classifier = fitted()

    def on_top(image_shape, n_classes):
        body = classifier.model_
        assert body.output_shape == (None, 10)
        return dense(n_classes)(image_shape, n_classes)

    assert small(architecture=on_top).fit(X, y).n_iter_ == 2


class Subclassed(keras.Model):
    def __init__(self, n_classes):
        super().__init__()
        self.flat = keras.layers.Flatten()
        self.out = keras.layers.Dense(n_classes, activation="softmax")

    def call(self, images):
        return self.out(self.flat(images))


class OwnStep(Subclassed):
    def train_step(self, data):
        return {}


def test_subclass_of_model_is_an_architecture(digits):
    X, y = digits
    model = small(architecture=lambda shape, n: Subclassed(n)).fit(X, y)
    images = X.reshape(-1, 8, 8, 1).astype(np.float32)
    found = model.model_.predict(images, verbose=0)
    np.testing.assert_allclose(found, model.predict_proba(X), atol=1e-5)


def two_outputs(image_shape, n_classes):
    images = keras.Input(image_shape)
    flat = keras.layers.Flatten()(images)
    return keras.Model(images, {"one": flat, "other": flat})


def for_other_images(image_shape, n_classes):
    return dense(n_classes)((5, 5, 3), n_classes)


@pytest.mark.parametrize(
    ("architecture", "error", "message"),
    [
        (lambda shape, n: "model", TypeError, "must return a keras.Model. Got str"),
        (dense(7), ValueError, r"each of the 10 classes.*\(None, 7\)"),
        (dense(10, None), ValueError, 'sum to .* activation="softmax"'),
        (dense(10, "sigmoid"), ValueError, "outputs are probabilities"),
        (two_outputs, ValueError, "one output for each of the 10 classes.*Got a dict"),
        (
            for_other_images,
            ValueError,
            r"shape \(8, 8, 1\). Got one that does not",
        ),
        (lambda shape, n: OwnStep(n), TypeError, "without a train_step of its own"),
    ],
    ids=["no-model", "outputs", "linear", "sigmoid", "dict", "shape", "step"],
)
def test_refuses_an_architecture(digits, architecture, error, message):
    with pytest.raises(error, match=message):
        small(architecture=architecture).fit(*digits)


def test_refuses_a_model_instead_of_a_function(digits, tmp_path):
    keras_model = dense(10)((8, 8, 1), 10)
    for params in ({}, {"checkpoint": tmp_path / "fit"}):
        with pytest.raises(
            TypeError, match="architecture must be .* function that bui"
        ):
            small(architecture=keras_model, **params).fit(*digits)
    with pytest.raises(TypeError, match="Got the model Sequential itself"):
        small(architecture=keras_model).summary()


def test_refuses_an_architecture_that_returns_one_model_twice(digits):
    keras_model = dense(10)((8, 8, 1), 10)
    model = small(architecture=lambda shape, n: keras_model).fit(*digits)
    with pytest.raises(ValueError, match="build a new model at each call"):
        model.fit(*digits)


def test_refuses_an_architecture_that_builds_different_models(digits):
    sizes = iter([10, 11])

    def changing(image_shape, n_classes):
        layers = [
            keras.Input(image_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(next(sizes), activation="relu"),
            keras.layers.Dense(n_classes, activation="softmax"),
        ]
        return keras.Sequential(layers)

    model = small(architecture=changing).fit(*digits)
    with pytest.raises(ValueError, match="build the same model at each call"):
        _ = model.model_
