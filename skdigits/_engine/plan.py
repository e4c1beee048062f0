"""The plan of a fit: all that ``fit`` or ``partial_fit`` is to do, read off once.

Whoever trains reads the plan and never the classifier, so what ``partial_fit`` does
otherwise (one epoch, a constant rate, no validation, no checkpoint) stands here alone.
"""

import copy
import dataclasses
import os

import numpy as np

from .._core.sklearn_compat import check_partial_fit_first_call
from .trained import TrainedNetwork

# Every attribute of a fitted classifier, in the order in which they are assigned.
# `_network` is last: a classifier that has it is fitted.
LEARNED = (
    "callbacks_",
    "classes_",
    "feature_names_in_",
    "history_",
    "image_shape_",
    "n_features_in_",
    "n_iter_",
    "trained_with_",
    "_model",
    "_network",
)


@dataclasses.dataclass(frozen=True)
class TrainingPlan:
    """What one call of ``fit`` or ``partial_fit`` is to do.

    Parameters
    ----------
    network : TrainedNetwork or None
        To go on from; None for a new start.
    epochs_before : int
        Epochs that `network` was trained for.
    history : dict of lists of float
        History of these epochs.
    classes : ndarray of shape (n_classes,) or None
        None means those that occur in the labels.
    image_shape : tuple of 2 or 3 ints, or None
    epochs : int
        Epochs to train now.
    batch_size : int
    learning_rate : float
    schedule : str
    early_stopping : bool
    n_iter_no_change : int
    validation_fraction : float or None
    class_weight : dict, "balanced" or None
    callbacks : list of keras.callbacks.Callback, or None
        As the user gave them.
    checkpoint : path-like or None
    tells_callbacks : bool
        Whether scikit-learn's callbacks are told of the fit.
    verbose : int
    """

    network: TrainedNetwork | None
    epochs_before: int
    history: dict
    classes: np.ndarray | None
    image_shape: tuple | None
    epochs: int
    batch_size: int
    learning_rate: float
    schedule: str
    early_stopping: bool
    n_iter_no_change: int
    validation_fraction: float | None
    class_weight: dict | str | None
    callbacks: list | tuple | None
    checkpoint: str | os.PathLike | None
    tells_callbacks: bool
    verbose: int

    @classmethod
    def for_fit(cls, classifier, y):
        """Plan a ``fit``, which goes on from the one before if it is a warm start.

        Raises
        ------
        ValueError
            If a warm start gets other classes.
        """
        is_warm = classifier.warm_start and classifier.__sklearn_is_fitted__()
        if is_warm:
            classes = np.unique(y)
            if not np.array_equal(classes, classifier.classes_):
                raise ValueError(
                    "warm_start=True needs the classes of the fit before: "
                    f"{classifier.classes_}. Got {classes} instead."
                )
        return cls(
            **_start(classifier, is_warm),
            **_parameters(
                classifier,
                "epochs",
                "schedule",
                "early_stopping",
                "validation_fraction",
                "checkpoint",
            ),
            tells_callbacks=True,
        )

    @classmethod
    def for_partial_fit(cls, classifier, classes):
        """Plan a ``partial_fit``: one epoch at the full rate, without validation.

        Raises
        ------
        ValueError
            If the first call gets no classes, or a later one others.
        """
        is_fitted = classifier.__sklearn_is_fitted__()
        # scikit-learn's check sets `classes_`, and a call that fails must not.
        checked = copy.copy(classifier)
        if not is_fitted:
            forget(checked)
        classes = None if classes is None else np.asarray(classes)
        check_partial_fit_first_call(checked, classes)
        start = _start(classifier, is_fitted)
        return cls(
            **{**start, "classes": checked.classes_},
            epochs=1,
            schedule="constant",
            early_stopping=False,
            validation_fraction=None,
            checkpoint=None,
            tells_callbacks=False,
        )


def _start(classifier, goes_on):
    """Say where to start from, and what ``fit`` and ``partial_fit`` both read."""
    both = _parameters(
        classifier,
        "batch_size",
        "learning_rate",
        "n_iter_no_change",
        "class_weight",
        "callbacks",
        "verbose",
    )
    if not goes_on:
        return both | {
            "network": None,
            "epochs_before": 0,
            "history": {},
            "classes": None,
            "image_shape": classifier.image_shape,
        }
    return both | {
        "network": classifier._network,
        "epochs_before": classifier.n_iter_,
        "history": classifier.history_,
        "classes": classifier.classes_,
        "image_shape": classifier.image_shape_,
    }


def _parameters(classifier, *names):
    return {name: getattr(classifier, name) for name in names}


def forget(classifier):
    """Make a classifier one that has never been fitted."""
    for name in LEARNED:
        vars(classifier).pop(name, None)


def hand_over(learner, classifier):
    """Give a classifier all that another has learned, in one step.

    An interrupt before or after this assignment leaves all of the old or all of the
    new, and a prediction in another thread finds one of the two.
    """
    of_fit = {name: vars(learner)[name] for name in LEARNED if name in vars(learner)}
    others = {k: v for k, v in vars(classifier).items() if k not in LEARNED}
    classifier.__dict__ = others | of_fit
