"""Loaders of digits from the competition, scikit-learn, MNIST, files and drawings."""

from ._competition import load_competition
from ._images import load_images
from ._mnist import fetch_mnist
from ._photo import make_digit_photo
from ._sample import load_sample

__all__ = [
    "fetch_mnist",
    "load_competition",
    "load_images",
    "load_sample",
    "make_digit_photo",
]
