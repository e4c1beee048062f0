"""One training: from a plan and its data to what was learned."""

import dataclasses

from .checkpoint import Checkpoint, fit_identity
from .trained import TrainedNetwork


def train(plan, data, tasks=None):
    """Train, or resume a training that was killed.

    Parameters
    ----------
    plan : TrainingPlan
    data : TrainingData
    tasks : FitTasks or None
        Is notified of each epoch and may stop the training.

    Returns
    -------
    Learned

    Raises
    ------
    ValueError
        If the checkpoint is of another fit, if the data cannot be split, if a fitted
        classifier is trained further with another model, or if training diverges.
    """
    checkpoint, held_out, seed = None, None, plan.seed
    if plan.checkpoint is not None:
        checkpoint = Checkpoint(plan.checkpoint, fit_identity(plan, data))
        if checkpoint.found is not None:  # whose seed may have been random
            seed = checkpoint.found.seed
    if plan.validation_fraction is not None:
        data, held_out = data.split(plan.validation_fraction, seed)
    if plan.trained is None:
        trained = TrainedNetwork(
            plan.spec.for_one_fit(), weights=None, pixels=data.statistics(), seed=seed
        )
    else:
        plan.trained.spec.check_same_model(plan.spec)
        pixels = plan.trained.pixels.extended(*data.range())
        trained = dataclasses.replace(plan.trained, pixels=pixels, seed=seed)

    # This loads TensorFlow, which takes seconds: only after the data is checked.
    from .keras.train import train as train_model

    return train_model(plan, trained, data, held_out, tasks, checkpoint)
