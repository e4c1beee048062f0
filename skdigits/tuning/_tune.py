"""A whole study: trials in one process or many, and the best estimator."""

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import joblib
from joblib.externals.loky.process_executor import TerminatedWorkerError
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import BaseCrossValidator

from .._core.warnings import warn_user
from . import _study
from ._objective import CrossValidationObjective
from ._optuna import optuna
from ._progress import StudyProgress, trials_text
from ._search_space import suggest_digit_params

IDENTITY = "skdigits"  # the attribute of a study that says what it was made with


class TuningResult(NamedTuple):
    """What `tune` found.

    Parameters
    ----------
    study : optuna.study.Study
        With all trials, their scores and their intermediate values.
    best_params : dict or None
        Parameters of the estimator in the best trial, for ``set_params``; None if no
        trial has completed. What the trial was asked, which may have other names, is in
        ``study.best_params``.
    best_estimator : estimator or None
        Trained on all samples with `best_params`; None if the study was interrupted,
        or if no trial has completed.
    """

    study: optuna.study.Study
    best_params: dict[str, Any] | None
    best_estimator: Any


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
    storage: str | os.PathLike[str] | optuna.storages.BaseStorage | None = None,
    study_name: str = "skdigits",
    n_jobs: int | None = None,
    random_state: int | None = None,
    verbose: int = 1,
) -> TuningResult:
    """Search for the best parameters and train with them.

    A study that `storage` has already goes on: what was interrupted or killed is made
    good by the same call. The same call in several processes, on one machine or on
    many, shares one study.

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
        Trials that the study is to have in the end, those of earlier calls and of
        other processes counted; pruned ones and those that failed by themselves, too.
        None means until `timeout`.
    timeout : float, default=None
        Seconds after which no trial is started.
    cv : int, cross-validation generator or iterable, default=5
        As in `sklearn.model_selection.cross_val_score`.
    scoring : str, callable or None, default="accuracy"
        As in `sklearn.model_selection.cross_val_score`.
    groups : array-like of shape (n_samples,), default=None
        For the splits of `cv`.
    params : dict, default=None
        What ``fit`` is given beside `X` and `y`, such as ``sample_weight``.
    max_epochs : int, default=None
        The most epochs that `suggest` may ask for. None means those of `estimator`.
    sampler : optuna.samplers.BaseSampler, default=None
        None means Optuna's TPE sampler, seeded by `random_state`.
    pruner : optuna.pruners.BasePruner, default=None
        None means successive halving by epochs; ``optuna.pruners.NopPruner()`` means
        that every trial is trained to its end.
    storage : str, path-like, optuna.storages.BaseStorage or None, default=None
        The path of a journal file for processes of one machine; the address of a
        database, such as "postgresql+psycopg://user@host/name", for many machines; None
        for a study in memory.
    study_name : str, default="skdigits"
        The study in `storage`.
    n_jobs : int, default=None
        Trials at a time, each in a process of its own, as in scikit-learn.
    random_state : int or None, default=None
        Seed of the default sampler. With one process the same study comes out again.
    verbose : int, default=1
        0 is silent; 1 shows a progress bar, or a line for each trial where there is no
        terminal.

    Returns
    -------
    result : TuningResult
        A named tuple of the study, the best parameters and the best estimator.

    Raises
    ------
    ValueError
        If the study was made with other data, folds, scoring or estimator; and as
        `CrossValidationObjective`.
    ConnectionError
        If the database does not answer, or goes away.
    RuntimeError
        If every trial failed, or if the system killed a process of this call.

    Notes
    -----
    Ctrl-C ends the search after a clean-up, with a warning; all trials that ended are
    kept and the study is returned.

    The trial of a process that was killed is run again by those that are left, or by
    the next call. Databases are told of dead processes by their missing heartbeat,
    two minutes after it stopped; with a journal file the processes of one machine see
    it at once.

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
    objective = CrossValidationObjective(
        estimator,
        X,
        y,
        suggest=suggest,
        cv=cv,
        scoring=scoring,
        groups=groups,
        params=params,
        max_epochs=max_epochs,
    )
    n_jobs = joblib.effective_n_jobs(n_jobs)
    pruner = pruner or optuna.pruners.SuccessiveHalvingPruner(
        min_resource=max(1, objective.max_epochs_ // 5), reduction_factor=3
    )
    how = {
        "study_name": study_name,
        "sampler": sampler or optuna.samplers.TPESampler(seed=random_state),
        "pruner": pruner,
    }
    deadline = None if timeout is None else time.time() + timeout
    with _quiet_optuna(), _for_processes(storage, n_jobs) as shared:
        opened = _study.open_storage(shared)
        study = optuna.create_study(
            storage=opened, direction="maximize", load_if_exists=True, **how
        )
        _check_identity(study, _identity(objective, scoring))
        with StudyProgress(study, n_trials, verbose):
            try:
                with _study.storage_in_view():
                    if n_jobs == 1:
                        _study.run_trials(study, opened, objective, n_trials, deadline)
                    else:
                        _run_in_processes(
                            n_jobs, shared, how, objective, n_trials, deadline
                        )
                interrupted = False
            except KeyboardInterrupt:
                interrupted = True
        if shared is not storage:
            study = _into_memory(study, opened, how)
    done = [*filter(_study.is_done, study.get_trials(deepcopy=False))]
    # What `suggest` returns, and not `study.best_params`: names may be others there.
    best_params = _best_params(objective, study, done)
    if interrupted:
        warn_user(
            f"Interrupted after {len(done)} trials: {trials_text(done)}. They are in "
            "the study that is returned; with a storage, the same call goes on. There "
            "is no best_estimator."
        )
        return TuningResult(study, best_params, None)
    return TuningResult(study, best_params, _refit(objective, best_params, done))


@contextlib.contextmanager
def _quiet_optuna():
    """Silence Optuna's line for each trial; `tune` shows them its own way."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(level)


@contextlib.contextmanager
def _for_processes(storage, n_jobs):
    """Give a storage that processes can share; where there is none, a file for now."""
    if n_jobs == 1 or storage is not None:
        yield storage
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder, "study.journal")


def _run_in_processes(n_jobs, storage, how, objective, n_trials, deadline):
    """Run a study's trials in joblib's workers."""
    task = joblib.delayed(_work)(storage, how, objective, n_trials, deadline)
    try:
        joblib.Parallel(n_jobs=n_jobs)([task] * n_jobs)
    except TerminatedWorkerError as exc:
        raise RuntimeError(
            "A process of the search was killed, by the system perhaps, for want of "
            "memory. What it had finished is in the study. With a storage, the same "
            "call goes on; lower n_jobs if it happens again."
        ) from exc


def _work(storage, how, objective, n_trials, deadline):
    """Take part in a study: the work of one process."""
    with _quiet_optuna():
        opened = _study.open_storage(storage)
        study = optuna.load_study(storage=opened, **how)
        study.sampler.reseed_rng()  # or all would suggest the same
        _study.run_trials(study, opened, objective, n_trials, deadline)


def _into_memory(study, opened, how):
    """Copy a study out of a file that is about to go."""
    memory = optuna.storages.InMemoryStorage()
    optuna.copy_study(
        from_study_name=study.study_name, from_storage=opened, to_storage=memory
    )
    return optuna.load_study(storage=memory, **how)


def _identity(objective, scoring):
    """Say what scores depend on beside a trial's parameters."""
    fixed = {
        name: repr(value)
        for name, value in objective.estimator.get_params().items()
        # Others, such as nested estimators, have no text that is equal in each process.
        if isinstance(value, (bool, int, float, str, tuple, type(None)))
        and not name.endswith("verbose")
    }
    return {
        "data": joblib.hash([objective.X, objective.y]),
        "folds": joblib.hash(objective.splits_),
        "scoring": str(scoring),
        "max_epochs": objective.max_epochs_,
        "parameters of the estimator": fixed,
    }


def _check_identity(study, identity):
    """Raise a ValueError if a study's trials are not comparable to those to come."""
    found = study.user_attrs.get(IDENTITY)
    if found is None:
        study.set_user_attr(IDENTITY, identity)
        return
    different = [key for key, value in identity.items() if found.get(key) != value]
    if different:
        raise ValueError(
            f"The study {study.study_name!r} was made with other "
            f"{', '.join(different)}: its scores say nothing about these. Choose "
            "another study_name, or call tune as it was called."
        )


def _best_params(objective, study, done):
    """Give what the best trial stands for to the estimator; None if there is none."""
    if not any(trial.state == optuna.trial.TrialState.COMPLETE for trial in done):
        return None
    return objective.suggest(study.best_trial)


def _refit(objective, best_params, done):
    """Train on everything with the best parameters; None where there are none."""
    if best_params is not None:
        best = clone(objective.estimator).set_params(**best_params)
        return best.fit(objective.X, objective.y, **objective.params)
    failed = [trial for trial in done if "error" in trial.user_attrs]
    if done and len(failed) == len(done):
        raise RuntimeError(
            f"Every one of the {len(done)} trials failed. The last one's reason: "
            f"{failed[-1].user_attrs['error']}"
        )
    return None
