"""Pipelines whose steps' settings fit each other."""

import itertools
from collections.abc import Sequence
from typing import Any

from numpy.random import RandomState
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from ._augmenter import ImageAugmenter
from ._classifier import CNNClassifier
from ._normalizer import DigitNormalizer
from ._presets import ENSEMBLES, PRESETS, EnsembleName, PresetName, presets_of


def make_digit_pipeline(
    preset: PresetName = "fast",
    *,
    random_state: int | RandomState | None = None,
    verbose: int = 0,
) -> Pipeline:
    """Make a Pipeline that learns digits, with settings that fit each other.

    Parameters
    ----------
    preset : {"fast", "classic", "accurate", "residual", "robust"}, default="fast"
        - "fast": a small network, trained in few epochs;
        - "classic": the network and the recipe of a 2019 notebook: 20 epochs of
          RMSprop, a learning rate that is halved when the accuracy on a held-out tenth
          stops rising;
        - "accurate": strided convolutions, much dropout, wide shifts and 24 epochs,
          in bfloat16 where there are instructions for it;
        - "residual": residual blocks and elastic distortion, 24 epochs in bfloat16 too:
          it errs elsewhere than "accurate", for ensembles of both;
        - "robust": for digits of one's own. Images of any size are brought to MNIST's
          form first, in training and in ``predict``; stronger and other augmentation,
          and a small network.
    random_state : int, RandomState instance or None, default=None
        Passed to the augmenter and the classifier.
    verbose : int, default=0
        Passed to the classifier.

    Returns
    -------
    pipeline : sklearn.pipeline.Pipeline
        Steps "augment", an `ImageAugmenter`, and "cnn", a `CNNClassifier`; with
        "robust" before them "normalize", a `DigitNormalizer`.

    Raises
    ------
    ValueError
        If there is no such preset.

    Notes
    -----
    The epochs are meant for tens of thousands of images. A thousand need more passes:
    try ``set_params(cnn__epochs=40)``.

    Examples
    --------
    >>> from skdigits import make_digit_pipeline
    >>> make_digit_pipeline("classic")["cnn"].schedule
    'plateau'
    """
    if preset not in PRESETS:
        raise ValueError(
            f"preset must be one of {', '.join(map(repr, PRESETS))}; in "
            f"make_digit_ensemble, {', '.join(map(repr, ENSEMBLES))}, too. Got "
            f"{preset!r} instead."
        )
    steps: list[tuple[str, Any]] = []
    for name, params in PRESETS[preset].items():
        if name == "normalize":
            steps.append((name, DigitNormalizer(**params)))
        elif name == "augment":
            steps.append((name, ImageAugmenter(**params, random_state=random_state)))
        else:
            cnn = CNNClassifier(**params, random_state=random_state, verbose=verbose)
            steps.append((name, cnn))
    return Pipeline(steps)


def make_digit_ensemble(
    preset: EnsembleName | Sequence[EnsembleName] = "accurate",
    n_networks: int = 5,
    *,
    random_state: int | RandomState | None = None,
    n_jobs: int | None = None,
    verbose: bool = False,
) -> VotingClassifier:
    """Make an ensemble of networks whose probabilities are averaged.

    Parameters
    ----------
    preset : {"fast", "classic", "accurate", "residual", "robust", "record"} or \
            sequence of them, default="accurate"
        As in `skdigits.make_digit_pipeline`. Several take turns: with ``["residual",
        "accurate"]`` every other network is of "accurate". "record" is short for these
        two, which together err least.
    n_networks : int, default=5
        Number of networks.
    random_state : int, RandomState instance or None, default=None
        Decides the seed of each network.
    n_jobs : int, default=None
        Networks to train at a time, as in scikit-learn. With as many as there are
        cores, each on one, they take less time together than one after another.
    verbose : bool, default=False
        Whether to print a line for each network that is trained.

    Returns
    -------
    ensemble : sklearn.ensemble.VotingClassifier
        Soft voting over Pipelines "network1", "network2" and so on.

    Raises
    ------
    ValueError
        If there is no such preset, or if `n_networks` is less than 1, or less than the
        number of presets.

    See Also
    --------
    skdigits.save : Writes a fitted ensemble to one file.

    Notes
    -----
    Networks that differ in their seeds alone make many of the same errors. Members that
    differ in more can be set one by one, such as
    ``set_params(network2__cnn__width=1.5, network3__augment__rotation=15)``.

    Networks of one preset predict one after another in one and the same compiled
    network, so that ten take hardly more memory than one.

    Examples
    --------
    >>> from skdigits.pipelines import make_digit_ensemble
    >>> ensemble = make_digit_ensemble(["fast", "accurate"], n_networks=3)
    >>> [pipeline["cnn"].epochs for name, pipeline in ensemble.estimators]
    [7, 24, 7]
    """
    presets = presets_of([preset] if isinstance(preset, str) else preset)
    if not presets:
        raise ValueError(f"preset must name one preset or several. Got {preset!r}.")
    if n_networks < len(presets):
        several = f", for {len(presets)} presets" if len(presets) > 1 else ""
        raise ValueError(
            f"n_networks must be {len(presets)} or more{several}. Got {n_networks!r} "
            "instead."
        )
    # With None each fit of each network gets other random numbers.
    rng = None if random_state is None else check_random_state(random_state)
    networks = [
        (
            f"network{number}",
            make_digit_pipeline(
                name, random_state=None if rng is None else rng.randint(2**31 - 1)
            ),
        )
        for number, name in zip(
            range(1, n_networks + 1), itertools.cycle(presets), strict=False
        )
    ]
    return VotingClassifier(networks, voting="soft", n_jobs=n_jobs, verbose=verbose)


def final_network(estimator: Any) -> CNNClassifier | None:
    """Give the classifier that an estimator is or ends in.

    Parameters
    ----------
    estimator : estimator
        For example a Pipeline.

    Returns
    -------
    CNNClassifier or None
        The object itself, no copy; None if there is none.
    """
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    return estimator if isinstance(estimator, CNNClassifier) else None
