"""Rebuilds estimators from JSON and arrays that nobody vouches for.

First the JSON is checked and turned into estimators; then it is known how large the
arrays may be, and these are read.
"""

import dataclasses
import math

import numpy as np

from .._augmenter import ImageAugmenter
from .._classifier import CNNClassifier
from .._core.container import DamagedFileError
from .._core.sklearn_compat import OUTPUTS, set_output
from .._engine.parameters import NETWORK_PARAMETERS
from .._engine.trained import (
    NetworkSpec,
    PixelStatistics,
    TrainedNetwork,
)
from .._normalizer import DigitNormalizer
from ._compose import read_ensemble, read_pipeline
from ._describe import inside
from ._values import (
    is_a,
    is_list,
    need,
    read_classes,
    read_history,
    read_parameters,
    read_settings,
)

MAX_DEPTH = 5  # Pipelines and ensembles in each other
MAX_PIXELS = 2**20  # in an image, for an architecture that we do not know
# What an optimizer keeps for each weight, and the weight, are four arrays at most.
ARRAYS_PER_WEIGHT = 4
BYTES_PER_VALUE = 8
BYTES_PER_NAME = 256  # that name and describe an array

IMAGES = {"class", "parameters", "image_shape", "feature_names"}
LEARNED = {
    "arrays",
    "classes",
    "history",
    "n_iter",
    "network",
    "pixels",
    "seed",
    "trained_with",
}
NORMALIZER = {"class", "parameters", "n_features", "feature_names", "output"}


@dataclasses.dataclass
class _Unfinished:
    """A classifier whose arrays have not been read.

    Parameters
    ----------
    classifier : CNNClassifier
    network : TrainedNetwork
        Without its state.
    location : str
        Where the arrays are in the file.
    shapes : dict of str to tuple of int or None
        Shapes by the names of `TrainedNetwork.to_arrays`; None where any will do.
    """

    classifier: CNNClassifier
    network: TrainedNetwork
    location: str
    shapes: dict


class Loader:
    """Makes estimators of what `take_apart` gave, or raises.

    Parameters
    ----------
    architectures : dict of str to callable
        The user's, by the names that the file has.

    Attributes
    ----------
    limit : int or None
        Bytes that all arrays may take; None where an architecture is not ours.
    """

    def __init__(self, architectures):
        self.architectures = architectures
        self.limit = BYTES_PER_NAME
        self._unfinished = []

    def estimator(self, data, location="", depth=0):
        """Make an estimator, which lacks its arrays yet.

        Parameters
        ----------
        data : object
        location : str
            In the file.
        depth : int
            Number of Pipelines and ensembles around it.

        Returns
        -------
        CNNClassifier, ImageAugmenter, DigitNormalizer, Pipeline or VotingClassifier
        """

        def make_member(data, name):
            return self.estimator(data, inside(location, name), depth + 1)

        match data:
            case {"class": "CNNClassifier"}:
                return self._classifier(data, location)
            case {"class": "ImageAugmenter"}:
                return self._augmenter(data)
            case {"class": "DigitNormalizer"}:
                return self._normalizer(data)
            case {"class": "Pipeline"}:
                need(depth < MAX_DEPTH, "its Pipelines stand too deep in each other")
                return read_pipeline(data, make_member)
            case {"class": "VotingClassifier"}:
                need(depth < MAX_DEPTH, "its ensembles stand too deep in each other")
                return read_ensemble(data, make_member)
        raise DamagedFileError("it names no class of those that are saved")

    def give_arrays(self, arrays):
        """Give the estimators their arrays, each of which must belong to one.

        Parameters
        ----------
        arrays : dict of str to ndarray

        Returns
        -------
        list of CNNClassifier
            Those that have a network now.
        """
        expected = {}
        for each in self._unfinished:
            for name, shape in each.shapes.items():
                expected[inside(each.location, name)] = shape
        need(arrays.keys() == expected.keys(), "its arrays are not those that it names")
        for name, shape in expected.items():
            need(
                shape in (None, arrays[name].shape),
                f"{name} must be of shape {shape}. It is {arrays[name].shape}",
            )
        for each in self._unfinished:
            each.classifier._network = TrainedNetwork.from_arrays(
                {name: arrays[inside(each.location, name)] for name in each.shapes},
                spec=each.network.spec,
                pixels=each.network.pixels,
                seed=each.network.seed,
            )
        return [each.classifier for each in self._unfinished]

    def _augmenter(self, data):
        need(data.keys() == IMAGES | {"output"}, "it has other entries than we write")
        augmenter = self._images(ImageAugmenter, data)
        _set_output(augmenter, data["output"])
        return augmenter

    def _normalizer(self, data):
        need(data.keys() == NORMALIZER, "it has other entries than we write")
        normalizer = self._make(DigitNormalizer, data["parameters"])
        shape, n_features = normalizer.output_shape, data["n_features"]
        need(
            is_list([*shape], int, 2)
            and min(shape) > 0
            and math.prod(shape) <= MAX_PIXELS,
            f"output_shape must be two positive integers, of {MAX_PIXELS:,} pixels "
            "at most",
        )
        need(
            (normalizer.box_size or 0) <= min(shape),
            "box_size must fit into output_shape",
        )
        if n_features is None:
            need(data["feature_names"] is None, "feature_names must have n_features")
        else:
            need(
                is_a(n_features, int) and n_features > 0, "n_features must be a number"
            )
            normalizer.n_features_in_ = n_features
            _set_feature_names(normalizer, data["feature_names"])
        _set_output(normalizer, data["output"])
        return normalizer

    def _images(self, cls, data):
        estimator = self._make(cls, data["parameters"])
        shape = data["image_shape"]
        need(
            is_list(shape, int, 3) and min(shape) > 0,
            "image_shape must be three positive integers",
        )
        estimator.image_shape_ = tuple(shape)
        estimator.n_features_in_ = math.prod(shape)
        _set_feature_names(estimator, data["feature_names"])
        return estimator

    def _classifier(self, data, location):
        need(data.keys() == IMAGES | LEARNED, "it has other entries than we write")
        n_iter, seed = data["n_iter"], data["seed"]
        need(is_a(n_iter, int) and n_iter >= 0, "n_iter must be a number of epochs")
        need(is_a(seed, int) and 0 <= seed < 2**31, "seed must be in [0, 2**31)")
        classifier = self._images(CNNClassifier, data)
        classifier.n_iter_ = n_iter
        classifier.classes_ = read_classes(data["classes"])
        classifier.history_ = read_history(data["history"], n_iter)
        classifier.trained_with_ = read_settings(data["trained_with"])
        network = TrainedNetwork(
            self._spec(data["network"], classifier),
            state=None,
            pixels=_read_pixels(data["pixels"]),
            seed=seed,
        )
        shapes = self._shapes(network.spec, data["arrays"], location)
        self._unfinished.append(_Unfinished(classifier, network, location, shapes))
        return classifier

    def _spec(self, data, classifier):
        need(
            isinstance(data, dict) and data.keys() == set(NETWORK_PARAMETERS),
            "network has other entries than we write",
        )
        as_fitted = self._make(CNNClassifier, data)
        return NetworkSpec.of(
            as_fitted.get_params(deep=False),
            classifier.image_shape_,
            len(classifier.classes_),
        ).for_one_fit()

    def _shapes(self, spec, counts, location):
        """Say which arrays a network needs, and add what they may take to the limit."""
        match counts:
            case {"network": int(n_network), "optimizer": int(n_optimizer), **rest}:
                need(not rest, "arrays has other entries than we write")
            case _:
                raise DamagedFileError("arrays must count what a network keeps")
        n_shown = n_network + n_optimizer
        if callable(spec.architecture):
            need(n_shown <= 10_000, "it names more arrays than a network keeps")
            need(
                math.prod(spec.image_shape) <= MAX_PIXELS,
                f"its images have more than {MAX_PIXELS:,} pixels",
            )
            shapes, self.limit = [None] * n_network, None
        else:
            shapes = spec.layer_plan().variable_shapes
            most = ARRAYS_PER_WEIGHT * (len(shapes) + 1)
            need(
                n_network == len(shapes) and n_shown <= most,
                "it names other arrays than its network keeps",
            )
            if self.limit is not None:
                values = sum(map(math.prod, shapes))
                self.limit += ARRAYS_PER_WEIGHT * BYTES_PER_VALUE * values
                self.limit += most * (BYTES_PER_NAME + 6 * len(location))
        return {
            **{f"network/{i}": shape for i, shape in enumerate(shapes)},
            **{f"optimizer/{i}": None for i in range(n_optimizer)},
        }

    def _make(self, cls, data):
        """Make an estimator with checked parameters."""
        params = read_parameters(data, self.architectures)
        try:
            estimator = cls(**params)
            estimator._validate_params()
        except (TypeError, ValueError, OverflowError) as exc:
            raise DamagedFileError(str(exc)) from exc
        return estimator


def _read_pixels(data):
    names = [field.name for field in dataclasses.fields(PixelStatistics)]
    need(
        isinstance(data, dict)
        and data.keys() == set(names)
        and is_list([*data.values()], float, len(names))
        and all(abs(number) < 1e300 for number in data.values())
        and data["std"] > 0,
        f"pixels must have a finite {', '.join(names)}, and std must be positive",
    )
    return PixelStatistics(**{name: float(number) for name, number in data.items()})


def _set_feature_names(estimator, names):
    if names is None:
        return
    need(
        is_list(names, str, estimator.n_features_in_),
        "feature_names must be a string for each pixel",
    )
    estimator.feature_names_in_ = np.array(names, dtype=object)


def _set_output(transformer, output):
    need(output in (None, *OUTPUTS), f"output must be one of {OUTPUTS}")
    set_output(transformer, output)
