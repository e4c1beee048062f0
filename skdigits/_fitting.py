"""A fit of a `CNNClassifier`, from what the user gave to what it has learned.

A fit works on a copy of the classifier and gives it what was learned at the very end,
in one step. Until then, and if the fit fails or is interrupted, the classifier is what
it was: it predicts in other threads, and can be copied and pickled.
"""

import copy

from sklearn.utils import check_random_state

from ._checkpoint import Checkpoint, fit_identity
from ._network_state import NetworkSpec
from ._sklearn import FitTasks, check_partial_fit_first_call
from ._training_data import check_training_data

# `_training` loads TensorFlow, which takes seconds: not before the data is checked.

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
    "_scale",
    "_seed",
    "_spec",
    "_state",
)


def fit(classifier, X, y, sample_weight, *, reset, one_epoch=False, classes=None):
    """Train a classifier.

    Parameters
    ----------
    classifier : CNNClassifier
        Gets the attributes of a fitted one.
    X, y, sample_weight : array-like
        As given by the user.
    reset : bool
        Whether this is a new start.
    one_epoch : bool, default=False
        For ``partial_fit``: neither schedule, validation nor checkpoint.
    classes : array-like of shape (n_classes,), default=None
        As given to ``partial_fit``.

    Returns
    -------
    classifier : CNNClassifier
    """
    learner = copy.copy(classifier)
    if reset:
        _forget(learner)
    if one_epoch:
        check_partial_fit_first_call(learner, classes)
    data, learner.classes_ = check_training_data(
        learner,
        X,
        y,
        sample_weight,
        image_shape=learner.image_shape if reset else learner.image_shape_,
        classes=learner.classes_ if one_epoch or not reset else None,
        reset=reset,
        epochs=1 if one_epoch else learner.epochs,
    )
    spec = NetworkSpec.of(learner, learner.image_shape_, len(learner.classes_))
    if reset:
        random_state = check_random_state(learner.random_state)
        learner._seed = random_state.randint(2**31 - 1)
        learner._spec = spec.for_one_fit()
        learner.n_iter_, learner.history_ = 0, {}
    else:
        learner._spec.check_same_network(spec)
    checkpoint = tasks = held_out = None
    if learner.checkpoint is not None and not one_epoch:
        checkpoint = Checkpoint(learner.checkpoint, fit_identity(learner, data))
        if checkpoint.found is not None:
            learner._seed = checkpoint.found.seed
    if learner.validation_fraction is not None and not one_epoch:
        data, held_out = data.split(
            learner.validation_fraction, learner.classes_, learner._seed
        )
    if reset:
        learner._scale = data.statistics()
    if not one_epoch:
        tasks = FitTasks(classifier, learner, X, y, sample_weight, learner.epochs)
    from ._training import train

    learned = train(
        learner,
        data,
        held_out,
        one_epoch=one_epoch,
        tasks=tasks,
        checkpoint=checkpoint,
    )
    vars(learner).update(learned)
    if tasks is not None:
        tasks.end()
    _hand_over(learner, classifier)
    return classifier


def _forget(classifier):
    """Make a classifier one that has never been fitted."""
    for name in LEARNED:
        vars(classifier).pop(name, None)


def _hand_over(learner, classifier):
    """Replace all that a classifier had learned, in one step."""
    of_fit = {name: vars(learner)[name] for name in LEARNED if name in vars(learner)}
    others = {k: v for k, v in vars(classifier).items() if k not in LEARNED}
    classifier.__dict__ = others | of_fit
