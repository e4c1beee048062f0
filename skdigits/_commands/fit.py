"""``skdigits fit``: from labelled images to a model file."""

import os
import zipfile
from functools import partial
from pathlib import PurePosixPath

from .._files.whole import check_writable
from .kept import KeptTraining
from .training import option_named, validate_and_train, write_or_rescue

# Fewer images want more passes, in smaller steps, than the presets are made for.
FEW = 10_000
SETTINGS_FOR_FEW = {"cnn__epochs": 20, "cnn__batch_size": 32}
COMPETITION = {"train.csv", "test.csv", "digit-recognizer.zip"}
NAMED = 5  # files in a message at most


def fit(arguments):
    """Train and write.

    Parameters
    ----------
    arguments : argparse.Namespace
    """
    with option_named("--output"):
        check_writable(arguments.output)  # better an error now than after the training
    X, y = _read(arguments.path)
    print(f"{len(X):,} images to train on")
    kept = KeptTraining(arguments.output, f"{arguments.preset}-seed-{arguments.seed}")
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
    print(f"Wrote {arguments.output}.")


def _read(path):
    print(f"Reading {path or 'the bundled digits'}", flush=True)  # imports take seconds
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
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    return any(
        PurePosixPath(name).name.removesuffix(".gz") in COMPETITION for name in names
    )


def _read_images(path):
    """Read images and bring them to MNIST's form, which every preset learns."""
    from .._normalizer import DigitNormalizer
    from ..datasets import load_images

    loaded = load_images(path)
    if loaded.target is None:
        raise ValueError(
            f"{path}: each image must be in a folder with the name of its digit, 0 to "
            f"9. Got {loaded.filenames[0]!r} and others. Sort them into such folders."
        )
    X = DigitNormalizer(on_blank="ignore").transform(loaded.images)
    blank = [
        name for name, row in zip(loaded.filenames, X, strict=True) if not row.any()
    ]
    if blank:
        more = ", ..." if len(blank) > NAMED else ""
        raise ValueError(
            f"{path}: each image must show a digit. Got {len(blank)} in which none can "
            f"be seen: {', '.join(blank[:NAMED])}{more}. Take them away."
        )
    return X, loaded.target


def _make_model(arguments, n_images):
    from ..pipelines import make_digit_pipeline

    model = make_digit_pipeline(
        arguments.preset, random_state=arguments.seed, verbose=1
    )
    return model.set_params(**SETTINGS_FOR_FEW) if n_images < FEW else model
