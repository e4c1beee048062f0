"""A fit of a `CNNClassifier`, from what the user gave to what it has learned.

A fit works on a copy of the classifier and gives it what was learned at the very end,
in one step. Until then, and if the fit fails or is interrupted, the classifier is what
it was: it predicts in other threads, and can be copied and pickled.
"""

import copy
import dataclasses

from sklearn.utils import check_random_state

from .._core.sklearn_compat import FitTasks
from .checkpoint import Checkpoint, fit_identity
from .data import check_training_data
from .plan import forget, hand_over
from .trained import NetworkSpec, TrainedNetwork


def fit(classifier, plan, X, y, sample_weight):
    """Train a classifier.

    Parameters
    ----------
    classifier : CNNClassifier
        Gets the attributes of a fitted one.
    plan : TrainingPlan
    X, y, sample_weight : array-like
        As given by the user.

    Returns
    -------
    classifier : CNNClassifier
    """
    learner = copy.copy(classifier)
    if plan.network is None:
        forget(learner)
    data, learner.classes_ = check_training_data(learner, plan, X, y, sample_weight)
    spec = NetworkSpec.of(learner, learner.image_shape_, len(learner.classes_))
    if plan.network is None:
        seed = check_random_state(learner.random_state).randint(2**31 - 1)
    else:
        plan.network.spec.check_same_network(spec)
        seed = plan.network.seed

    checkpoint = held_out = tasks = None
    if plan.checkpoint is not None:
        identity = fit_identity(learner, plan, data)
        checkpoint = Checkpoint(plan.checkpoint, identity)
        # A fit without `random_state` has a random seed, which must be the old one.
        if checkpoint.found is not None:
            seed = checkpoint.found.seed
    if plan.validation_fraction is not None:
        data, held_out = data.split(plan.validation_fraction, learner.classes_, seed)
    if plan.network is None:
        network = TrainedNetwork(
            spec.for_one_fit(), state=None, pixels=data.statistics(), seed=seed
        )
    else:
        pixels = plan.network.pixels.extended(*data.range())
        network = dataclasses.replace(plan.network, pixels=pixels, seed=seed)
    if plan.tells_callbacks:
        tasks = FitTasks(classifier, learner, X, y, sample_weight, plan.epochs)

    # It loads TensorFlow, which takes seconds: not before the data is checked.
    from .keras.train import train

    learned = train(plan, network, data, held_out, tasks=tasks, checkpoint=checkpoint)
    vars(learner).update(learned)
    if tasks is not None:
        tasks.end()
    hand_over(learner, classifier)
    return classifier
