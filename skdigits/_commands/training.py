"""What commands that train have in common, and what they say of the training."""

import tempfile
from contextlib import contextmanager
from pathlib import Path

HELD_OUT = 0.1  # fraction of the training images that --validate keeps apart


@contextmanager
def option_named(name):
    """Say whose value an error is about, as argparse does."""
    try:
        yield
    except (OSError, ValueError) as exc:
        raise ValueError(f"argument {name}: {exc}") from exc


def validate_and_train(make_model, what, X, y, *, validate):
    """Train, and before that on nine tenths if an accuracy is asked for.

    Parameters
    ----------
    make_model : callable
        Gives a model that is not fitted.
    what : str
        Names the model.
    X, y : array-like
    validate : bool

    Returns
    -------
    estimator
        Fitted on all images.
    """
    if validate:
        _validate(make_model, what, X, y)
    return _train(make_model(), what, X, y, step="2 of 2: " if validate else "")


def _validate(make_model, what, X, y):
    from sklearn.model_selection import train_test_split

    X_train, X_held_out, y_train, y_held_out = train_test_split(
        X, y, test_size=HELD_OUT, stratify=y, random_state=0
    )
    model = _train(make_model(), what, X_train, y_train, step="1 of 2: ")
    wrong = int((model.predict(X_held_out) != y_held_out).sum())
    n = len(y_held_out)
    accuracy = 1 - wrong / n
    error = (accuracy * (1 - accuracy) / n) ** 0.5
    print(
        f"Held-out accuracy: {accuracy:.5f} (standard error {error:.5f}), "
        f"{wrong} of {n:,} images wrong."
    )


def _train(model, what, X, y, *, step):
    from time import perf_counter

    print(f"{step}Training {what} on {len(X):,} images", flush=True)
    start = perf_counter()
    model.fit(X, y)
    print(f"Trained for {perf_counter() - start:.0f} s.", flush=True)
    return model


def write_or_rescue(write, output, what):
    """Write a result, somewhere else if it must be: the training was long.

    Parameters
    ----------
    write : callable
        Takes the path.
    output : str
    what : str
        Names the result, with its verb.
    """
    try:
        write(output)
    except OSError as exc:
        elsewhere = Path(tempfile.mkdtemp(prefix="skdigits-"), Path(output).name)
        write(elsewhere)
        raise OSError(
            f"argument --output: {exc}. {what} in {elsewhere} instead."
        ) from exc
