"""Run a study in one process or many, and train the best estimator."""

import math
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import joblib
import optuna
from numpy.typing import ArrayLike
from optuna.samplers import TPESampler
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import BaseCrossValidator

from .._core.warnings import warn_user
from . import _study
from ._objective import ERROR, PARAMS, CrossValidationObjective
from ._search_space import suggest_digit_params
from ._storage import (
    open_storage,
    sqlite_address,
    storage_address,
    translate_storage_errors,
)


@dataclass(frozen=True, eq=False)
class TuningResult:
    """Result of `tune`, which can be unpacked into its three attributes.

    Attributes
    ----------
    study : optuna.study.Study
        All trials, with their scores and intermediate values.
    best_params : dict or None
        Parameters of the estimator in the best trial, for ``set_params``; None if no
        trial has completed. ``study.best_params`` has the values that were sampled.
    best_estimator : estimator or None
        Trained on all samples with `best_params`; None if the study was interrupted or
        if `best_params` is None.
    """

    study: optuna.study.Study
    best_params: dict[str, Any] | None
    best_estimator: Any

    def __iter__(self) -> Iterator[Any]:
        return iter((self.study, self.best_params, self.best_estimator))


def tune(
    estimator: BaseEstimator,
    X: ArrayLike,
    y: ArrayLike,
    *,
    suggest: Callable[[optuna.trial.BaseTrial], dict[str, Any]] = suggest_digit_params,
    n_trials: int | None = 50,
    timeout: float | None = None,
    cv: int | BaseCrossValidator | Iterable[Any] = 5,
    scoring: str | Callable[..., float] | None = "accuracy",
    groups: ArrayLike | None = None,
    params: dict[str, Any] | None = None,
    max_epochs: int | None = None,
    metrics: Sequence[str] = (),
    enqueue: Iterable[dict[str, Any]] = (),
    sampler: optuna.samplers.BaseSampler | None = None,
    pruner: optuna.pruners.BasePruner | None = None,
    callbacks: Iterable[Callable[..., None]] = (),
    storage: str | os.PathLike[str] | optuna.storages.BaseStorage | None = None,
    study_name: str = "skdigits",
    n_jobs: int | None = None,
    random_state: int | None = None,
    verbose: int = 1,
) -> TuningResult:
    """Search for the best parameters and train with them.

    A study in `storage` is continued: call `tune` again after a kill, or with more
    trials. The same call in several processes, on one machine or on many, shares it.

    Parameters
    ----------
    estimator : estimator
        As in `CrossValidationObjective`. It is cloned, not changed.
    X : array-like of shape (n_samples, ...)
        Images, as the estimator takes them.
    y : array-like of shape (n_samples,)
        Labels.
    suggest : callable, default=suggest_digit_params
        ``suggest(trial)`` returns a dict of parameters for ``estimator.set_params``.
    n_trials : int or None, default=50
        Trials of the study at the end, including those of earlier calls and of other
        processes, pruned ones, and those that could not be trained. With n processes
        there may be n - 1 more. None means no limit but `timeout`, the sampler's end
        or a callback.
    timeout : float, default=None
        Seconds after which no trial is started.
    cv : int, cross-validation generator or iterable, default=5
        As in `sklearn.model_selection.cross_val_score`.
    scoring : str, callable or None, default="accuracy"
        As in `sklearn.model_selection.cross_val_score`; more is better.
    groups : array-like of shape (n_samples,), default=None
        For the splits of `cv`.
    params : dict, default=None
        Arguments of ``fit`` in addition to `X` and `y`, such as ``sample_weight``.
    max_epochs : int, default=None
        Largest number of epochs of a trial, as in `CrossValidationObjective`.
    metrics : sequence of str, default=()
        Further scores to report, as in `CrossValidationObjective`.
    enqueue : iterable of dict, default=()
        Settings to try first: values of the parameters that `suggest` samples, by their
        names in the trial. Settings that the study has tried are not repeated.
    sampler : optuna.samplers.BaseSampler, default=None
        None means Optuna's TPE sampler, seeded by `random_state`.
    pruner : optuna.pruners.BasePruner, default=None
        None prunes the worst third of the trials, from the middle of the first fold,
        after five trials; ``optuna.pruners.NopPruner()`` prunes nothing.
    callbacks : iterable of callable, default=()
        ``callback(study, trial)`` is called after each trial, in its process.
        ``study.stop()`` stops all processes of this call after their trials.
    storage : str, path-like, optuna.storages.BaseStorage or None, default=None
        The path of an SQLite file, such as "study.db", for processes of one machine;
        the address of a database, such as "postgresql+psycopg://user@host/name", for
        many machines; an Optuna storage; None for a study in memory.
    study_name : str, default="skdigits"
        The study in `storage`. It must maximise one score.
    n_jobs : int, default=None
        Number of processes, as in scikit-learn. Each runs one trial at a time.
    random_state : int or None, default=None
        Seed of the default sampler. In one process, the trials are reproducible, also
        if the study is interrupted and continued.
    verbose : int, default=1
        0 is silent; 1 writes a line for each trial.

    Returns
    -------
    result : TuningResult
        The study, the best parameters and the best estimator.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument has the wrong value; if the study minimises, has several
        objectives, or was made with other data, folds, scoring or estimator; if the
        file at `storage` does not hold studies.
    ConnectionError
        If the database does not answer, or goes away.
    FileNotFoundError
        If the folder of `storage` does not exist.
    RuntimeError
        If every trial failed, or if the system killed a process of this call.

    Notes
    -----
    Ctrl-C ends the search with a warning and returns the study. With a storage, the
    next call runs the interrupted trial again.

    The trial of a killed process is run again, by another process or the next call, one
    minute after its last heartbeat in the database. A call without other trials waits
    for it. A `JournalStorage` has no heartbeats: another trial takes its place.

    Functions, estimators and the like from `suggest` are not stored: another process or
    call asks `suggest` for those of the best trial. If `suggest` then returns something
    else, there is a warning, and `best_params` is None.

    Examples
    --------
    >>> from skdigits import CNNClassifier
    >>> from skdigits.datasets import load_sample
    >>> from skdigits.tuning import tune
    >>> digits = load_sample()
    >>> result = tune(
    ...     CNNClassifier(epochs=2, random_state=0),
    ...     digits.X_train[:200],
    ...     digits.y_train[:200],
    ...     suggest=lambda trial: {"width": trial.suggest_float("width", 0.1, 0.5)},
    ...     n_trials=2,
    ...     cv=2,
    ...     verbose=0,
    ... )
    >>> result.best_estimator.width == result.best_params["width"]
    True
    """
    callbacks = [callbacks] if callable(callbacks) else list(callbacks)
    enqueue = [enqueue] if isinstance(enqueue, dict) else list(enqueue)
    for settings in enqueue:
        if not isinstance(settings, dict):
            raise TypeError(
                "enqueue must hold dicts, such as {'cnn__width': 0.5}. Got "
                f"{settings!r} instead."
            )
    _check_numbers(n_trials, timeout, random_state)
    if n_trials is timeout is sampler is None and not callbacks:
        raise ValueError(
            "n_trials or timeout must be given, or a callback or a sampler that stops "
            "the study. Got n_trials=None and timeout=None, which never ends."
        )
    if sampler is None:
        is_seeded = random_state is not None
        sampler = _study.SeededSampler(random_state) if is_seeded else TPESampler()
    n_jobs = joblib.effective_n_jobs(n_jobs)
    address = storage_address(storage, n_jobs)
    folds: dict[str, Any] = {"cv": cv, "groups": groups, "params": params}
    objective = CrossValidationObjective(
        estimator,
        X,
        y,
        suggest=suggest,
        scoring=scoring,
        max_epochs=max_epochs,
        metrics=metrics,
        **folds,
    )
    how: dict[str, Any] = {
        "study_name": study_name,
        "sampler": sampler,
        "pruner": pruner
        or optuna.pruners.PercentilePruner(
            200 / 3,
            n_startup_trials=5,
            # Early scores depend on the learning rate more than the last ones do.
            n_warmup_steps=objective.max_epochs_ // 2,
        ),
    }
    limits = {
        "n_trials": n_trials,
        "deadline": time.time() + (math.inf if timeout is None else timeout),
        "callbacks": callbacks,
    }
    is_interrupted = False
    with (
        _study.quiet_optuna(),
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
    ):
        is_temporary = storage is None and n_jobs > 1
        if is_temporary:
            address = sqlite_address(Path(folder, "study.db"))
        opened = open_storage(address)
        with translate_storage_errors():
            study = optuna.create_study(
                storage=opened, direction="maximize", load_if_exists=True, **how
            )
            _study.check_study(study, objective, scoring, storage is not None)
            if any(trial.state.is_finished() for trial in study.trials):
                study.sampler.reseed_rng()  # it would sample its first trials again
            _study.repeat_interrupted(study)
            for settings in enqueue:
                study.enqueue_trial(settings, skip_if_exists=True)
            try:
                with _study.show_trials(study, n_trials, verbose):
                    _study.search(
                        study, objective, n_jobs, address, how, verbose, **limits
                    )
            except KeyboardInterrupt:
                is_interrupted = True
            if is_temporary:
                memory = optuna.storages.InMemoryStorage()
                optuna.copy_study(
                    from_study_name=study_name, from_storage=opened, to_storage=memory
                )
                study = optuna.load_study(storage=memory, **how)
                opened.engine.dispose()  # Windows cannot remove an open file
            done = _study.done_trials(study)
        best_params = _best_params(objective, study)
    if is_interrupted:
        warn_user(
            f"Interrupted after {len(done)} trials. The study is returned, and "
            "best_estimator is None. With a storage, call tune again to continue."
        )
        return TuningResult(study, best_params, None)
    failed = [trial for trial in done if ERROR in trial.user_attrs]
    if done and len(failed) == len(done):
        raise RuntimeError(
            f"Every one of the {len(done)} trials failed. The reason of the last one: "
            f"{failed[-1].user_attrs[ERROR]}"
        )
    if best_params is None:
        return TuningResult(study, None, None)
    best = clone(objective.estimator).set_params(**best_params)
    return TuningResult(
        study, best_params, best.fit(objective.X, objective.y, **objective.params)
    )


def _check_numbers(n_trials, timeout, random_state):
    """Raise an error for numbers of the wrong type or out of range."""
    for name, value, kind, low in (
        ("n_trials", n_trials, Integral, 1),
        ("timeout", timeout, Real, 0),
        ("random_state", random_state, Integral, 0),
    ):
        is_number = isinstance(value, kind) and not isinstance(value, bool)
        if value is not None and not (is_number and value >= low):  # refuses NaN
            raise (ValueError if is_number else TypeError)(
                f"{name} must be {'an integer' if kind is Integral else 'a number'} of "
                f"at least {low}, or None. Got {value!r} instead."
            )


def _best_params(objective, study):
    """Return the parameters of the best trial; None if there is none or it is lost."""
    if all(trial.state.name != "COMPLETE" for trial in study.trials):
        return None
    params = objective._scored_params(study.best_trial)
    if params is None:
        warn_user(
            f"The best trial, {study.best_trial.number}, has parameters that cannot be "
            "stored, and suggest does not return them again: best_params and "
            "best_estimator are None. The parameters were "
            f"{study.best_trial.user_attrs[PARAMS]}."
        )
    return params
