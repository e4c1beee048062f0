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
