"""Steps that ``skdigits fit`` and ``skdigits submit`` share."""

import glob
import math
import os
from contextlib import ExitStack, contextmanager

import numpy as np

from .kept import KeptTraining
from .output import check_output, is_same, option_named

COMPETITION = {"train.csv", "test.csv", "digit-recognizer.zip"}  # or with .gz
HELD_OUT = 0.1  # fraction of the training images that --validate keeps apart


@contextmanager
def prepared(arguments, presets):
    """Check before any work that the result can be written, and lock its folder.

    Parameters
    ----------
    arguments : argparse.Namespace
    presets : str

    Yields
    ------
    KeptTraining
    """
    check_output(arguments, _inputs(arguments))
    kept = KeptTraining(arguments.output, f"{presets}-seed-{arguments.seed}")
    if arguments.path is not None and is_same(kept.folder, arguments.path):
        arguments.error(
            f"argument --output: the checkpoints of {arguments.output!r} would be in "
            f"{str(kept.folder)!r}, which the command reads. Choose another name"
        )
    with ExitStack() as stack:
        with option_named("--output"):
            stack.enter_context(kept)
        yield kept


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
            if is_image or name.removesuffix(".gz") in COMPETITION:
                yield os.path.join(folder, name)


def validate_and_train(make_model, what, X, y, *, validate, kept):
    """Train, and before that on nine tenths if an accuracy is asked for.

    Parameters
    ----------
    make_model : callable
        Gives a model that is not fitted.
    what : str
        Names the model.
    X, y : array-like
    validate : bool
    kept : KeptTraining

    Returns
    -------
    estimator
        Fitted on all images.
    """
    if not validate:
        return _train(make_model(), f"Training {what}", X, y, kept)
    _validate(make_model, what, X, y, kept)
    return _train(make_model(), f"2 of 2: Training {what}", X, y, kept)


def _validate(make_model, what, X, y, kept):
    from sklearn.model_selection import train_test_split

    _check_held_out(y)
    X_train, X_held_out, y_train, y_held_out = train_test_split(
        X, y, test_size=HELD_OUT, stratify=y, random_state=0
    )
    title = f"1 of 2: Training {what}"
    model = _train(make_model(), title, X_train, y_train, kept, part="validation")
    wrong = int((model.predict(X_held_out) != y_held_out).sum())
    n = len(y_held_out)
    accuracy = 1 - wrong / n
    error = (accuracy * (1 - accuracy) / n) ** 0.5
    print(
        f"Held-out accuracy: {accuracy:.5f} (standard error {error:.5f}), "
        f"{wrong} of {n:,} images wrong."
    )


def _check_held_out(y):
    """Check that a tenth of the images can have each label, and the rest as well."""
    labels, counts = np.unique(y, return_counts=True)
    if counts.min() > 1 and math.ceil(HELD_OUT * len(y)) >= len(labels):
        return
    rare = ", ".join(
        f"{n} of {label}" for label, n in zip(labels, counts, strict=True) if n < 2
    )
    raise ValueError(
        "argument --validate: to hold out a tenth, there must be 2 or more images of "
        f"each label, and {_least(len(labels)):,} or more of {len(labels)} labels "
        f"together. Got {len(y):,} images{f', with {rare}' if rare else ''}. Add "
        "images, or leave out --validate."
    )


def _least(n_labels):
    """Return the number of images of which a tenth has room for each label."""
    return max(2 * n_labels, 10 * (n_labels - 1) + 1)


def _train(model, title, X, y, kept, part=""):
    from time import perf_counter

    print(f"{title} on {len(X):,} images", flush=True)
    start = perf_counter()
    found = kept.keep(model, part)
    _announce(found, X, y, n_jobs=getattr(model, "n_jobs", None) or 1)
    try:
        model.fit(X, y)
    except KeyboardInterrupt:
        print(f"What is trained is in {kept.folder}: the same command goes on from it.")
        raise
    print(f"Trained for {perf_counter() - start:.0f} s.", flush=True)
    return model


def _announce(found, X, y, *, n_jobs):
    """Say what is there from a run before, and how long the rest will take."""
    from .duration import expected_seconds, in_words

    wanted = sum(network[-1].epochs for network, _ in found)
    there = sum(n for _, n in found)
    if there:
        print(f"Going on from a run before: {there} of {wanted} epochs are there.")
    networks = [network for network, _ in found]
    left = [network[-1].epochs - n for network, n in found]
    seconds = expected_seconds(networks, left, X, y, n_jobs=n_jobs)
    if seconds is not None:
        print(f"This will take about {in_words(seconds)}.", flush=True)
