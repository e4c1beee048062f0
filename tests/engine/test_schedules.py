"""The learning rate of each epoch, by schedule."""

import itertools

import numpy as np
import pytest
from helpers.classifiers import small

pytestmark = pytest.mark.processor


def test_rates_follow_the_formulas(digits):
    X, y = digits

    def rates(schedule):
        model = small(schedule=schedule, epochs=8, learning_rate=0.01, batch_size=200)
        return model.fit(X, y).history_["learning_rate"]

    assert rates("constant") == pytest.approx([0.01] * 8)
    assert rates("linear") == pytest.approx([0.01 * (1 - i / 8) for i in range(8)])
    assert rates("cosine")[4] == pytest.approx(0.005)
    one_cycle = rates("one_cycle")
    assert np.argmax(one_cycle) == 2
    assert one_cycle[0] == pytest.approx(0.001)


def test_plateau_halves_the_rate_down_to_a_tenth(digits):
    X, _ = digits
    y = np.arange(len(X)) % 2  # X * 0 has no information: the accuracy is constant
    model = small(
        schedule="plateau",
        epochs=25,
        learning_rate=1e-7,
        validation_fraction=0.3,
        batch_size=200,
    ).fit(X * 0, y)
    rates = model.history_["learning_rate"]
    assert rates[-1] == pytest.approx(1e-8)
    assert any(b == pytest.approx(a / 2) for a, b in itertools.pairwise(rates))
