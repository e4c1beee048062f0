"""``skdigits fit``: from labelled images to a model file."""

import os
import zipfile
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import PurePosixPath

import numpy as np

from .output import reading_progress, write_or_rescue
from .text import printable
from .training import COMPETITION_FILES, prepared, validate_and_train

MAX_LISTED_FILES = 5  # in a message


def run(arguments):
    """Train on labelled images and write the model file."""
    with prepared(arguments, arguments.preset) as checkpoints:
        _fit(arguments, checkpoints)


def _fit(arguments, checkpoints):
    X, y = _read(arguments.path)
    labels = ""
    if y.dtype.kind == "U":  # names of folders, which the user may not have meant
        labels = f", with the labels {printable(', '.join(np.unique(y)))}"
    print(f"{len(X):,} images to train on{labels}")
    model = validate_and_train(
        partial(_make_model, arguments, y),
        repr(arguments.preset),
        X,
        y,
        validate=arguments.validate,
        checkpoints=checkpoints,
    )
    from ..persistence import save

    write_or_rescue(partial(save, model), arguments.output, "The model is")
    checkpoints.remove()
    print(f"Wrote {printable(arguments.output)}.")


def _read(path):
    # Before the imports, which take seconds.
    print(f"Reading {printable(path or 'the bundled digits')}", flush=True)
    from ..datasets import load_competition, load_sample

    if path is not None and not _is_competition(path):
        return _read_images(path)
    digits = load_sample() if path is None else load_competition(path)
    return digits.X_train, digits.y_train


def _is_competition(path):
    """Whether a folder or zip has files of the competition, rather than images."""
    path = os.path.expanduser(path)
    names = []
    if os.path.isdir(path):
        names = os.listdir(path)
    elif zipfile.is_zipfile(path):
        # A damaged zip raises errors of many classes; its reader explains them.
        with suppress(Exception), zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    return any(
        PurePosixPath(name).name.removesuffix(".gz") in COMPETITION_FILES
        for name in names
    )


def _read_images(path):
    """Read images one by one and convert them to the form of MNIST.

    Parameters
    ----------
    path : str

    Returns
    -------
    X : ndarray of shape (n_images, 784), dtype uint8
    y : ndarray of shape (n_images,), dtype int or str
    """
    from .._normalizer import DigitNormalizer
    from ..datasets._folder_labels import labels_of_folders
    from ..datasets._image_files import find_images
    from ..datasets._images import read_image

    with ExitStack() as stack:
        files = find_images(path, stack)
        y = labels_of_folders([file.folder for file in files])
        if y is None:
            first = min(files, key=lambda file: len(file.folder.parts))
            raise ValueError(
                f"{path}: each image must be in a folder with the name of its label, "
                "such as 0 to 9, or A to Z in one folder. Got "
                f"{first.name!r} and others. Sort them into such folders."
            )
        advance = stack.enter_context(reading_progress(len(files)))
        rows, normalizer = [], DigitNormalizer(on_blank="ignore")
        for file in files:
            rows += list(normalizer.transform([read_image(file)]))
            advance()
    X = np.array(rows)
    blank = [file.name for file, row in zip(files, X, strict=True) if not row.any()]
    if blank:
        listed = ", ".join(blank[:MAX_LISTED_FILES])
        more = ", ..." if len(blank) > MAX_LISTED_FILES else ""
        raise ValueError(
            f"{path}: each image must show a digit. Got {len(blank)} without a visible "
            f"digit: {listed}{more}. Remove them."
        )
    return X, y


def _make_model(arguments, y):
    from ..pipelines import make_digit_pipeline

    model = make_digit_pipeline(
        arguments.preset, random_state=arguments.seed, verbose=1
    )
    if y.dtype.kind == "U":  # other signs than digits, which alone can be drawn
        model.set_params(augment__drawn=0)
    return model
