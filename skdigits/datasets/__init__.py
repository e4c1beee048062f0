"""Digits: the competition's files, a bundled sample, MNIST, and images of one's own."""

from ._competition import load_competition
from ._images import load_images
from ._mnist import fetch_mnist
from ._sample import load_sample

__all__ = ["fetch_mnist", "load_competition", "load_images", "load_sample"]
