"""``skdigits fit``: from labelled images to a model file."""

import os
import zipfile
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import PurePosixPath

import numpy as np

from .output import write_or_rescue
from .progress import progress
from .text import printable
from .training import COMPETITION, prepared, validate_and_train

# Fewer images want more passes, in smaller steps, than the presets are made for.
FEW = 10_000
SETTINGS_FOR_FEW = {"cnn__epochs": 20, "cnn__batch_size": 32}
NAMED = 5  # files in a message at most


def run(arguments):
    """Train and write.

    Parameters
    ----------
    arguments : argparse.Namespace
    """
    with prepared(arguments, arguments.preset) as kept:
        _fit(arguments, kept)


def _fit(arguments, kept):
    X, y = _read(arguments.path)
    print(f"{len(X):,} images to train on")
    model = validate_and_train(
        partial(_make_model, arguments, len(X)),
        repr(arguments.preset),
        X,
        y,
        validate=arguments.validate,
        kept=kept,
    )
    from ..persistence import save

    write_or_rescue(partial(save, model), arguments.output, "The model is")
    kept.remove()
    print(f"Wrote {printable(arguments.output)}.")


def _read(path):
    # At once, as the imports take seconds.
    print(f"Reading {printable(path or 'the bundled digits')}", flush=True)
    from ..datasets import load_competition, load_sample

    if path is not None and not _is_competition(path):
        return _read_images(path)
    digits = load_sample() if path is None else load_competition(path)
    return digits.X_train, digits.y_train


def _is_competition(path):
    """Tell the competition's folder or zip from one with images, by its files."""
    path = os.path.expanduser(path)
    names = []
    if os.path.isdir(path):
        names = os.listdir(path)
    elif zipfile.is_zipfile(path):
        # A damaged zip raises errors of many classes; its reader explains them.
        with suppress(Exception), zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    return any(
        PurePosixPath(name).name.removesuffix(".gz") in COMPETITION for name in names
    )


def _read_images(path):
    """Read images one by one and bring them to MNIST's form, which every preset learns.

    Parameters
    ----------
    path : str

    Returns
    -------
    X : ndarray of shape (n_images, 784), dtype uint8
    y : ndarray of shape (n_images,), dtype int
    """
    from .._normalizer import DigitNormalizer
    from ..datasets._image_files import find_images
    from ..datasets._images import digits_of_folders, read_image

    with ExitStack() as stack:
        files = find_images(path, stack)
        y = digits_of_folders([file.folder for file in files])
        if y is None:
            raise ValueError(
                f"{path}: each image must be in a folder with the name of its digit, 0 "
                f"to 9. Got {files[0].name!r} and others. Sort them into such folders."
            )
        with progress(len(files), "Reading images") as advance:
            rows, normalizer = [], DigitNormalizer(on_blank="ignore")
            for file in files:
                rows += list(normalizer.transform([read_image(file)]))
                advance()
    X = np.array(rows)
    blank = [file.name for file, row in zip(files, X, strict=True) if not row.any()]
    if blank:
        more = ", ..." if len(blank) > NAMED else ""
        raise ValueError(
            f"{path}: each image must show a digit. Got {len(blank)} in which none can "
            f"be seen: {', '.join(blank[:NAMED])}{more}. Take them away."
        )
    return X, y


def _make_model(arguments, n_images):
    from ..pipelines import make_digit_pipeline

    model = make_digit_pipeline(
        arguments.preset, random_state=arguments.seed, verbose=1
    )
    return model.set_params(**SETTINGS_FOR_FEW) if n_images < FEW else model
