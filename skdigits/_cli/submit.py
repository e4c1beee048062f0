"""``skdigits submit``: from the competition's files to the submission."""

from functools import partial

from .output import write_or_rescue
from .text import printable
from .training import prepared, validate_and_train

TEST_IMAGES = 28_000  # of the competition, each of which wants a label


def run(arguments):
    """Train, predict and write.

    Parameters
    ----------
    arguments : argparse.Namespace
    """
    presets = "+".join(arguments.preset)
    with prepared(arguments, presets) as kept:
        _submit(arguments, presets, kept)


def _submit(arguments, presets, kept):
    digits = _read(arguments.path)
    n_train, n_test = len(digits.X_train), len(digits.X_test)
    print(f"{n_train:,} images to train on, {n_test:,} to label")
    if n_test != TEST_IMAGES:
        raise ValueError(
            f"{arguments.path}: test.csv must have the competition's {TEST_IMAGES:,} "
            f"images. Got {n_test:,} instead. Download it again."
        )
    n_networks = arguments.networks
    model = validate_and_train(
        partial(_make_model, arguments),
        repr(presets) if n_networks == 1 else f"{n_networks} networks {presets!r}",
        digits.X_train,
        digits.y_train,
        validate=arguments.validate,
        kept=kept,
    )
    _write(model.predict(digits.X_test), arguments.output)
    kept.remove()


def _read(path):
    """Read the competition's files."""
    print(
        f"Reading {printable(path)}", flush=True
    )  # the imports alone may take seconds
    from ..datasets import load_competition

    return load_competition(path)


def _make_model(arguments):
    from joblib import cpu_count

    from ..pipelines import make_digit_ensemble, make_digit_pipeline

    presets, seed, n_networks = arguments.preset, arguments.seed, arguments.networks
    if n_networks == 1:
        return make_digit_pipeline(presets[0], random_state=seed, verbose=1)
    n_jobs = min(n_networks, cpu_count())  # -1 would leave cores idle on large machines
    return make_digit_ensemble(
        presets, n_networks, random_state=seed, n_jobs=n_jobs, verbose=True
    )


def _write(labels, output):
    from ..submission import write_submission

    write = partial(write_submission, labels, expected=TEST_IMAGES)
    write_or_rescue(write, output, "The labels are")
    print(f"Wrote {printable(output)}, {TEST_IMAGES:,} labels.")
