"""Described shapes of the architectures, compared with the models Keras builds."""

import itertools

import pytest

from skdigits._engine.architectures import ARCHITECTURES
from skdigits._engine.keras.build import build_layers

SHAPES = [(28, 28, 1), (8, 8, 1), (1, 1, 1), (1, 7, 2), (9, 32, 3), (5, 5, 1)]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_described_shapes_equal_those_of_keras(architecture):
    for shape, n_classes, (width, dropout) in itertools.product(
        SHAPES, (2, 10), [(1.0, None), (0.01, 0), (0.7, 0.5)]
    ):
        plan = ARCHITECTURES[architecture](shape, n_classes, width, dropout)
        keras_model = build_layers(plan)
        built = [tuple(variable.shape) for variable in keras_model.variables]
        assert built == plan.variable_shapes
        assert keras_model.output_shape == (None, n_classes)
