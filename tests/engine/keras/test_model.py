"""Attribute `model_` of a fitted classifier, and its summary."""

import numpy as np
import pytest
from helpers.classifiers import dense, small, weights
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skdigits import CNNClassifier

pytestmark = pytest.mark.processor


def test_model_takes_raw_pixels(digits, fitted):
    X, _ = digits
    model = fitted()
    np.testing.assert_allclose(
        model.model_.predict(X.reshape(-1, 8, 8, 1), verbose=0),
        model.predict_proba(X),
        atol=1e-5,
    )


def test_callbacks_and_their_files_take_raw_pixels(digits, tmp_path):
    """Also in a Pipeline whose first step changes the pixels."""
    import keras

    X, y = digits
    scale = FunctionTransformer(lambda pixels: pixels / 16)
    images = (X / 16).reshape(-1, 8, 8, 1).astype(np.float32)
    seen = {}

    class Predict(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            seen["in a callback"] = self.model.predict(images, verbose=0)
            clone = keras.models.clone_model(self.model)
            clone.set_weights(self.model.get_weights())
            seen["clone"] = clone.predict(images, verbose=0)

    whole = keras.callbacks.ModelCheckpoint(tmp_path / "model.keras")
    weights_file = tmp_path / "model.weights.h5"
    of_weights = keras.callbacks.ModelCheckpoint(weights_file, save_weights_only=True)
    cnn = small(callbacks=[whole, of_weights, Predict()])
    pipeline = Pipeline([("scale", scale), ("cnn", cnn)]).fit(X, y)

    expected = pipeline.predict_proba(X)
    seen["file"] = keras.models.load_model(whole.filepath).predict(images, verbose=0)
    keras_model = cnn.model_
    keras_model.set_weights([w * 0 for w in weights(cnn)])
    keras_model.load_weights(weights_file)
    seen["file of weights"] = keras_model.predict(images, verbose=0)
    for source, found in seen.items():
        np.testing.assert_allclose(found, expected, atol=1e-5, err_msg=source)


@pytest.mark.parametrize("architecture", ["fast", "residual", dense(10)])
def test_fits_on_other_pixels_share_no_statistics(digits, architecture):
    X, y = digits
    params = {"architecture": architecture, "epochs": 1}
    models = [small(**params).fit(X * factor, y) for factor in (1.0, 15.0)]
    for model, factor in zip(models, (1.0, 15.0), strict=True):
        images = (X * factor).reshape(-1, 8, 8, 1).astype(np.float32)
        found = model.model_.predict(images, verbose=0)
        np.testing.assert_allclose(found, model.predict_proba(X * factor), atol=1e-5)


def test_model_is_a_copy(digits, fitted):
    X, _ = digits
    model = fitted()
    before = model.predict_proba(X)
    model.model_.set_weights([w * 0 for w in weights(model)])
    np.testing.assert_array_equal(model.predict_proba(X), before)


@pytest.mark.parametrize("architecture", ["fast", dense(10)])
def test_outputs_of_layers_can_be_computed(digits, architecture):
    import keras

    X, y = digits
    model = small(architecture=architecture).fit(X, y)
    keras_model = model.model_
    probe = keras.Model(
        keras_model.inputs[0], [layer.output for layer in keras_model.layers]
    )
    outputs = probe(X.reshape(-1, 8, 8, 1).astype("float32"))
    np.testing.assert_allclose(outputs[-1], model.predict_proba(X), atol=1e-5)


def test_summary_before_and_after_fit(fitted, capsys):
    before = CNNClassifier(architecture="classic").summary()
    assert "730,602" in before and "conv1" in before and "26, 26, 32" in before
    model = fitted()
    after = model.summary()
    assert "conv3" in after and f"{model.model_.count_params():,}" in after
    other = small().summary(image_shape=(32, 32, 3), n_classes=4)
    assert "(None, 4)" in other
    assert capsys.readouterr().out == ""
