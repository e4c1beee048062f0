"""``skdigits submit``: from the files of the competition to a submission."""

from functools import partial

from .output import write_or_rescue
from .text import printable
from .training import prepared, validate_and_train

N_TEST_IMAGES = 28_000  # of the competition


def run(arguments):
    """Train on the files of the competition, predict and write the submission."""
    with prepared(arguments, arguments.preset) as checkpoints:
        _submit(arguments, checkpoints)


def _submit(arguments, checkpoints):
    # Before the imports, which take seconds.
    print(f"Reading {printable(arguments.path)}", flush=True)
    from ..datasets import load_competition

    digits = load_competition(arguments.path)
    n_train, n_test = len(digits.X_train), len(digits.X_test)
    print(f"{n_train:,} images to train on, {n_test:,} to label")
    if n_test != N_TEST_IMAGES:
        raise ValueError(
            f"{arguments.path}: test.csv must have the {N_TEST_IMAGES:,} images of the "
            f"competition. Got {n_test:,} instead. Download it again."
        )
    preset, n_models = arguments.preset, arguments.networks
    model = validate_and_train(
        partial(_make_model, arguments),
        repr(preset) if n_models == 1 else f"{n_models} models {preset!r}",
        digits.X_train,
        digits.y_train,
        validate=arguments.validate,
        checkpoints=checkpoints,
    )
    _write(model.predict(digits.X_test), arguments.output)
    checkpoints.remove()


def _make_model(arguments):
    from joblib import cpu_count

    from ..pipelines import make_digit_ensemble, make_digit_pipeline

    preset, seed, n_models = arguments.preset, arguments.seed, arguments.networks
    if n_models == 1:
        return make_digit_pipeline(preset, random_state=seed, verbose=1)
    n_jobs = min(n_models, cpu_count())  # -1 would leave cores idle on large machines
    return make_digit_ensemble(
        preset, n_models, random_state=seed, n_jobs=n_jobs, verbose=True
    )


def _write(labels, output):
    from ..submission import write_submission

    write = partial(write_submission, labels, expected=N_TEST_IMAGES)
    write_or_rescue(write, output, "The labels are")
    print(f"Wrote {printable(output)}, {N_TEST_IMAGES:,} labels.")
