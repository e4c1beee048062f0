"""Model files, for the tests that save and load them."""

from sklearn.pipeline import Pipeline

from helpers.classifiers import smaller as small
from skdigits import ImageAugmenter

KIND = "skdigits model 3"


def pipeline(**params):
    steps = [("augment", ImageAugmenter(rotation=5)), ("cnn", small(**params))]
    return Pipeline(steps)
