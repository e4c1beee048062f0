"""Muon: steps of hidden matrices are orthogonal, the others are those of Adam."""

import keras
import numpy as np
import pytest

from skdigits._engine.keras.muon import Muon

RATE = 0.01


@pytest.fixture(scope="module")
def steps():
    """One step from random gradients: name of a variable -> (gradient, step)."""
    rng = np.random.default_rng(0)
    shapes = {
        "convolution": (3, 3, 4, 8),
        "bias": (8,),
        "dense": (20, 30),
        "output": (30, 10),
        "output_bias": (10,),
    }
    variables = [
        keras.Variable(np.zeros(shape, np.float32), name=name)
        for name, shape in shapes.items()
    ]
    gradients = [rng.normal(size=shape).astype(np.float32) for shape in shapes.values()]
    Muon(RATE).apply(gradients, variables)
    taken = [-variable.numpy() for variable in variables]
    return dict(zip(shapes, zip(gradients, taken, strict=True), strict=True))


@pytest.mark.parametrize("name", ["convolution", "dense"])
def test_steps_of_hidden_matrices_are_nearly_orthogonal(steps, name):
    gradient, step = (array.reshape(-1, array.shape[-1]) for array in steps[name])
    left, _, right = np.linalg.svd(gradient, full_matrices=False)
    scale = RATE * 0.2 * np.sqrt(max(gradient.shape))
    # In the singular directions of the gradient, the step is nearly diagonal.
    turned = left.T @ step @ right.T / scale
    strengths = np.diag(turned)
    assert strengths.min() > 0.6
    assert strengths.max() < 1.3
    np.testing.assert_allclose(turned, np.diag(strengths), atol=0.01)


@pytest.mark.parametrize("name", ["bias", "output", "output_bias"])
def test_steps_of_vectors_and_the_output_equal_adam(steps, name):
    gradient, step = steps[name]
    np.testing.assert_allclose(step, RATE * np.sign(gradient), rtol=1e-3)


def test_momentum_continues_after_a_gradient_of_zero(steps):
    gradient = np.eye(6, dtype=np.float32)
    still = np.zeros_like(gradient)
    variables = [keras.Variable(np.zeros((6, 6), np.float32)) for _ in range(2)]
    optimizer = Muon(RATE)
    optimizer.apply([gradient, gradient], variables)
    before = variables[0].numpy()
    optimizer.apply([still, still], variables)
    assert np.abs(variables[0].numpy() - before).max() > RATE / 10


def test_serialisation_of_keras_keeps_the_rate():
    again = keras.optimizers.deserialize(keras.optimizers.serialize(Muon(0.02)))
    assert isinstance(again, Muon)
    assert float(again.learning_rate) == pytest.approx(0.02)
