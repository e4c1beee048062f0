"""Training steps that ``skdigits fit`` and ``skdigits submit`` share."""

import glob
import math
import os
from contextlib import ExitStack, contextmanager

import numpy as np

from .checkpoints import TrainingCheckpoints
from .output import check_output, is_same, option_named
from .quiet import without_start_messages

COMPETITION_FILES = {"train.csv", "test.csv", "digit-recognizer.zip"}  # or with .gz
HELD_OUT_FRACTION = 0.1  # of the training images, for --validate


@contextmanager
def prepared(arguments, preset):
    """Check, before any work, that the result can be written, and lock its folder.

    Yields the `TrainingCheckpoints` of the command.
    """
    check_output(arguments, _inputs(arguments))
    name = f"{preset}-seed-{arguments.seed}"
    checkpoints = TrainingCheckpoints(arguments.output, name)
    if arguments.path is not None and is_same(checkpoints.folder, arguments.path):
        arguments.error(
            f"argument --output: the checkpoints of {arguments.output!r} would be in "
            f"{str(checkpoints.folder)!r}, which the command reads. Choose another name"
        )
    with ExitStack() as stack:
        with option_named("--output"):
            stack.enter_context(checkpoints)
        yield checkpoints


def _inputs(arguments):
    """Yield the files that the command may read, if --output exists already."""
    if arguments.path is None or not os.path.exists(
        os.path.expanduser(arguments.output)
    ):
        return
    from ..datasets._image_files import SUFFIXES

    path = os.path.expanduser(arguments.path)
    yield path
    yield from glob.iglob(path, recursive=True)
    for folder, _, names in os.walk(path):
        for name in names:
            is_image = os.path.splitext(name)[1].lower() in SUFFIXES
            if is_image or name.removesuffix(".gz") in COMPETITION_FILES:
                yield os.path.join(folder, name)


@without_start_messages()
def validate_and_train(make_model, title, X, y, *, validate, checkpoints):
    """Train a model; with `validate`, estimate its accuracy before.

    Parameters
    ----------
    make_model : callable
        Function that returns an unfitted model.
    title : str
        Description of the model.
    X, y : array-like
    validate : bool
        Whether to train first on nine tenths, and print the accuracy on the last one.
    checkpoints : TrainingCheckpoints

    Returns
    -------
    estimator
        Model fitted on all images.
    """
    if not validate:
        return _train(make_model(), f"Training {title}", X, y, checkpoints)
    _validate(make_model, title, X, y, checkpoints)
    return _train(make_model(), f"2 of 2: Training {title}", X, y, checkpoints)


def _validate(make_model, title, X, y, checkpoints):
    from sklearn.model_selection import train_test_split

    _check_can_hold_out(y)
    X_train, X_held_out, y_train, y_held_out = train_test_split(
        X, y, test_size=HELD_OUT_FRACTION, stratify=y, random_state=0
    )
    title = f"1 of 2: Training {title}"
    model = _train(make_model(), title, X_train, y_train, checkpoints, "validation")
    wrong = int((model.predict(X_held_out) != y_held_out).sum())
    n = len(y_held_out)
    accuracy = 1 - wrong / n
    error = (accuracy * (1 - accuracy) / n) ** 0.5
    print(
        f"Held-out accuracy: {accuracy:.5f} (standard error {error:.5f}), "
        f"{wrong} of {n:,} images wrong."
    )


def _check_can_hold_out(y):
    """Check that both parts of a split can have images of each label."""
    labels, counts = np.unique(y, return_counts=True)
    if counts.min() > 1 and math.ceil(HELD_OUT_FRACTION * len(y)) >= len(labels):
        return
    rare = ", ".join(
        f"{n} of {label}" for label, n in zip(labels, counts, strict=True) if n < 2
    )
    n_needed = max(2 * len(labels), 10 * (len(labels) - 1) + 1)
    raise ValueError(
        "argument --validate: to hold out a tenth, there must be 2 or more images of "
        f"each label, and {n_needed:,} or more of {len(labels)} labels together. Got "
        f"{len(y):,} images{f', with {rare}' if rare else ''}. Add images, or leave "
        "out --validate."
    )


def _train(model, title, X, y, checkpoints, part=""):
    from time import perf_counter

    print(f"{title} on {len(X):,} images", flush=True)
    start = perf_counter()
    found = checkpoints.assign(model, part)
    _announce(found, X, y, n_jobs=getattr(model, "n_jobs", None) or 1)
    try:
        model.fit(X, y)
    except KeyboardInterrupt:
        print(
            f"The checkpoints are in {checkpoints.folder}: run the same command again "
            "to resume."
        )
        raise
    print(f"Trained for {perf_counter() - start:.0f} s.", flush=True)
    return model


def _announce(found, X, y, *, n_jobs):
    """Print how many epochs an earlier run trained, and how long the rest will take."""
    from .._engine.epochs import number_of_epochs
    from .duration import expected_seconds, in_words

    pipelines = [pipeline for pipeline, _ in found]
    trained = [n for _, n in found]
    epochs = [
        number_of_epochs(cnn.epochs, cnn.architecture, len(X)) for *_, cnn in pipelines
    ]
    if sum(trained):
        print(f"Resuming an earlier run after {sum(trained)} of {sum(epochs)} epochs.")
    epochs_left = [n - m for n, m in zip(epochs, trained, strict=True)]
    seconds = expected_seconds(pipelines, epochs_left, X, y, n_jobs=n_jobs)
    if seconds is not None:
        print(f"This will take about {in_words(seconds)}.", flush=True)
