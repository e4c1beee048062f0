"""Digits: the competition's files, a bundled sample, MNIST, and drawn photos."""

from ._competition import load_competition
from ._mnist import fetch_mnist
from ._photo import make_digit_photo
from ._sample import load_sample

__all__ = ["fetch_mnist", "load_competition", "load_sample", "make_digit_photo"]
