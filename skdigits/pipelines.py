"""Pipelines and ensembles with presets, and their classifiers."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from numpy.random import RandomState
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

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
    """Make a Pipeline of augmentation and a CNN from a preset.

    Parameters
    ----------
    preset : {"fast", "classic", "accurate", "residual", "robust", "pictures"}, \
            default="fast"
        - "fast": small architecture, few epochs;
        - "classic": architecture and training of a 2019 notebook: RMSprop, and a
          learning rate that is halved when the accuracy on a held-out tenth stops
          rising;
        - "accurate": strided convolutions, strong dropout, large shifts and more
          epochs, in bfloat16 if the hardware has instructions for it;
        - "residual": residual blocks and elastic distortion; epochs and bfloat16 as in
          "accurate". The two make different errors, which helps ensembles of both;
        - "robust": for photos, scans and drawings. Images of any size are converted to
          MNIST's form first, in ``fit`` and in ``predict``. The training is that of
          "fast", with drawn digits in place of a tenth of the augmented copies: they
          show ways of writing that MNIST lacks;
        - "pictures": for images that are not digits, such as photos of things in 20 to
          64 pixels, in colour or grey. Copies are mirrored and have a square cut out,
          and predictions are means over the image and its mirror image. "vgg"
          architecture, 20 epochs, in bfloat16 like "accurate".
    random_state : int, RandomState instance or None, default=None
        Passed to the augmenter and the classifier.
    verbose : int, default=0
        Passed to the classifier.

    Returns
    -------
    pipeline : sklearn.pipeline.Pipeline
        Steps "augment", an `ImageAugmenter`, and "cnn", a `CNNClassifier`. "robust"
        begins with the step "normalize", a `DigitNormalizer`.

    Raises
    ------
    ValueError
        If `preset` is unknown.

    Notes
    -----
    The number of epochs depends on the number of images: see `epochs` of
    `CNNClassifier`.

    Examples
    --------
    >>> from skdigits import make_digit_pipeline
    >>> make_digit_pipeline("classic")["cnn"].schedule
    'plateau'
    """
    if preset not in PRESETS:
        raise ValueError(
            f"preset must be one of {', '.join(map(repr, PRESETS))}, or, in "
            f"make_digit_ensemble, also {', '.join(map(repr, ENSEMBLES))}. Got "
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
    """Make an ensemble of pipelines whose probabilities are averaged.

    Parameters
    ----------
    preset : {"fast", "classic", "accurate", "residual", "robust", "pictures", \
            "record"} or sequence of them, default="accurate"
        As in `skdigits.make_digit_pipeline`. Several presets alternate: with
        ``["residual", "accurate"]`` every second member is an "accurate". "record" is
        short for these two presets, the combination with the fewest errors.
    n_networks : int, default=5
        Number of members.
    random_state : int, RandomState instance or None, default=None
        Source of the seed of each member.
    n_jobs : int, default=None
        Number of members to train in parallel, as in scikit-learn. The ensemble trains
        fastest with one member on each core.
    verbose : bool, default=False
        Whether to print a line for each trained member.

    Returns
    -------
    ensemble : sklearn.ensemble.VotingClassifier
        Soft voting over Pipelines "network1", "network2" and so on.

    Raises
    ------
    ValueError
        If a preset is unknown, or if `n_networks` is less than 1 or less than the
        number of presets.

    See Also
    --------
    skdigits.save : Write a fitted ensemble to one file.

    Notes
    -----
    Members that differ only in their seeds make many of the same errors. To vary them
    more, set parameters of single members:
    ``set_params(network2__cnn__width=1.5, network3__augment__rotation=15)``.

    Members of one preset predict with one compiled model, so ten members need hardly
    more memory than one.

    Examples
    --------
    >>> from skdigits.pipelines import make_digit_ensemble
    >>> ensemble = make_digit_ensemble(["fast", "accurate"], n_networks=3)
    >>> [pipeline["cnn"].architecture for name, pipeline in ensemble.estimators]
    ['fast', 'strided', 'fast']
    """
    presets = presets_of([preset] if isinstance(preset, str) else preset)
    if not presets:
        raise ValueError(f"preset must have at least one name. Got {preset!r} instead.")
    if n_networks < len(presets):
        several = f", for {len(presets)} presets" if len(presets) > 1 else ""
        raise ValueError(
            f"n_networks must be {len(presets)} or more{several}. Got {n_networks!r} "
            "instead."
        )
    # With None, each fit of each member has different random numbers.
    rng = None if random_state is None else check_random_state(random_state)
    members = [
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
    return VotingClassifier(members, voting="soft", n_jobs=n_jobs, verbose=verbose)


def final_classifier(estimator: Any) -> CNNClassifier | None:
    """Return the CNNClassifier that an estimator is or ends in.

    Parameters
    ----------
    estimator : estimator
        For example a Pipeline.

    Returns
    -------
    CNNClassifier or None
        The object itself, not a copy. None if the estimator does not have one.
    """
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    return estimator if isinstance(estimator, CNNClassifier) else None


class ClassifierInside(NamedTuple):
    """CNNClassifier inside an estimator.

    Attributes
    ----------
    classifier : CNNClassifier
        The object itself, not a copy.
    steps : tuple of transformers
        Steps that ``predict`` applies before the classifier, without "passthrough".
    path : str
        Expression for the classifier, such as ".best_estimator_[-1]".
    """

    classifier: CNNClassifier
    steps: tuple[Any, ...]
    path: str

    def transform(self, X: Any) -> Any:
        """Apply the steps before the classifier, as ``predict`` does."""
        for step in self.steps:
            X = step.transform(X)
        return X


def find_classifiers(estimator: Any) -> list[ClassifierInside]:
    """Find each CNNClassifier in Pipelines, searches, ensembles and calibrated models.

    Parameters
    ----------
    estimator : estimator

    Returns
    -------
    list of ClassifierInside
        At least one. A Pipeline or a CNNClassifier need not be fitted.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If a search or an ensemble is not fitted.
    TypeError
        If the estimator does not have a CNNClassifier.
    """
    found = list(_classifiers_inside(estimator, (), ""))
    if found:
        return found
    params = estimator.get_params() if hasattr(estimator, "get_params") else {}
    is_search = any(isinstance(value, CNNClassifier) for value in params.values())
    if is_search:
        check_is_fitted(estimator)
    raise TypeError(
        "estimator must be a CNNClassifier, or a Pipeline, a search or an ensemble "
        f"that holds fitted ones. Got {type(estimator).__name__} instead."
        f"{' Fit it with refit=True.' if is_search else ''}"
    )


def fitted_parts(estimator: Any) -> dict[str, Any]:
    """Return the inner estimators that make the predictions of another estimator.

    Parameters
    ----------
    estimator : estimator

    Returns
    -------
    dict of str to estimator
        By their expression, such as ".estimators_[0]". Empty if there are none.
    """
    if isinstance(estimator, FrozenEstimator):
        return {".estimator": estimator.estimator}
    if isinstance(estimator, Pipeline):
        return {"[-1]": estimator.steps[-1][1]}
    if hasattr(estimator, "best_estimator_"):
        return {".best_estimator_": estimator.best_estimator_}
    if hasattr(estimator, "estimators_"):
        members = enumerate(estimator.estimators_)
        return {f".estimators_[{i}]": member for i, member in members}
    if hasattr(estimator, "calibrated_classifiers_"):
        return {
            f".calibrated_classifiers_[{i}].estimator": calibrated.estimator
            for i, calibrated in enumerate(estimator.calibrated_classifiers_)
        }
    if hasattr(estimator, "estimator_"):  # thresholds, self-training
        return {".estimator_": estimator.estimator_}
    return {}


def _classifiers_inside(estimator, steps, path) -> Iterator[ClassifierInside]:
    if isinstance(estimator, CNNClassifier):
        yield ClassifierInside(estimator, steps, path)
    if isinstance(estimator, Pipeline):
        before = [step for _, step in estimator.steps[:-1]]
        steps = *steps, *(s for s in before if s not in (None, "passthrough"))
    for key, part in fitted_parts(estimator).items():
        yield from _classifiers_inside(part, steps, path + key)
