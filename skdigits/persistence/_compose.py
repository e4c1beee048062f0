"""Rebuilds what is made of other estimators: Pipelines and ensembles."""

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import Bunch

from .._core.container import DamagedFileError
from .._core.sklearn_compat import check_ensemble, check_pipeline
from ._values import is_a, is_list, need, read_classes

PIPELINE = {"class", "steps", "transform_input", "verbose"}
ENSEMBLE = {
    "class",
    "classes",
    "estimators",
    "flatten_transform",
    "verbose",
    "voting",
    "weights",
}


def read_pipeline(data, make_member):
    """Make a Pipeline.

    Parameters
    ----------
    data : dict
    make_member : callable
        Makes an estimator of its data and its name.

    Returns
    -------
    Pipeline
    """
    need(data.keys() == PIPELINE, "it has other entries than we write")
    inputs, steps = data["transform_input"], data["steps"]
    need(is_a(data["verbose"], bool), "verbose must be true or false")
    need(inputs is None or is_list(inputs, str), "transform_input must be names")
    need(
        is_list(steps, list)
        and all(is_list(step, object, 2) and is_a(step[0], str) for step in steps),
        "steps must be pairs of a name and an estimator",
    )
    made = [
        (name, step)
        if step in (None, "passthrough")
        else (name, make_member(step, name))
        for name, step in steps
    ]
    pipeline = Pipeline(made, transform_input=inputs, verbose=data["verbose"])
    try:
        check_pipeline(pipeline)
    except (TypeError, ValueError) as exc:
        raise DamagedFileError(f"its steps make no Pipeline: {exc}") from exc
    return pipeline


def read_ensemble(data, make_member):
    """Make a fitted VotingClassifier.

    Parameters
    ----------
    data : dict
    make_member : callable
        Makes an estimator of its data and its name.

    Returns
    -------
    VotingClassifier
    """
    need(data.keys() == ENSEMBLE, "it has other entries than we write")
    weights, members = data["weights"], data["estimators"]
    for name in ("flatten_transform", "verbose"):
        need(is_a(data[name], bool), f"{name} must be true or false")
    need(
        is_list(members, list)
        and all(is_list(member, object, 2) for member in members)
        and all(is_a(name, str) for name, _ in members),
        "estimators must be pairs of a name and an estimator",
    )
    need(
        weights is None
        or (
            is_list(weights, float, len(members))
            and all(0 <= weight < 1e300 for weight in weights)
            and any(
                weight > 0 and member != "drop"
                for weight, (_, member) in zip(weights, members, strict=True)
            )
        ),
        "weights must be a number for each estimator, and not all 0",
    )
    fitted = {
        name: each if each == "drop" else make_member(each, name)
        for name, each in members
    }
    need(len(fitted) == len(members), "its estimators must have different names")
    ensemble = VotingClassifier(
        [
            (name, member if member == "drop" else clone(member))
            for name, member in fitted.items()
        ],
        voting=data["voting"],
        weights=weights,
        flatten_transform=data["flatten_transform"],
        verbose=data["verbose"],
    )
    try:
        check_ensemble(ensemble)
    except (TypeError, ValueError, AttributeError) as exc:
        raise DamagedFileError(f"its estimators make no ensemble: {exc}") from exc
    ensemble.classes_ = read_classes(data["classes"])
    ensemble.le_ = LabelEncoder()
    ensemble.le_.classes_ = ensemble.classes_
    ensemble.named_estimators_ = Bunch(**fitted)
    ensemble.estimators_ = [m for m in fitted.values() if m != "drop"]
    numbers = np.arange(len(ensemble.classes_))
    for member in ensemble.estimators_:
        need(
            np.array_equal(member.classes_, numbers),
            "its estimators must have numbered classes, as many as it has",
        )
        if hasattr(member, "feature_names_in_"):
            ensemble.feature_names_in_ = member.feature_names_in_
    return ensemble
