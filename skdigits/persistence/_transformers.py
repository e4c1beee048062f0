"""Fields of `ImageAugmenter` and `DigitNormalizer` in a model file."""

import math

import numpy as np

from .._core.sklearn_compat import OUTPUTS, get_output, set_output
from ._fields import (
    MAX_PIXELS,
    Field,
    is_a,
    is_list,
    read_parameters,
    require,
    write_parameters,
)


def _read_parameters(estimator, data, reader):
    read_parameters(estimator, data, reader.architectures)


def _read_image_shape(estimator, data, reader):
    require(
        is_list(data, int, 3) and min(data) > 0,
        "image_shape must be three positive integers",
    )
    estimator.image_shape_ = tuple(data)
    estimator.n_features_in_ = math.prod(data)


def _write_feature_names(estimator):
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else names.tolist()


def _read_feature_names(estimator, data, reader):
    if data is None:
        return
    require(
        is_list(data, str, getattr(estimator, "n_features_in_", -1)),
        "feature_names must be a string for each feature",
    )
    estimator.feature_names_in_ = np.array(data, dtype=object)


def _read_output(transformer, data, reader):
    require(data in (None, *OUTPUTS), f"output must be one of {OUTPUTS}")
    set_output(transformer, data)


PARAMETERS = Field(
    lambda e: write_parameters(e.get_params(deep=False)), _read_parameters
)
FEATURE_NAMES = Field(_write_feature_names, _read_feature_names)
OUTPUT = Field(get_output, _read_output)
IMAGES = {
    "parameters": PARAMETERS,
    "image_shape": Field(lambda e: [*e.image_shape_], _read_image_shape),
    "feature_names": FEATURE_NAMES,
}
AUGMENTER = {**IMAGES, "output": OUTPUT}


def _read_normalizer_parameters(normalizer, data, reader):
    shape = read_parameters(normalizer, data, reader.architectures).output_shape
    require(
        is_list([*shape], int, 2) and min(shape) > 0 and math.prod(shape) <= MAX_PIXELS,
        f"output_shape must be two positive integers, of at most {MAX_PIXELS:,} pixels",
    )
    require(
        (normalizer.box_size or 0) <= min(shape), "box_size must fit into output_shape"
    )


def _read_n_features(normalizer, data, reader):
    if data is None:
        return
    require(is_a(data, int) and data > 0, "n_features must be a positive integer")
    normalizer.n_features_in_ = data


NORMALIZER = {
    "parameters": Field(PARAMETERS.write, _read_normalizer_parameters),
    "n_features": Field(lambda n: getattr(n, "n_features_in_", None), _read_n_features),
    "feature_names": FEATURE_NAMES,
    "output": OUTPUT,
}
