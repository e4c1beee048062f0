"""Augmenters with one effect, and images in which it can be measured."""

import numpy as np

from skdigits import ImageAugmenter


def still(**params):
    """Return an augmenter without any effect that `params` does not ask for."""
    return ImageAugmenter(**{"rotation": 0, "zoom": 0, "shift": 0, **params})


def spot(height=21, width=21, at=(10, 15)):
    image = np.zeros((1, height, width), np.uint8)
    image[0, at[0] - 1 : at[0] + 2, at[1] - 1 : at[1] + 2] = 255
    return image


def centre_of(image):
    rows, columns = np.indices(image.shape)
    return np.array([(rows * image).sum(), (columns * image).sum()]) / image.sum()
