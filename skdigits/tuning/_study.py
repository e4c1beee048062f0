"""One study for any number of processes, each of which runs ``study.optimize``."""

import contextlib
import logging
import sys
import threading
import time
import uuid
import warnings
from datetime import datetime, timedelta

import joblib
import numpy as np
import optuna
from joblib.externals.loky.process_executor import TerminatedWorkerError
from optuna.trial import TrialState
from sklearn.frozen import FrozenEstimator

from .._core.identity import NOT_COMPARED, describe
from .._core.warnings import warn_user
from . import _storage
from ._objective import ERROR, PARAMS

IDENTITY = "skdigits"  # attribute of a study: descriptions of all that scores depend on
TRIAL_LOGGERS = ("_optimize", "_tell")  # modules of optuna.study that log each trial
STOPPED = "stopped"  # attribute of a study: the last call that was stopped


class SeededSampler(optuna.samplers.TPESampler):
    """TPE sampler whose samples do not depend on the process that asks for them.

    They depend on the seed, the trial's number and the trials before. Trials that are
    run again after a kill are not numbered.
    """

    def __init__(self, seed):
        super().__init__(seed=seed)
        self._study_seed = seed

    def before_trial(self, study, trial):
        number = trial.system_attrs.get("failed_trial", trial.number)
        before = study.get_trials(deepcopy=False)[:number]
        number -= sum("failed_trial" in trial.system_attrs for trial in before)
        seed = np.random.SeedSequence([self._study_seed, number]).generate_state(1)[0]
        super().__init__(seed=int(seed))
        super().before_trial(study, trial)


def check_study(study, objective, scoring, is_stored):
    """Raise a ValueError if the scores of a study are not comparable."""
    if [direction.name for direction in study.directions] != ["MAXIMIZE"]:
        raise ValueError(
            f"The study {study.study_name!r} must maximise one score. Create it with "
            "optuna.create_study(direction='maximize'), or choose another study_name."
        )
    vague = []
    identity = _identity(objective, scoring, vague)
    found = study.user_attrs.get(IDENTITY)
    if found is None:
        if any(trial.state == TrialState.COMPLETE for trial in study.trials):
            raise ValueError(
                f"The study {study.study_name!r} must hold only trials of tune. "
                "Choose another study_name; its enqueue_trial repeats the other trials."
            )
        study.set_user_attr(IDENTITY, found := identity)
    names = sorted({*found, *identity})
    different = [name for name in names if found.get(name) != identity.get(name)]
    has_random_folds = is_stored and (describe(objective._split()) != identity["folds"])
    advice = (
        "cv splits differently in each call, so the study cannot be continued. Pass a "
        "cv with a random_state."
    )
    if different:
        raise ValueError(
            f"The study {study.study_name!r} was made with other "
            f"{', '.join(different)}: its scores are not comparable. "
            + (f"{advice} " if has_random_folds else "")
            + "Choose another study_name, or pass what the study was made with."
        )
    if has_random_folds:
        warn_user(advice)
    if vague and is_stored:
        warn_user(
            f"The study recognises {', '.join(sorted(set(vague)))} only by the name: a "
            "later call does not notice changes. Use functions of a module."
        )


def _identity(objective, scoring, vague):
    """Describe all that scores depend on, except a trial's parameters."""
    parts = {
        f"{name} of the estimator": describe(_without_params(value), vague)
        for name, value in objective.estimator.get_params().items()
        if name.rpartition("__")[2] not in NOT_COMPARED
    }
    for name, value in objective.params.items():
        parts[f"{name} in params"] = describe(value, vague)
    return {
        **parts,
        "data": describe(objective.X) + describe(objective.y),
        "folds": describe(objective.splits_),
        "scoring": describe(scoring, vague),
        "max_epochs": objective.max_epochs_,
        "estimator": describe(type(objective.estimator), vague),
    }


def _without_params(value):
    """Return only the class of an estimator, whose parameters are compared by name."""
    if isinstance(value, (list, tuple)):
        return [*map(_without_params, value)]
    is_estimator = hasattr(value, "get_params") and not isinstance(value, type)
    return type(value) if is_estimator and type(value) is not FrozenEstimator else value


def done_trials(study):
    """Return the trials that completed, were pruned, or could not be trained."""
    return [*filter(_is_done, study.get_trials(deepcopy=False))]


def _is_done(trial):
    # Optuna marks the trial of a killed process as failed; that one is run again.
    is_scored = trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
    return is_scored or ERROR in trial.user_attrs


def _running_elsewhere(study):
    """Return the running trials of other processes, if the storage has heartbeats."""
    if getattr(study._storage, "get_heartbeat_interval", lambda: None)() is None:
        return []
    # Optuna never marks a trial as failed that was killed before its first heartbeat.
    recent = datetime.now() - timedelta(seconds=_storage.GRACE + _storage.HEARTBEAT)
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    return [t for t in running if PARAMS in t.user_attrs or t.datetime_start > recent]


def repeat_interrupted(study):
    """Queue the trials again that Ctrl-C or an error ended."""
    repeated = {
        n for t in study.trials for n in t.system_attrs.get("retry_history", [])
    }
    for trial in study.trials:
        is_lost = trial.state == TrialState.FAIL and not _is_done(trial)
        if is_lost and trial.number not in repeated:
            _storage.retry_callback()(study, trial)


def search(study, objective, n_jobs, address, how, verbose, **limits):
    """Run trials, in this process or in several, until the study is complete."""
    n_trials, deadline = limits["n_trials"], limits["deadline"]
    while True:
        if n_trials is not None:
            n_jobs = max(1, min(n_jobs, n_trials - len(done_trials(study))))
        if n_jobs == 1:
            is_stopped = _run_trials(study, objective, **limits)
        else:
            is_stopped = _run_in_processes(n_jobs, address, how, objective, **limits)
        if is_stopped or not _wait_for_others(study, n_trials, deadline, verbose):
            return


def _run_trials(study, objective, *, n_trials, deadline, callbacks, call=None):
    """Run trials in this process; return whether they ended before `n_trials`.

    No trial is started after the `time.time` of `deadline`. If one process of a `call`
    is stopped, all are.
    """
    is_enough = False

    # Optuna's MaxTrialsCallback would count the trials of killed processes.
    def stop_when_enough(study, trial=None):
        nonlocal is_enough
        if n_trials is not None:
            running = _running_elsewhere(study)
            is_enough = len(done_trials(study)) + len(running) >= n_trials
        is_stopped = call is not None and study.user_attrs.get(STOPPED) == call
        if trial is not None and (is_enough or is_stopped):
            study.stop()

    if getattr(study.sampler, "is_exhausted", lambda study: False)(study):
        return True  # GridSampler would run a trial again
    stop_when_enough(study)
    if not is_enough:
        left = max(0, deadline - time.time())
        callbacks = [stop_when_enough, *callbacks]
        study.optimize(objective, timeout=left, callbacks=callbacks)
        if call and not is_enough:
            study.set_user_attr(STOPPED, call)
    return not is_enough


def _run_in_processes(n_jobs, address, how, objective, **limits):
    """Run trials in joblib's workers, as `_run_trials` does in this process."""
    task = joblib.delayed(_work)(
        address, how, objective, call=uuid.uuid4().hex, **limits
    )
    try:
        return any(joblib.Parallel(n_jobs=n_jobs)([task] * n_jobs))
    except TerminatedWorkerError as exc:
        raise RuntimeError(
            "A process of the search was killed, perhaps because memory ran out. Its "
            "finished trials are in the study. With a storage, call tune again; lower "
            "n_jobs if it is killed again."
        ) from exc


def _work(address, how, objective, **limits):
    with quiet_optuna():
        study = optuna.load_study(storage=_storage.open_storage(address), **how)
        study.sampler.reseed_rng()  # all processes would sample the same trials
        return _run_trials(study, objective, **limits)


def _wait_for_others(study, n_trials, deadline, verbose):
    """Wait for other processes; return whether the study still lacks trials.

    After the grace period, Optuna queues the trials of killed processes again.
    """
    others = ", ".join(str(trial.number) for trial in _running_elsewhere(study))
    if others and verbose:
        sys.stdout.write(
            f"Waiting for trial {others} of another process. If that was killed, the "
            f"trial is run again within {_storage.GRACE} seconds.\n"
        )
    while time.time() < deadline:
        optuna.storages.fail_stale_trials(study)
        done = len(done_trials(study))
        if done >= n_trials or done + len(_running_elsewhere(study)) < n_trials:
            return done < n_trials
        time.sleep(_storage.POLL)
    return False


@contextlib.contextmanager
def show_trials(study, n_trials, verbose):
    """Write a line for each trial that ends, in this process or another."""
    seen, is_over = set(), threading.Event()

    def write_lines():
        for trial in (done := done_trials(study)):
            if trial.number not in seen:
                seen.add(trial.number)
                is_scored = trial.state == TrialState.COMPLETE
                result = f"{trial.value:.4f}" if is_scored else trial.state.name.lower()
                count = f"{len(seen)}/{n_trials or '?'}"
                line = f"{count} trial {trial.number}: {result}, {_summarize(done)}"
                sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def watch():
        with contextlib.suppress(Exception):  # the search reports a lost storage
            while not is_over.wait(_storage.POLL):
                write_lines()
            write_lines()

    thread = threading.Thread(target=watch, daemon=True)
    if verbose:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        if verbose:
            thread.join()


def _summarize(done):
    """Return the best score and the number of pruned and of failed trials."""
    scores = [t.value for t in done if t.state == TrialState.COMPLETE]
    best = f"best {max(scores):.4f}" if scores else "no score yet"
    pruned = sum(t.state == TrialState.PRUNED for t in done)
    failed = sum(t.state == TrialState.FAIL for t in done)
    return f"{best}, {pruned} pruned" + (f", {failed} failed" if failed else "")


@contextlib.contextmanager
def quiet_optuna():
    """Show the warnings of Optuna, but not each trial nor its experimental features.

    `CrossValidationObjective` itself warns of failed trials.
    """
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(level, optuna.logging.WARNING))
    loggers = [logging.getLogger(f"optuna.study.{name}") for name in TRIAL_LOGGERS]
    for logger in loggers:
        logger.addFilter(_is_not_of_trial)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        for logger in loggers:
            logger.removeFilter(_is_not_of_trial)
        optuna.logging.set_verbosity(level)


def _is_not_of_trial(record):
    return not record.getMessage().startswith("Trial ")
