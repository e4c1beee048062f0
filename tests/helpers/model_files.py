"""A small Pipeline for the tests of model files."""

from sklearn.pipeline import Pipeline

from helpers.classifiers import smaller as small
from skdigits import ImageAugmenter


def pipeline(**params):
    steps = [("augment", ImageAugmenter(rotation=5)), ("cnn", small(**params))]
    return Pipeline(steps)
