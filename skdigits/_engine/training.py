"""One training: from a plan and its data to what was learned."""

import dataclasses

import numpy as np

from .._images.mistakes import warn_of_pixel_scale
from .calibration import MAX_IMAGES, MIN_ACCURACY, fit_temperature
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
    checkpoint, held_out, seed = None, data.validation, plan.seed
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
    if data.validation is not None:
        warn_of_pixel_scale(data.validation.images, trained.pixels, "validation_data")

    # This loads TensorFlow, which takes seconds: only after the data is checked.
    from .keras.train import train as train_model

    learned = train_model(plan, trained, data, held_out, tasks, checkpoint)
    if plan.spec.label_smoothing == 0 and plan.spec.loss != "focal":
        return learned
    calibrated = _calibrated(learned.trained, data, held_out)
    return dataclasses.replace(learned, trained=calibrated)


def _calibrated(trained, data, held_out):
    """Return a trained network with a temperature fitted on held-out images.

    Without held-out images, it is fitted on training images.
    """
    from .keras.predictor import predictor_of

    if held_out is not None:
        data = dataclasses.replace(held_out, weights=None, augment=None)
    rng = np.random.default_rng([trained.seed, *data.augment_seeds])
    chosen = rng.permutation(len(data))[:MAX_IMAGES]
    labels = data.labels[chosen]
    weights = None if data.weights is None else data.weights[chosen]
    trained = dataclasses.replace(trained, temperature=1.0)
    probabilities = predictor_of(trained.spec).predict(
        trained, data.load(chosen, rng), max_shift=0
    )
    if held_out is None:
        is_right = probabilities.argmax(axis=1) == labels
        if np.average(is_right, weights=weights) < MIN_ACCURACY:
            return trained
    temperature = fit_temperature(probabilities, labels, weights)
    return dataclasses.replace(trained, temperature=temperature)
