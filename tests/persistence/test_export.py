"""Exported models, each read by the program that it is for."""

import json
import subprocess
import sys

import keras
import numpy as np
import onnxruntime
import pytest
from helpers.precision import needs_bfloat16
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

import skdigits
from skdigits import CNNClassifier, ImageAugmenter


def tiny(image_shape, n_classes):
    inputs = keras.Input(image_shape)
    x = keras.layers.Conv2D(4, 3, activation="relu")(inputs)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(n_classes, "softmax")(x))


@pytest.fixture(
    scope="module",
    params=["fast", "classic", "residual", "vgg", tiny],
    ids=["fast", "classic", "residual", "vgg", "own"],
)
def model(request, digits):
    cnn = CNNClassifier(
        architecture=request.param, width=0.25, epochs=1, random_state=0
    )
    return Pipeline([("augment", ImageAugmenter()), ("cnn", cnn)]).fit(*digits)


def images(digits):
    return digits[0].reshape(-1, 8, 8, 1).astype(np.float32)


@pytest.mark.slow
def test_keras_reads_export_without_skdigits(digits, model, tmp_path):
    skdigits.export(model, tmp_path / "digits.keras")
    np.save(tmp_path / "images.npy", images(digits))
    code = (
        "import sys, numpy as np, keras;"
        "network = keras.models.load_model('digits.keras');"
        "np.save('found.npy', network.predict(np.load('images.npy'), verbose=0));"
        "assert 'skdigits' not in sys.modules"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    found = np.load(tmp_path / "found.npy")
    np.testing.assert_allclose(found, model.predict_proba(digits[0]), atol=1e-5)


def test_onnx_runtime_reads_export(digits, model, tmp_path, capfd):
    skdigits.export(model, tmp_path / "digits.onnx")
    assert capfd.readouterr().out == ""
    session = onnxruntime.InferenceSession(tmp_path / "digits.onnx")
    for n in (1, 200):  # a batch may have any size
        (found,) = session.run(["probabilities"], {"images": images(digits)[:n]})
        expected = model.predict_proba(digits[0])[:n]
        np.testing.assert_allclose(found, expected, atol=1e-5)


@needs_bfloat16
def test_mixed_precision_is_exported_as_float32(digits, tmp_path):
    X, y = digits
    cnn = CNNClassifier(width=0.25, epochs=1, dtype_policy="mixed_bfloat16").fit(X, y)
    skdigits.export(cnn, tmp_path / "digits.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "digits.onnx")
    (pixels,) = session.get_inputs()
    (found,) = session.run(None, {pixels.name: images(digits)})
    np.testing.assert_allclose(found, cnn.predict_proba(X), atol=0.05)


def test_json_contains_the_architecture(digits, model, tmp_path):
    skdigits.export(model, tmp_path / "digits.json")
    network = keras.models.model_from_json((tmp_path / "digits.json").read_text())
    network.set_weights(model["cnn"].model_.get_weights())
    found = network.predict(images(digits), verbose=0)
    np.testing.assert_allclose(found, model.predict_proba(digits[0]), atol=1e-5)
    described = json.loads((tmp_path / "digits.json").read_text())
    assert described["module"].startswith("keras")


@pytest.mark.parametrize(
    ("name", "value"), [("test_time_shift", 1), ("test_time_flip", "horizontal")]
)
def test_export_warns_of_lost_test_time_augmentation(digits, tmp_path, name, value):
    cnn = CNNClassifier(epochs=1, width=0.25).set_params(**{name: value}).fit(*digits)
    for ending in ("onnx", "keras"):
        with pytest.warns(UserWarning, match=f"does not contain {name}={value!r}"):
            skdigits.export(cnn, tmp_path / f"digits.{ending}")


def test_export_warns_of_lost_temperature(digits, tmp_path):
    params = {"epochs": 15, "batch_size": 16, "width": 0.3, "label_smoothing": 0.2}
    cnn = CNNClassifier(random_state=0, **params).fit(*digits)
    with pytest.warns(UserWarning, match="does not contain temperature_="):
        skdigits.export(cnn, tmp_path / "digits.keras")


def test_export_refuses_other_estimators_and_paths(digits, tmp_path):
    path = tmp_path / "digits.keras"
    with pytest.raises(NotFittedError):
        skdigits.export(CNNClassifier(), path)
    with pytest.raises(TypeError, match="ends in one. Got SVC"):
        skdigits.export(SVC(), path)
    cnn = CNNClassifier(epochs=1, width=0.25, image_shape=(5, 5))
    reduced = Pipeline([("pca", PCA(25)), ("cnn", cnn)]).fit(*digits)
    with pytest.raises(TypeError, match="must not change images. Got 'pca', a PCA"):
        skdigits.export(reduced, path)
    with pytest.raises(ValueError, match=r"end in one of .keras, .onnx, .json. Got"):
        skdigits.export(reduced["cnn"], tmp_path / "digits.h5")
    with pytest.raises(FileNotFoundError):
        skdigits.export(reduced["cnn"], tmp_path / "none" / "digits.keras")
    assert list(tmp_path.iterdir()) == []
