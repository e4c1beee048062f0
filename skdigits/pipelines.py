"""Pipelines of augmentation and network whose settings fit each other."""

from sklearn.pipeline import Pipeline

from ._augmenter import ImageAugmenter
from ._classifier import CNNClassifier

# Name -> parameters of the augmenter, parameters of the classifier.
PRESETS = {
    "classic": (
        {"rotation": 15, "zoom": 0.1, "shift": 0.1},
        {
            "architecture": "classic",
            "epochs": 20,
            "batch_size": 64,
            "optimizer": "rmsprop",
            "learning_rate": 0.001,
            "schedule": "plateau",
            "validation_fraction": 0.1,
        },
    ),
    "fast": (
        {"rotation": 10, "zoom": 0.1, "shift": 0.07},
        {
            "architecture": "fast",
            "epochs": 10,
            "batch_size": 128,
            "optimizer": "adam",
            "learning_rate": 0.003,
            "schedule": "one_cycle",
        },
    ),
    "accurate": (
        {"rotation": 10, "zoom": 0.1, "shift": 0.07, "elastic": 0.7},
        {
            "architecture": "accurate",
            "epochs": 20,
            "batch_size": 128,
            "optimizer": "adam",
            "learning_rate": 0.003,
            "schedule": "one_cycle",
        },
    ),
}


def make_digit_pipeline(preset="fast", *, random_state=None, verbose=0):
    """Make an augmenter and a classifier with settings for 28x28 digits.

    Parameters
    ----------
    preset : {"fast", "classic", "accurate"}, default="fast"
        - "fast": a small network and a one-cycle schedule;
        - "classic": the network and the recipe of a 2019 notebook: 20 epochs of
          RMSprop, a learning rate that is halved when the accuracy on a held-out tenth
          stops rising;
        - "accurate": a larger network, trained longer on elastic draws.
    random_state : int, RandomState instance or None, default=None
        Of both steps.
    verbose : int, default=0
        Of the classifier.

    Returns
    -------
    pipeline : sklearn.pipeline.Pipeline
        Steps "augment", an `ImageAugmenter`, and "cnn", a `CNNClassifier`.

    Raises
    ------
    ValueError
        If there is no such preset.

    Examples
    --------
    >>> from skdigits import make_digit_pipeline
    >>> make_digit_pipeline("classic")["cnn"].schedule
    'plateau'
    """
    if preset not in PRESETS:
        raise ValueError(
            f"preset must be one of {', '.join(map(repr, PRESETS))}. Got {preset!r} "
            "instead."
        )
    augment, cnn = PRESETS[preset]
    return Pipeline(
        [
            ("augment", ImageAugmenter(**augment, random_state=random_state)),
            ("cnn", CNNClassifier(**cnn, random_state=random_state, verbose=verbose)),
        ]
    )
