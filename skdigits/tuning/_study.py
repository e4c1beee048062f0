"""One study for any number of processes, each of which runs ``study.optimize``."""

import contextlib
import logging
import time
import uuid
from datetime import datetime, timedelta

import joblib
from joblib.externals.loky.process_executor import TerminatedWorkerError

from . import _storage
from ._objective import ERROR
from ._optuna import optuna
from ._scored import PARAMS

TrialState = optuna.trial.TrialState
STOPPED = "stopped"  # attribute of a study: the last call that was stopped


def is_done(trial):
    """Whether a trial completed, was pruned, or failed by itself."""
    return (
        trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
        or ERROR in trial.user_attrs
    )


def running_elsewhere(study):
    """Return the running trials whose process sends signs of life, or did so lately.

    Only databases with heartbeats know it.
    """
    if getattr(study._storage, "get_heartbeat_interval", lambda: None)() is None:
        return []
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    # A process that was killed before the first heartbeat is never found dead.
    recent = datetime.now() - timedelta(seconds=_storage.GRACE + _storage.HEARTBEAT)
    return [t for t in running if PARAMS in t.user_attrs or t.datetime_start > recent]


def repeat_interrupted(study):
    """Queue trials again that Ctrl-C or an error of a call ended."""
    retry = _storage.retry_callback()
    trials = study.trials
    repeated = {n for t in trials for n in t.system_attrs.get("retry_history", [])}
    for trial in trials:
        is_lost = trial.state == TrialState.FAIL and not is_done(trial)
        if is_lost and trial.number not in repeated:
            retry(study, trial)


class StopWhenEnough:
    """A callback that stops when trials are done, or when another process stopped.

    Optuna's MaxTrialsCallback counts states: it cannot tell a trial that failed by
    itself from one whose process was killed.
    """

    def __init__(self, n_trials, call=None):
        self.n_trials, self.call = n_trials, call
        self.is_enough = False

    def __call__(self, study, trial=None):
        if self.n_trials is not None:
            done = sum(map(is_done, study.get_trials(deepcopy=False)))
            self.is_enough = done + len(running_elsewhere(study)) >= self.n_trials
        if trial is not None and (
            self.is_enough or (self.call and study.user_attrs.get(STOPPED) == self.call)
        ):
            study.stop()


def run_trials(study, objective, *, n_trials, deadline, callbacks, call=None):
    """Run trials in this process; return whether something but `n_trials` ended them.

    No trial is started after the `time.time` of `deadline`. All processes of one
    `call` stop when one is stopped.
    """

    if getattr(study.sampler, "is_exhausted", lambda study: False)(study):
        return True  # GridSampler would run a trial again
    enough = StopWhenEnough(n_trials, call)
    enough(study)
    if not enough.is_enough:
        left = max(0, deadline - time.time())
        study.optimize(objective, timeout=left, callbacks=[enough, *callbacks])
        if call and not enough.is_enough:
            study.set_user_attr(STOPPED, call)
    return not enough.is_enough


def run_in_processes(n_jobs, address, how, objective, **options):
    """Run trials in joblib's workers, as `run_trials` does in this process."""
    call = uuid.uuid4().hex
    task = joblib.delayed(_work)(address, how, objective, call=call, **options)
    try:
        return any(joblib.Parallel(n_jobs=n_jobs)([task] * n_jobs))
    except TerminatedWorkerError as exc:
        raise RuntimeError(
            "A process of the search was killed, perhaps by the system for want of "
            "memory. What it had finished is in the study. With a storage, call tune "
            "again; lower n_jobs if it happens again."
        ) from exc


def _work(address, how, objective, **options):
    with quiet_optuna():
        study = optuna.load_study(storage=_storage.open_storage(address), **how)
        study.sampler.reseed_rng()  # or all processes would sample the same
        return run_trials(study, objective, **options)


def wait_for_others(study, n_trials, deadline, progress):
    """Wait for trials of other processes: whether the study still lacks trials.

    Those of killed processes are put into the queue again after the grace period.
    """
    others = running_elsewhere(study)
    if others:
        numbers = ", ".join(str(trial.number) for trial in others)
        progress.write(
            f"Waiting for trial {numbers} of another process. If that was killed, the "
            f"trial is run again within {_storage.GRACE} seconds."
        )
    while time.time() < deadline:
        with _storage.no_experimental_warnings():
            optuna.storages.fail_stale_trials(study)
        done = sum(map(is_done, study.get_trials(deepcopy=False)))
        if done >= n_trials:
            return False
        if done + len(running_elsewhere(study)) < n_trials:
            return True
        time.sleep(_storage.POLL)
    return False


def search(study, objective, n_jobs, address, how, progress, **options):
    """Run trials, in this process or in several, until the study is complete."""
    n_trials, deadline = options["n_trials"], options["deadline"]
    while True:
        if n_trials is not None:
            done = sum(map(is_done, study.get_trials(deepcopy=False)))
            n_jobs = max(1, min(n_jobs, n_trials - done))
        if n_jobs == 1:
            stopped = run_trials(study, objective, **options)
        else:
            stopped = run_in_processes(n_jobs, address, how, objective, **options)
        if stopped or not wait_for_others(study, n_trials, deadline, progress):
            return


@contextlib.contextmanager
def quiet_optuna():
    """Silence Optuna's line for each trial, and the traceback of Ctrl-C."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(level, optuna.logging.WARNING))
    handlers = [*logging.getLogger("optuna").handlers]
    for handler in handlers:
        handler.addFilter(_is_not_ctrl_c)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(_is_not_ctrl_c)
        optuna.logging.set_verbosity(level)


def _is_not_ctrl_c(record):
    return not record.exc_info or record.exc_info[0] is not KeyboardInterrupt
