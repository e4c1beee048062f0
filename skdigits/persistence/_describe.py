"""Takes fitted estimators apart: into what JSON has, and arrays.

skops was weighed: it keeps any estimator, by the names of classes and functions, which
its reader then has to trust. A file of ours names five classes and no function.
"""

import dataclasses

from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._augmenter import ImageAugmenter
from .._classifier import CNNClassifier
from .._core.sklearn_compat import get_output
from .._engine.parameters import NETWORK_PARAMETERS
from .._normalizer import DigitNormalizer
from ._values import write_classes, write_history, write_parameters


def take_apart(estimator):
    """Take a fitted estimator apart.

    Parameters
    ----------
    estimator : CNNClassifier, ImageAugmenter, DigitNormalizer, Pipeline or \
            VotingClassifier

    Returns
    -------
    data : dict
        As JSON has it; see the functions below.
    arrays : dict of str to ndarray

    Raises
    ------
    TypeError
        If it is, or holds, an estimator of another class.
    ValueError
        If it has a parameter, a label or a history that no file can hold.
    sklearn.exceptions.NotFittedError
    """
    arrays = {}
    return _estimator(estimator, "", arrays), arrays


def inside(location, name):
    """Give the location in a file of a step, or of an array of a step."""
    return f"{location}/{name}" if location else name


def _estimator(estimator, location, arrays):
    # Exactly these classes: a subclass may have more than a file would hold.
    if type(estimator) is Pipeline:
        return _pipeline(estimator, location, arrays)
    if type(estimator) is VotingClassifier:
        return _ensemble(estimator, location, arrays)
    if type(estimator) not in (CNNClassifier, ImageAugmenter, DigitNormalizer):
        where = f" in step {location!r}" if location else ""
        raise TypeError(
            "Only CNNClassifier, ImageAugmenter, DigitNormalizer, and Pipelines and "
            "VotingClassifiers of them can be saved. Got "
            f"{type(estimator).__name__}{where}. "
            "joblib.dump saves any estimator, in files that may run code when they are "
            "loaded."
        )
    check_is_fitted(estimator)
    if isinstance(estimator, DigitNormalizer):
        return _normalizer(estimator)
    data = {"class": type(estimator).__name__, **_images(estimator)}
    if isinstance(estimator, ImageAugmenter):
        return data | {"output": get_output(estimator)}
    return data | _classifier(estimator, location, arrays)


def _normalizer(normalizer):
    return {
        "class": "DigitNormalizer",
        "parameters": write_parameters(normalizer.get_params(deep=False)),
        "n_features": getattr(normalizer, "n_features_in_", None),
        "feature_names": _feature_names(normalizer),
        "output": get_output(normalizer),
    }


def _images(estimator):
    return {
        "parameters": write_parameters(estimator.get_params(deep=False)),
        "image_shape": [*estimator.image_shape_],
        "feature_names": _feature_names(estimator),
    }


def _feature_names(estimator):
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else names.tolist()


def _classifier(classifier, location, arrays):
    network = classifier._network
    named = network.to_arrays()
    arrays |= {inside(location, name): array for name, array in named.items()}
    of_network = {p: getattr(network.spec, p) for p in NETWORK_PARAMETERS}
    return {
        "classes": write_classes(classifier.classes_),
        "history": write_history(classifier.history_),
        "n_iter": classifier.n_iter_,
        "seed": int(network.seed),
        "pixels": dataclasses.asdict(network.pixels),
        "network": write_parameters(of_network),
        "trained_with": dict(classifier.trained_with_),
        "arrays": {
            "network": len(network.state.network),
            "optimizer": len(network.state.optimizer),
        },
    }


def _pipeline(pipeline, location, arrays):
    return {
        "class": "Pipeline",
        "steps": [
            [name, step]
            if step in (None, "passthrough")
            else [name, _estimator(step, inside(location, name), arrays)]
            for name, step in pipeline.steps
        ],
        "transform_input": pipeline.transform_input,
        "verbose": bool(pipeline.verbose),
    }


def _ensemble(ensemble, location, arrays):
    check_is_fitted(ensemble)
    fitted = iter(ensemble.estimators_)
    weights = ensemble.weights
    return {
        "class": "VotingClassifier",
        "estimators": [
            [name, "drop"]
            if member == "drop"
            else [name, _estimator(next(fitted), inside(location, name), arrays)]
            for name, member in ensemble.estimators
        ],
        "classes": write_classes(ensemble.classes_),
        "weights": None if weights is None else [float(weight) for weight in weights],
        "voting": ensemble.voting,
        "flatten_transform": bool(ensemble.flatten_transform),
        "verbose": bool(ensemble.verbose),
    }
