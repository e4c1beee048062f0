"""How long a training will take on this machine, from its first batches."""

from time import perf_counter

import numpy as np

BATCHES = 2, 8  # that are timed; the difference has no costs of a start in it
ALIKE = ("random_state", "checkpoint")  # parameters on which no time depends
SHORT = 1_000  # batches; below that a training is over before one has read how long


def expected_seconds(networks, epochs, X, y, *, n_jobs=1):
    """Time a few batches of each kind of network.

    Parameters
    ----------
    networks : list of Pipeline
        That end in a `CNNClassifier`. They are not fitted.
    epochs : list of int
        That each is going to be trained for.
    X, y : array-like
        All that they are going to be trained on.
    n_jobs : int, default=1
        Networks that are going to be trained at a time.

    Returns
    -------
    float or None
        None if it is short.
    """
    n_batches = [
        n * len(X) / network[-1].batch_size
        for network, n in zip(networks, epochs, strict=True)
    ]
    if sum(n_batches) < SHORT:
        return None
    timed = {}  # the parameters of a network -> seconds of preparation and of an epoch
    total = 0.0
    for network, n in zip(networks, epochs, strict=True):
        kind = repr(
            [
                (name, value)
                for name, value in sorted(network.get_params().items())
                if "__" in name and not name.endswith(ALIKE)
            ]
        )
        if kind not in timed:
            timed[kind] = _time(network, X, y)
        preparation, epoch = timed[kind]
        total += preparation + n * epoch
    return total / _shares(n_jobs)


def _shares(n_jobs):
    """Say how many times as many cores will work as the timing had.

    By default a network that trains alone has all of them, and several share them.
    """
    from joblib import cpu_count

    from .._core.threads import thread_budget

    cores = cpu_count()
    return max(1, min(n_jobs, cores // (thread_budget() or cores)))


def _time(network, X, y):
    """Give the seconds of all preparation, and of an epoch."""
    from sklearn.base import clone

    from .._core.sklearn_compat import safe_indexing

    cnn = clone(network[-1]).set_params(
        checkpoint=None, epochs=1, random_state=0, validation_fraction=None, verbose=0
    )
    y = np.asarray(y)
    _, first = np.unique(y, return_index=True)  # so that there is one of each class
    few, many = (max(n * cnn.batch_size, 2 * len(first)) for n in BATCHES)
    rows = np.random.default_rng(0).integers(len(y), size=many)
    rows[: len(first)] = first
    seconds = []
    for n in (few, few, many):  # the first compiles the network, too
        start = perf_counter()
        steps = clone(network[:-1])
        images = steps.fit_transform(safe_indexing(X, rows[:n]), y[rows[:n]])
        middle = perf_counter()
        cnn.fit(images, y[rows[:n]])
        seconds.append((middle - start, perf_counter() - middle))
    preparation = seconds[2][0] / many
    image = max(seconds[2][1] - seconds[1][1], 0) / max(many - few, 1)
    held_out = network[-1].validation_fraction or 0
    return len(y) * preparation, len(y) * (1 - held_out) * image


def in_words(seconds):
    """Say a time as one says it, such as "3 h 20 min"."""
    if seconds < 90:
        return f"{max(10, round(seconds, -1)):.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(round(minutes, -1), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
