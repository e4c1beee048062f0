"""JSON of estimators: a table of fields for each class, which both save and load read.

skops stores any estimator, but by the names of classes and functions, which its reader
must trust. These files name five classes and no function.
"""

import dataclasses
from urllib.parse import quote

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import Bunch
from sklearn.utils.validation import check_is_fitted

from .._augmenter import ImageAugmenter
from .._classifier import CNNClassifier
from .._core.safetensors_file import DamagedFileError
from .._core.sklearn_compat import check_ensemble, check_pipeline
from .._normalizer import DigitNormalizer
from ._classifier import CLASSIFIER
from ._fields import (
    Field,
    attribute,
    checked,
    flag,
    is_a,
    is_list,
    read_classes,
    require,
    write_classes,
)
from ._transformers import AUGMENTER, NORMALIZER

MAX_DEPTH = 5  # Pipelines and ensembles inside each other


def write_estimator(estimator):
    """Return the JSON of a fitted estimator, whose parts `walk` has checked."""
    cls = type(estimator)
    fields = {key: field.write(estimator) for key, field in FIELDS[cls].items()}
    return {"class": cls.__name__, **fields}


@dataclasses.dataclass(frozen=True)
class EstimatorReader:
    """Reader of the JSON of `write_estimator` in an untrusted file.

    Parameters
    ----------
    architectures : dict of str to callable
        The user's functions, by the names in the file.
    depth : int, default=0
        Number of Pipelines and ensembles around the estimator.
    """

    architectures: dict
    depth: int = 0

    def read(self, data):
        """Return an estimator; its classifiers still lack their arrays."""
        require(isinstance(data, dict), "an estimator must be an object")
        found = [cls for cls in FIELDS if cls.__name__ == data.get("class")]
        require(found, "it has an estimator of an unexpected class")
        (cls,) = found
        fields = FIELDS[cls]
        require(
            data.keys() == {"class", *fields},
            f"{cls.__name__} must have the entries class, {', '.join(fields)}",
        )
        estimator = cls([]) if cls in (Pipeline, VotingClassifier) else cls()
        for key, field in fields.items():
            field.read(estimator, data[key], self)
        return estimator

    def read_members(self, data, plain):
        """Return pairs of a name and an estimator or one of the values `plain`."""
        require(self.depth < MAX_DEPTH, "its estimators are nested too deep")
        require(
            is_list(data, list)
            and all(is_list(pair, object, 2) and is_a(pair[0], str) for pair in data),
            "steps and estimators must be pairs of a name and an estimator",
        )
        inner = dataclasses.replace(self, depth=self.depth + 1)
        return [
            (name, member if member in plain else inner.read(member))
            for name, member in data
        ]


def walk(estimator, prefix=""):
    """Yield a fitted estimator and its parts, with the prefix of their arrays' names.

    Raises
    ------
    TypeError
        If a part is of a class that is not saved.
    sklearn.exceptions.NotFittedError
    """
    # Exactly these classes: a subclass may have attributes that a file would lose.
    if type(estimator) not in FIELDS:
        where = f" in step {prefix[:-1]!r}" if prefix else ""
        raise TypeError(
            "save takes a CNNClassifier, ImageAugmenter or DigitNormalizer, or a "
            "Pipeline or VotingClassifier of them. Got "
            f"{type(estimator).__name__}{where} instead. joblib.dump saves any "
            "estimator, in files that may run code when they are loaded."
        )
    check_is_fitted(estimator)
    yield prefix, estimator
    members = ()
    if isinstance(estimator, Pipeline):
        members = estimator.steps
    elif isinstance(estimator, VotingClassifier):
        members = estimator.named_estimators_.items()
    for name, member in members:
        if member not in (*PLAIN_STEPS, "drop"):
            # Quoted, so that names with a slash cannot make two prefixes equal.
            quoted = quote(name, safe=" ", errors="surrogatepass")
            yield from walk(member, f"{prefix}{quoted}/")


def classifiers_in(estimator):
    """Return all classifiers in an estimator, by the prefix of their arrays' names."""
    parts = walk(estimator)
    return {prefix: p for prefix, p in parts if isinstance(p, CNNClassifier)}


# ---------------------------------------------------------------------------- Pipeline

PLAIN_STEPS = (None, "passthrough")


def _write_steps(pipeline):
    return [
        [name, step if step in PLAIN_STEPS else write_estimator(step)]
        for name, step in pipeline.steps
    ]


def _read_steps(pipeline, data, reader):
    pipeline.steps = reader.read_members(data, PLAIN_STEPS)
    try:
        check_pipeline(pipeline)
    except (TypeError, ValueError) as exc:
        raise DamagedFileError(f"its steps are not a valid Pipeline: {exc}") from exc


_read_transform_input = checked(
    lambda data: data is None or is_list(data, str), "transform_input must be names"
)
PIPELINE = {
    "steps": Field(_write_steps, _read_steps),
    "transform_input": attribute("transform_input", lambda v: v, _read_transform_input),
    "verbose": flag("verbose"),
}

# -------------------------------------------------------------------- VotingClassifier


def _write_members(ensemble):
    return [
        [name, member if member == "drop" else write_estimator(member)]
        for name, member in ensemble.named_estimators_.items()
    ]


def _read_members(ensemble, data, reader):
    """Read the fitted estimators; the unfitted ones are clones of them."""
    members = reader.read_members(data, ("drop",))
    ensemble.named_estimators_ = Bunch()
    ensemble.named_estimators_.update(members)
    require(
        len(ensemble.named_estimators_) == len(members),
        "its estimators must have different names",
    )
    ensemble.estimators = [
        (name, member if member == "drop" else clone(member))
        for name, member in members
    ]
    ensemble.estimators_ = [member for _, member in members if member != "drop"]
    try:
        check_ensemble(ensemble)
    except (TypeError, ValueError, AttributeError) as exc:
        raise DamagedFileError(
            f"its estimators are not a valid ensemble: {exc}"
        ) from exc


def _read_weights(ensemble, data, reader):
    members = ensemble.named_estimators_.values()
    require(
        data is None
        or (
            is_list(data, float, len(members))
            and all(0 <= weight < 1e300 for weight in data)
            and any(
                weight > 0 and member != "drop"
                for weight, member in zip(data, members, strict=True)
            )
        ),
        "weights must be a number for each estimator, and not all 0",
    )
    ensemble.weights = data


def _read_ensemble_classes(ensemble, data, reader):
    ensemble.classes_ = read_classes(data)
    ensemble.le_ = LabelEncoder()
    ensemble.le_.classes_ = ensemble.classes_
    numbers = np.arange(len(ensemble.classes_))
    for member in ensemble.estimators_:
        require(
            np.array_equal(member.classes_, numbers),
            "its estimators must have numbered classes, as many as the ensemble",
        )
        if hasattr(member, "feature_names_in_"):
            ensemble.feature_names_in_ = member.feature_names_in_


_read_voting = checked(lambda v: v in ("hard", "soft"), "voting must be hard or soft")
ENSEMBLE = {
    "voting": attribute("voting", lambda v: v, _read_voting),
    "flatten_transform": flag("flatten_transform"),
    "verbose": flag("verbose"),
    "estimators": Field(_write_members, _read_members),
    "weights": Field(
        lambda e: None if e.weights is None else [float(w) for w in e.weights],
        _read_weights,
    ),
    "classes": Field(lambda e: write_classes(e.classes_), _read_ensemble_classes),
}

FIELDS = {
    CNNClassifier: CLASSIFIER,
    DigitNormalizer: NORMALIZER,
    ImageAugmenter: AUGMENTER,
    Pipeline: PIPELINE,
    VotingClassifier: ENSEMBLE,
}
