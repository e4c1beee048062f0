"""Checks that the scores of a study are comparable to those of a new call."""

from sklearn.frozen import FrozenEstimator

from .._core.identity import NOT_COMPARED, describe
from .._core.warnings import warn_user

IDENTITY = "skdigits"  # attribute of a study: the texts of all that scores depend on


def _identity(objective, scoring, vague):
    """Return the texts of all that scores depend on, except a trial's parameters."""
    estimator = {
        name: describe(_without_params(value), vague)
        for name, value in objective.estimator.get_params().items()
        if name.rpartition("__")[2] not in NOT_COMPARED
    }
    return {
        "data": describe(objective.X) + describe(objective.y),
        "folds": describe(objective.splits_),
        "scoring": describe(scoring, vague),
        "max_epochs": objective.max_epochs_,
        "estimator": describe(type(objective.estimator), vague),
        "parameters of the estimator": estimator,
        "params": {
            name: describe(value, vague) for name, value in objective.params.items()
        },
    }


def _without_params(value):
    """Return only the class of an estimator, whose parameters are compared by name."""
    if isinstance(value, (list, tuple)):
        return [*map(_without_params, value)]
    is_estimator = hasattr(value, "get_params") and not isinstance(value, type)
    return type(value) if is_estimator and type(value) is not FrozenEstimator else value


def check_study(study, objective, scoring, is_stored):
    """Raise a ValueError if a study's trials are not comparable to those to come."""
    if [direction.name for direction in study.directions] != ["MAXIMIZE"]:
        raise ValueError(
            f"The study {study.study_name!r} must maximise one score. Make it with "
            "optuna.create_study(direction='maximize'), or choose another study_name."
        )
    vague = []
    identity = _identity(objective, scoring, vague)
    found = study.user_attrs.get(IDENTITY)
    if found is None:
        if any(trial.state.name == "COMPLETE" for trial in study.trials):
            raise ValueError(
                f"The study {study.study_name!r} has trials that tune did not score. "
                "Choose another study_name; study.enqueue_trial there has tune score "
                "their parameters."
            )
        study.set_user_attr(IDENTITY, identity)
    different = [] if found is None else _differences(found, identity)
    has_random_folds = is_stored and (describe(objective._split()) != identity["folds"])
    advice = (
        "cv draws other folds in each call: give it a random_state, for a study that "
        "can be continued."
    )
    if different:
        raise ValueError(
            f"The study {study.study_name!r} was made with other "
            f"{', '.join(different)}: its scores are not comparable. "
            + (f"{advice} " if has_random_folds else "")
            + "Choose another study_name, or pass what the study was made with."
        )
    if has_random_folds:
        warn_user(advice)
    if vague and is_stored:
        warn_user(
            f"The study recognises {', '.join(sorted(set(vague)))} only by the name: a "
            "later call does not notice that it was changed. Use functions of a module."
        )


def _differences(found, identity):
    different = []
    for key, value in identity.items():
        other = found.get(key)
        if isinstance(value, dict) and isinstance(other, dict):
            names = sorted({*value, *other})
            names = [name for name in names if value.get(name) != other.get(name)]
            different += [f"{key} ({', '.join(names)})"] if names else []
        elif other != value:
            different.append(key)
    return different
