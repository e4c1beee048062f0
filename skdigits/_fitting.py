"""A fit of a `CNNClassifier`, from what the user gave to what it has learned."""

from sklearn.utils import check_random_state

from ._checkpoint import Checkpoint, fit_identity
from ._network_state import NetworkSpec
from ._sklearn import FitTasks
from ._training_data import check_training_data

# `_training` loads TensorFlow, which takes seconds: not before the data is checked.


def fit(classifier, X, y, sample_weight, *, reset, one_epoch=False):
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

    Returns
    -------
    classifier : CNNClassifier
    """
    if reset:  # should this fit fail, the classifier counts as not fitted
        vars(classifier).pop("_state", None)
    data, classifier.classes_ = check_training_data(
        classifier,
        X,
        y,
        sample_weight,
        image_shape=classifier.image_shape if reset else classifier.image_shape_,
        classes=classifier.classes_ if one_epoch or not reset else None,
        reset=reset,
    )
    spec = NetworkSpec.of(classifier, classifier.image_shape_, len(classifier.classes_))
    if reset:
        random_state = check_random_state(classifier.random_state)
        classifier._seed = random_state.randint(2**31 - 1)
        classifier._spec = spec.for_one_fit()
        classifier.n_iter_, classifier.history_ = 0, {}
    else:
        classifier._spec.check_same_network(spec)
    checkpoint = tasks = held_out = None
    if classifier.checkpoint is not None and not one_epoch:
        identity = fit_identity(classifier, data)
        checkpoint = Checkpoint(classifier.checkpoint, identity)
        if checkpoint.found is not None:
            classifier._seed = checkpoint.found.seed
    if classifier.validation_fraction is not None and not one_epoch:
        data, held_out = data.split(
            classifier.validation_fraction, classifier.classes_, classifier._seed
        )
    if reset:
        classifier._scale = data.statistics()
    if not one_epoch:
        tasks = FitTasks(classifier, X, y, sample_weight, classifier.epochs)
    from ._training import train

    classifier._state, classifier.history_, classifier.callbacks_ = train(
        classifier,
        data,
        held_out,
        one_epoch=one_epoch,
        tasks=tasks,
        checkpoint=checkpoint,
    )
    vars(classifier).pop("_model", None)
    classifier.n_iter_ = len(classifier.history_["loss"])
    if tasks is not None:
        tasks.end()
    return classifier
