"""Estimate of the duration of a training on this machine, from a few batches."""

from time import perf_counter

import numpy as np

TIMED_BATCHES = 2, 8  # two short fits, whose difference contains no start-up costs
MIN_BATCHES = 1_000  # shorter trainings end before an estimate would be useful
TIMELESS_PARAMETERS = ("random_state", "checkpoint")  # they do not change the duration


def expected_seconds(pipelines, epochs, X, y, *, n_jobs=1):
    """Estimate the duration of a training, by timing each kind of pipeline.

    Parameters
    ----------
    pipelines : list of Pipeline
        Pipelines that end in a `CNNClassifier`. They are not fitted.
    epochs : list of int
        Epochs for which each is to be trained.
    X, y : array-like
        All training images and their labels.
    n_jobs : int, default=1
        Number of pipelines that are trained at the same time.

    Returns
    -------
    float or None
        None for short trainings.
    """
    n_batches = [
        n * len(X) / pipeline[-1].batch_size
        for pipeline, n in zip(pipelines, epochs, strict=True)
    ]
    if sum(n_batches) < MIN_BATCHES:
        return None
    timed = {}  # parameters of a pipeline -> seconds of the preparation and an epoch
    total = 0.0
    for pipeline, n in zip(pipelines, epochs, strict=True):
        parameters = [
            (name, value)
            for name, value in sorted(pipeline.get_params().items())
            if "__" in name and not name.endswith(TIMELESS_PARAMETERS)
        ]
        kind = repr(parameters)
        if kind not in timed:
            timed[kind] = _time(pipeline, X, y)
        preparation, epoch = timed[kind]
        total += preparation + n * epoch
    return total / _speedup(n_jobs)


def _speedup(n_jobs):
    """Return the number of cores of all workers, relative to those of the timing.

    By default a single training uses all cores, and several trainings share them.
    """
    from joblib import cpu_count

    from .._core.threads import thread_budget

    cores = cpu_count()
    return max(1, min(n_jobs, cores // (thread_budget() or cores)))


def _time(pipeline, X, y):
    """Return the seconds of the whole preparation, and those of one epoch."""
    from sklearn.base import clone

    from .._core.sklearn_compat import safe_indexing

    cnn = clone(pipeline[-1]).set_params(
        checkpoint=None, epochs=1, random_state=0, validation_fraction=None, verbose=0
    )
    y = np.asarray(y)
    _, first = np.unique(y, return_index=True)  # an image of each class
    few, many = (max(n * cnn.batch_size, 2 * len(first)) for n in TIMED_BATCHES)
    rows = np.random.default_rng(0).integers(len(y), size=many)
    rows[: len(first)] = first
    seconds = []
    for n in (few, few, many):  # the first fit also compiles the model
        start = perf_counter()
        steps = clone(pipeline[:-1])
        images = steps.fit_transform(safe_indexing(X, rows[:n]), y[rows[:n]])
        middle = perf_counter()
        cnn.fit(images, y[rows[:n]])
        seconds.append((middle - start, perf_counter() - middle))
    preparation_per_image = seconds[2][0] / many
    epoch_per_image = max(seconds[2][1] - seconds[1][1], 0) / max(many - few, 1)
    n_trained = len(y) * (1 - (pipeline[-1].validation_fraction or 0))
    return len(y) * preparation_per_image, n_trained * epoch_per_image


def in_words(seconds):
    """Return a rounded duration as text, such as "3 h 20 min"."""
    if seconds < 90:
        return f"{max(10, round(seconds, -1)):.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(round(minutes, -1), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
