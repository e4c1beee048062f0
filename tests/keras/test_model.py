"""The attribute `model_` of a fitted classifier, and its summary."""

import numpy as np
import pytest
from helpers.classifiers import dense, small, weights

from skdigits import CNNClassifier

pytestmark = pytest.mark.processor


def test_model_takes_raw_pixels(digits):
    X, y = digits
    model = small().fit(X, y)
    np.testing.assert_allclose(
        model.model_.predict(X.reshape(-1, 8, 8, 1), verbose=0),
        model.predict_proba(X),
        atol=1e-5,
    )


def test_model_is_a_copy(digits):
    X, y = digits
    model = small().fit(X, y)
    before = model.predict_proba(X)
    model.model_.set_weights([w * 0 for w in weights(model)])
    np.testing.assert_array_equal(model.predict_proba(X), before)


@pytest.mark.parametrize("architecture", ["fast", dense(10)])
def test_layers_of_the_model_can_be_looked_into(digits, architecture):
    import keras

    X, y = digits
    model = small(architecture=architecture).fit(X, y)
    network = model.model_
    probe = keras.Model(network.inputs[0], [layer.output for layer in network.layers])
    outputs = probe(X.reshape(-1, 8, 8, 1).astype("float32"))
    np.testing.assert_allclose(outputs[-1], model.predict_proba(X), atol=1e-5)


def test_summary_before_and_after_fit(digits, capsys):
    before = CNNClassifier(architecture="classic").summary()
    assert "730,602" in before and "conv1" in before and "26, 26, 32" in before
    model = small().fit(*digits)
    after = model.summary()
    assert "conv3" in after and f"{model.model_.count_params():,}" in after
    other = small().summary(image_shape=(32, 32, 3), n_classes=4)
    assert "(None, 4)" in other
    assert capsys.readouterr().out == ""
