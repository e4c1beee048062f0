"""Digits to learn from: the competition's files, a bundled sample, and MNIST."""

from ._competition import load_competition
from ._mnist import fetch_mnist
from ._sample import load_sample

__all__ = ["fetch_mnist", "load_competition", "load_sample"]
