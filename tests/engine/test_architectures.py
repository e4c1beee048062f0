"""Built-in architectures, and the effect of `width` and `dropout` on them."""

import numpy as np
import pytest
from helpers.classifiers import small

from skdigits import CNNClassifier
from skdigits._engine.architectures import ARCHITECTURES

pytestmark = pytest.mark.processor


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("shape", [(32, 32, 3), (1, 1, 1), (1, 50, 1)])
def test_architecture_accepts_every_shape(architecture, shape):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (12, *shape), dtype=np.uint8)
    model = small(architecture=architecture, epochs=1).fit(X, np.arange(12) % 3)
    assert model.predict_proba(X).shape == (12, 3)
    assert model.image_shape_ == shape


def test_classic_has_the_parameters_of_the_2019_notebook():
    X = np.zeros((10, 784), np.uint8)
    X[:, :10] = np.eye(10)
    model = CNNClassifier(architecture="classic", epochs=1).fit(X, np.arange(10))
    assert model.model_.count_params() == 730_602


def test_width_multiplies_the_channels(fitted):
    full = fitted(width=1.0, epochs=1).model_.get_layer("conv1").filters
    half = fitted(width=0.5, epochs=1).model_.get_layer("conv1").filters
    assert half * 2 == full


def test_dropout_sets_every_rate(digits):
    X, y = digits
    model = small(architecture="classic", dropout=0.45, epochs=1).fit(X, y).model_
    rates = {layer.rate for layer in model.layers if "dropout" in layer.name}
    assert rates == {0.45}
