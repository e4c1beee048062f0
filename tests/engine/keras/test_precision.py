"""bfloat16: the parameter `dtype_policy`, and the policy of Keras."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.classifiers import equal, small, weights
from helpers.precision import needs_bfloat16
from sklearn.base import clone

import skdigits
from skdigits._engine.keras import precision
from skdigits._engine.keras.start import has_onednn

pytestmark = pytest.mark.processor


@needs_bfloat16
def test_precision_follows_the_policy_of_keras(digits, fitted):
    X, y = digits
    exact = weights(fitted())
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert not equal(weights(small().fit(X, y)), exact)
    finally:
        keras.config.set_dtype_policy("float32")
    assert equal(weights(small().fit(X, y)), exact)


def tiny(image_shape, n_classes):
    return keras.Sequential(
        [
            keras.Input(image_shape),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.GlobalMaxPooling2D(),
            keras.layers.Dense(n_classes, activation="softmax"),
        ]
    )


@needs_bfloat16
@pytest.mark.parametrize("architecture", ["fast", "classic", "residual", "vgg", tiny])
def test_bfloat16_changes_probabilities_little(digits, architecture):
    X, y = digits
    model = small(architecture=architecture, dtype_policy="mixed_bfloat16").fit(X, y)
    assert keras.config.dtype_policy().name == "float32"  # nothing global
    layers = {layer.compute_dtype for layer in model.model_.layers}
    assert "bfloat16" in layers
    assert {array.dtype.name for array in weights(model)} == {"float32"}
    proba = model.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
    if architecture is not tiny:  # built-in architectures end in float32
        found = model.model_(X.reshape(-1, 8, 8, 1)).numpy()
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
        np.testing.assert_allclose(found, proba, atol=0.02)
    again = clone(model).fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), proba)
    exact = clone(model).set_params(dtype_policy="float32").fit(X, y)
    difference = np.abs(exact.predict_proba(X) - proba)
    assert 0 < difference.max() < 0.1


@pytest.mark.parametrize("can", [pytest.param(True, marks=needs_bfloat16), False])
def test_auto_is_bfloat16_where_the_processor_has_it(can, digits, monkeypatch):
    X, y = digits
    monkeypatch.setattr(precision, "computes_in_bfloat16", lambda: can)
    proba = small(dtype_policy="auto").fit(X, y).predict_proba(X)
    name = "mixed_bfloat16" if can else "float32"
    same = small(dtype_policy=name).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(proba, same)


@needs_bfloat16
@pytest.mark.parametrize("can", [True, False])
def test_loaded_model_computes_in_the_precision_of_the_machine(
    can, digits, monkeypatch, tmp_path
):
    X, y = digits
    monkeypatch.setattr(precision, "computes_in_bfloat16", lambda: can)
    model = small(dtype_policy="auto").fit(X, y)
    proba = model.predict_proba(X)
    skdigits.save(model, tmp_path / "auto.skdigits")
    monkeypatch.setattr(precision, "computes_in_bfloat16", lambda: not can)
    loaded = skdigits.load(tmp_path / "auto.skdigits")
    difference = np.abs(loaded.predict_proba(X) - proba).max()
    assert 0 < difference < 0.02


def test_bfloat16_needs_instructions_and_onednn(monkeypatch):
    asked = precision.computes_in_bfloat16.__wrapped__
    text = Path("/proc/cpuinfo")
    has = text.exists() and not precision.INSTRUCTIONS.isdisjoint(
        text.read_text().split()
    )
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    if not tf.config.list_physical_devices("GPU"):
        assert asked() == (has and has_onednn())
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
        assert not asked()


def test_parameter_overrides_the_policy_of_keras(digits, fitted):
    X, y = digits
    exact = weights(fitted())
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert equal(weights(small(dtype_policy="float32").fit(X, y)), exact)
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")
