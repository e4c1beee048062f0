"""Fitted estimators as JSON and arrays."""

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ._augmenter import ImageAugmenter
from ._classifier import CNNClassifier
from ._network_state import OF_PARAMETERS
from ._saved_values import write_classes, write_history, write_parameters
from ._sklearn import get_output


def describe(estimator):
    """Take a fitted estimator apart.

    Parameters
    ----------
    estimator : CNNClassifier, ImageAugmenter or Pipeline

    Returns
    -------
    data : dict
        Of what JSON has; see the functions below.
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
    return _describe(estimator, "", arrays), arrays


def inside(place, name):
    """Name the place of a step, and of its arrays, in a file."""
    return f"{place}/{name}" if place else name


def _describe(estimator, place, arrays):
    if type(estimator) is Pipeline:
        return _pipeline(estimator, place, arrays)
    if type(estimator) not in (CNNClassifier, ImageAugmenter):
        raise TypeError(
            "Only CNNClassifier, ImageAugmenter and Pipelines of them can be saved. "
            f"Got {type(estimator).__name__}{place and f' in step {place!r}'}. "
            "joblib.dump saves any estimator, in files that may run code when they are "
            "loaded."
        )
    check_is_fitted(estimator)
    data = {"class": type(estimator).__name__, **_images(estimator)}
    if isinstance(estimator, ImageAugmenter):
        return data | {"output": get_output(estimator)}
    return data | _network(estimator, place, arrays)


def _images(estimator):
    names = getattr(estimator, "feature_names_in_", None)
    return {
        "parameters": write_parameters(estimator.get_params(deep=False)),
        "image_shape": [*estimator.image_shape_],
        "feature_names": None if names is None else names.tolist(),
    }


def _network(classifier, place, arrays):
    spec = classifier._spec
    counts = {}
    for kind, values in vars(classifier._state).items():
        counts[kind] = len(values)
        prefix = inside(place, kind)
        arrays |= {f"{prefix}/{i}": array for i, array in enumerate(values)}
    return {
        "classes": write_classes(classifier.classes_),
        "history": write_history(classifier.history_),
        "n_iter": classifier.n_iter_,
        "seed": int(classifier._seed),
        "scale": [*classifier._scale],
        "network": write_parameters({p: getattr(spec, p) for p in OF_PARAMETERS}),
        "trained_with": dict(classifier.trained_with_),
        "arrays": counts,
    }


def _pipeline(pipeline, place, arrays):
    return {
        "class": "Pipeline",
        "steps": [
            [name, step]
            if step in (None, "passthrough")
            else [name, _describe(step, inside(place, name), arrays)]
            for name, step in pipeline.steps
        ],
        "transform_input": pipeline.transform_input,
        "verbose": bool(pipeline.verbose),
    }
