"""A whole study: trials in one process or many, and the best estimator."""

import math
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import joblib
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import BaseCrossValidator

from .._core.warnings import warn_user
from . import _study
from ._comparable import check_study
from ._objective import ERROR, CrossValidationObjective
from ._optuna import optuna
from ._progress import StudyProgress, trials_text
from ._sampler import default_sampler
from ._scored import PARAMS
from ._search_space import suggest_digit_params
from ._storage import (
    clear_storage_errors,
    open_storage,
    sqlite_address,
    storage_address,
)

ENDING = optuna.samplers.GridSampler, optuna.samplers.BruteForceSampler


@dataclass(frozen=True, eq=False)
class TuningResult:
    """Result of `tune`, which can be unpacked into its three attributes.

    Attributes
    ----------
    study : optuna.study.Study
        All trials, with their scores and their intermediate values.
    best_params : dict or None
        Parameters of the estimator that the best trial was scored with, for
        ``set_params``; None if no trial has completed. The values that the trial
        sampled, which may have other names, are in ``study.best_params``.
    best_estimator : estimator or None
        Trained on all samples with `best_params`; None if the study was interrupted,
        or if no trial has completed.
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

    A study that `storage` has already is continued: call `tune` again after a kill, or
    with more trials. The same call in several processes, on one machine or on many,
    shares one study.

    Parameters
    ----------
    estimator : estimator
        As in `CrossValidationObjective`. It is cloned and stays as it is.
    X : array-like of shape (n_samples, ...)
        Images, as the estimator takes them.
    y : array-like of shape (n_samples,)
        Labels.
    suggest : callable, default=suggest_digit_params
        ``suggest(trial)`` returns a dict of parameters for ``estimator.set_params``.
    n_trials : int or None, default=50
        Trials that the study is to have in the end, including those of earlier calls
        and of other processes, pruned ones, and those that failed by themselves. Of n
        processes that share a study, the last trials may be n - 1 more. None means
        until `timeout`, or until the sampler or a callback stops the study.
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
        The most epochs that `suggest` may ask for. None means those of `estimator`.
    sampler : optuna.samplers.BaseSampler, default=None
        None means Optuna's TPE sampler, seeded by `random_state`.
    pruner : optuna.pruners.BasePruner, default=None
        None means that after five trials, and from the middle of the first fold, trials
        among the worst third are pruned; ``optuna.pruners.NopPruner()`` means that
        every trial is trained to its end.
    callbacks : iterable of callable, default=()
        ``callback(study, trial)`` is called after each trial, in the process that ran
        it. ``study.stop()`` stops all processes of this call after their trials.
    storage : str, path-like, optuna.storages.BaseStorage or None, default=None
        The path of an SQLite file, such as "study.db", for processes of one machine;
        the address of a database, such as "postgresql+psycopg://user@host/name", for
        many machines; an Optuna storage, which is used as it is; None for a study in
        memory.
    study_name : str, default="skdigits"
        The study in `storage`. It must maximise one score.
    n_jobs : int, default=None
        Trials at a time, each in a process of its own, as in scikit-learn.
    random_state : int or None, default=None
        Seed of the default sampler. With one process, the same calls sample the same
        trials, also where a study is interrupted and continued.
    verbose : int, default=1
        0 is silent; 1 shows a progress bar, or a line for each trial where there is no
        terminal.

    Returns
    -------
    result : TuningResult
        The study, the best parameters and the best estimator.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind.
    ValueError
        If an argument has the wrong value; if the study minimises, has several
        objectives, or was made with other data, folds, scoring or estimator; if the
        file at `storage` is not one of studies; and as `CrossValidationObjective`.
    ConnectionError
        If the database does not answer, or goes away.
    FileNotFoundError
        If the folder of `storage` does not exist.
    RuntimeError
        If every trial failed, or if the system killed a process of this call.

    Notes
    -----
    Ctrl-C ends the search with a warning; the study is returned with all trials that
    ended. With a storage, the next call runs the interrupted one again.

    The trial of a killed process is run again by the other processes, or by the next
    call, one minute after the last sign of life in the database. A call that has
    nothing else to do waits for it, with a message. A `JournalStorage` has no signs of
    life: there another trial is run in its place.

    Values from `suggest` are stored as JSON. Functions, estimators and the like cannot
    be stored: a later call, or one with several processes, calls `suggest` again with
    the best trial. There is a warning, and no best estimator, if it does not return
    what was scored.

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
    _check_numbers(n_trials, timeout, random_state)
    if n_trials is timeout is None and not callbacks and _never_stops(sampler):
        raise ValueError(
            "n_trials and timeout are both None, and nothing else ends the study. Pass "
            "one of them, or a callback or a sampler that stops it."
        )
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
        **folds,
    )
    how: dict[str, Any] = {
        "study_name": study_name,
        "sampler": sampler or default_sampler(random_state),
        "pruner": pruner
        or optuna.pruners.PercentilePruner(
            200 / 3,
            n_startup_trials=5,
            # Early scores say more of the learning rate than of the end.
            n_warmup_steps=objective.max_epochs_ // 2,
        ),
    }
    options = {
        "n_trials": n_trials,
        "deadline": time.time() + (math.inf if timeout is None else timeout),
        "callbacks": callbacks,
    }
    with (
        _study.quiet_optuna(),
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
    ):
        is_shared_for_now = storage is None and n_jobs > 1
        if is_shared_for_now:
            address = sqlite_address(Path(folder, "study.db"))
        opened = open_storage(address)
        interrupted = False
        with clear_storage_errors(opened):
            study = optuna.create_study(
                storage=opened, direction="maximize", load_if_exists=True, **how
            )
            check_study(study, objective, scoring, storage is not None)
            if any(trial.state.is_finished() for trial in study.trials):
                study.sampler.reseed_rng()  # or it would sample its first trials again
            _study.repeat_interrupted(study)
            with StudyProgress(study, n_trials, verbose) as progress:
                try:
                    _study.search(
                        study, objective, n_jobs, address, how, progress, **options
                    )
                except KeyboardInterrupt:
                    interrupted = True
            if is_shared_for_now:
                study = _into_memory(study, opened, how)
                opened.engine.dispose()  # Windows cannot remove an open file
        done = [*filter(_study.is_done, study.get_trials(deepcopy=False))]
        best_params = _best_params(objective, study)
    if interrupted:
        warn_user(
            f"Interrupted after {len(done)} trials: {trials_text(done)}. They are in "
            "the study that is returned. With a storage, call tune again to continue. "
            "There is no best_estimator."
        )
        return TuningResult(study, best_params, None)
    return TuningResult(study, best_params, _refit(objective, best_params, done))


def _check_numbers(n_trials, timeout, random_state):
    """Raise an error for numbers of the wrong kind or out of their range."""
    for name, value, kind, least in (
        ("n_trials", n_trials, Integral, 1),
        ("timeout", timeout, Real, 0),
        ("random_state", random_state, Integral, 0),
    ):
        if value is None:
            continue
        text = f"{name} must be {'an integer' if kind is Integral else 'a number'} of "
        text += f"at least {least}, or None. Got {value!r} instead."
        if isinstance(value, bool) or not isinstance(value, kind):
            raise TypeError(text)
        if not value >= least:  # true of NaN
            raise ValueError(text)


def _never_stops(sampler):
    if sampler is None:
        return True
    is_optunas = type(sampler).__module__.startswith("optuna.")
    return is_optunas and not isinstance(sampler, ENDING)


def _into_memory(study, opened, how):
    """Copy a study out of a file that is about to be removed."""
    memory = optuna.storages.InMemoryStorage()
    optuna.copy_study(
        from_study_name=study.study_name, from_storage=opened, to_storage=memory
    )
    return optuna.load_study(storage=memory, **how)


def _best_params(objective, study):
    """Return the parameters of the best trial; None if there is none."""
    if all(trial.state.name != "COMPLETE" for trial in study.trials):
        return None
    best = study.best_trial
    params = objective._scored_params(best)
    if params is None:
        warn_user(
            f"The best trial, {best.number}, has parameters without a form in JSON and "
            "suggest does not return them again: there is no best_estimator. They were "
            f"{best.user_attrs.get(PARAMS)}."
        )
    return params


def _refit(objective, best_params, done):
    """Train on everything with the best parameters; None where there are none."""
    if best_params is not None:
        best = clone(objective.estimator).set_params(**best_params)
        return best.fit(objective.X, objective.y, **objective.params)
    failed = [trial for trial in done if ERROR in trial.user_attrs]
    if done and len(failed) == len(done):
        raise RuntimeError(
            f"Every one of the {len(done)} trials failed. The last one's reason: "
            f"{failed[-1].user_attrs[ERROR]}"
        )
    return None
