"""Handwriting of drawn digits: many ways to write, constant for each hand."""

import numpy as np
import pytest

from skdigits._vision.hands import Hand

HANDS = 60


def written(digit):
    return [Hand(np.random.default_rng(seed)).write(digit) for seed in range(HANDS)]


@pytest.mark.parametrize("digit", range(10))
def test_digits_stand_on_their_line(digit):
    for strokes in written(digit):
        points = np.vstack(strokes)
        assert points[:, 1].min() == pytest.approx(-1, abs=0.25)
        assert points[:, 1].max() == pytest.approx(0, abs=0.25)
        assert np.ptp(points[:, 0]) < 1.5
        steps = [np.abs(np.diff(stroke[:, :2], axis=0)).max() for stroke in strokes]
        assert max(steps) < 0.05


@pytest.mark.parametrize(
    ("digit", "strokes"),
    [
        (0, {1, 2}),  # plain, slashed or dotted
        (1, {1, 2}),  # without and with a foot
        (4, {1, 2}),  # open in one stroke
        (5, {1, 2}),  # top joined or separate
        (7, {1, 2}),  # without and with a bar
    ],
)
def test_hands_differ_in_their_strokes(digit, strokes):
    assert {len(each) for each in written(digit)} == strokes


def test_upstroke_of_a_one_has_any_length():
    lengths = []
    for strokes in written(1):
        y = strokes[0][:, 1]
        lengths.append(y[0] - y.min())
    for low, high in [(0, 0.05), (0.05, 0.25), (0.25, 0.6), (0.6, 1.1)]:
        assert any(low <= length < high for length in lengths)


def test_tail_of_a_nine_is_straight_or_curved():
    bends = [strokes[0][-1, 0] - strokes[0][:, 0].max() for strokes in written(9)]
    assert min(bends) < -0.5 and max(bends) > -0.25


def test_one_hand_writes_a_digit_alike_but_not_equal():
    hand = Hand(np.random.default_rng(0))
    first, second = hand.write(3), hand.write(3)
    other = Hand(np.random.default_rng(1)).write(3)
    assert [s.shape for s in first] == [s.shape for s in second]
    change = np.abs(np.vstack(first) - np.vstack(second)).mean()
    assert 0 < change < 0.08
    assert not np.array_equal(np.vstack(first)[:50], np.vstack(other)[:50])


def test_equal_seeds_write_equal_digits():
    for digit in range(10):
        first, second = (Hand(np.random.default_rng(7)).write(digit) for _ in "ab")
        for a, b in zip(first, second, strict=True):
            np.testing.assert_array_equal(a, b)
