"""Pipelines and ensembles with presets, and their classifiers."""

import itertools
from collections.abc import Iterator
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
from ._presets import ENSEMBLES, PRESETS, EnsembleName, PresetName


def make_digit_pipeline(
    preset: PresetName = "fast",
    *,
    random_state: int | RandomState | None = None,
    verbose: int = 0,
) -> Pipeline:
    """Make a Pipeline of augmentation and a CNN from a preset.

    Parameters
    ----------
    preset : {"fast", "classic", "robust", "pictures"}, default="fast"
        - "fast": small architecture, few epochs;
        - "classic": architecture and training of a 2019 notebook, for comparison:
          RMSprop, and a learning rate that is halved when the accuracy on a held-out
          tenth stops rising;
        - "robust": for photos, scans and drawings. Images of any size are converted to
          MNIST's form first, in ``fit`` and in ``predict``. The training is that of
          "fast", with drawn digits in place of a tenth of the augmented copies: they
          show ways of writing that MNIST lacks;
        - "pictures": for images that are not digits, such as photos of things in 20 to
          64 pixels, in colour or grey. Copies are mirrored and have a square cut out,
          and predictions are means over the image and its mirror image. The "vgg"
          architecture computes in bfloat16 if the hardware has instructions for it.
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
    _check_preset(preset, PRESETS)
    return _make_pipeline(PRESETS[preset], random_state, verbose)


def make_digit_ensemble(
    preset: EnsembleName = "record",
    n_networks: int = 2,
    *,
    random_state: int | RandomState | None = None,
    n_jobs: int | None = None,
    verbose: bool = False,
) -> VotingClassifier:
    """Make an ensemble of pipelines whose probabilities are averaged.

    Parameters
    ----------
    preset : {"record", "fast", "classic", "robust", "pictures"}, default="record"
        "record" makes the fewest errors on MNIST's digits: its members alternate
        between a network of the architecture "residual", which trains with elastic
        distortion for 24 epochs, in bfloat16 if the hardware has instructions for it,
        and the preset "fast", which makes different errors. The other names are those
        of `skdigits.make_digit_pipeline`; such members differ in their seeds.
    n_networks : int, default=2
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
        If `preset` is unknown, or if `n_networks` is less than 1, or than 2 for
        "record".

    See Also
    --------
    skdigits.save : Write a fitted ensemble to one file.

    Notes
    -----
    Members that differ only in their seeds make many of the same errors. To vary them
    more, set parameters of single members:
    ``set_params(network2__cnn__width=1.5, network3__augment__rotation=15)``.

    Members of one architecture predict with one compiled model, so ten members need
    hardly more memory than one.

    Examples
    --------
    >>> from skdigits.pipelines import make_digit_ensemble
    >>> ensemble = make_digit_ensemble("record", n_networks=3)
    >>> [pipeline["cnn"].architecture for name, pipeline in ensemble.estimators]
    ['residual', 'fast', 'residual']
    """
    _check_preset(preset, [*ENSEMBLES, *PRESETS])
    kinds = ENSEMBLES.get(preset) or [PRESETS[preset]]
    if n_networks < len(kinds):
        raise ValueError(
            f"n_networks must be {len(kinds)} or more for {preset!r}. Got "
            f"{n_networks!r} instead."
        )
    # With None, each fit of each member has different random numbers.
    rng = None if random_state is None else check_random_state(random_state)
    members = [
        (
            f"network{number}",
            _make_pipeline(
                steps, random_state=None if rng is None else rng.randint(2**31 - 1)
            ),
        )
        for number, steps in zip(
            range(1, n_networks + 1), itertools.cycle(kinds), strict=False
        )
    ]
    return VotingClassifier(members, voting="soft", n_jobs=n_jobs, verbose=verbose)


def _check_preset(preset, names):
    if preset not in names:
        more = " It is for make_digit_ensemble." if preset in [*ENSEMBLES] else ""
        raise ValueError(
            f"preset must be one of {', '.join(map(repr, names))}. Got {preset!r} "
            f"instead.{more}"
        )


def _make_pipeline(steps, random_state, verbose=0):
    """Make a Pipeline from the parameters of its steps."""
    made: list[tuple[str, Any]] = []
    for name, params in steps.items():
        if name == "normalize":
            made.append((name, DigitNormalizer(**params)))
        elif name == "augment":
            made.append((name, ImageAugmenter(**params, random_state=random_state)))
        else:
            cnn = CNNClassifier(**params, random_state=random_state, verbose=verbose)
            made.append((name, cnn))
    return Pipeline(made)


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
