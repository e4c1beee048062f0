"""One Optuna study for any number of processes: none of its trials lost or run twice.

Optuna's storages do the sharing. What is added here: when a study has all its trials,
and whose trials are to be run again because their process is dead.
"""

import contextlib
import copy
import os
import platform
import time
import warnings
from datetime import datetime, timedelta
from pathlib import Path

import psutil
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from ._optuna import optuna

ExperimentalWarning = optuna.exceptions.ExperimentalWarning
TrialState = optuna.trial.TrialState
LOST_STORAGE = (OperationalError, optuna.exceptions.StorageInternalError)

HEARTBEAT = 30  # seconds between two signs of life of a trial in a database
GRACE = 120  # seconds without one until the trial is given to another process
MAX_RETRIES = 3
OPENINGS = 5  # tries to open a database that others fill with tables
CLOCK_STEP = 2.0  # seconds by which the same start may seem another
POLL = 1.0  # seconds between two looks at the trials of other processes
TESTED = (TrialState.COMPLETE, TrialState.PRUNED)
WORKER = "worker"  # the attribute of a trial that names its process


class SurplusTrial(Exception):
    """Others began the last trials of the study a moment before this one."""


def open_storage(storage):
    """Open what `skdigits.tuning.tune` takes as `storage`.

    Parameters
    ----------
    storage : str, path-like, optuna.storages.BaseStorage or None

    Returns
    -------
    optuna.storages.BaseStorage

    Raises
    ------
    ConnectionError
        If a database does not answer.
    """
    if storage is None:
        return optuna.storages.InMemoryStorage()
    if isinstance(storage, optuna.storages.BaseStorage):
        return storage
    if "://" not in str(storage):
        Path(storage).parent.mkdir(parents=True, exist_ok=True)
        path = os.fspath(storage)
        # Optuna's default lock is a symbolic link. On Windows that needs a privilege,
        # and one that a killed process left is not removed where the path is relative.
        lock = optuna.storages.journal.JournalFileOpenLock(path)
        return optuna.storages.JournalStorage(
            optuna.storages.journal.JournalFileBackend(path, lock_obj=lock)
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        retry = optuna.storages.RetryHeartbeatStaleTrialCallback(max_retry=MAX_RETRIES)
        for attempt in range(1, OPENINGS + 1):
            try:
                return optuna.storages.RDBStorage(
                    storage,
                    engine_kwargs={"pool_pre_ping": True},
                    heartbeat_interval=HEARTBEAT,
                    grace_period=GRACE,
                    heartbeat_stale_trial_callback=retry,
                )
            except OperationalError as exc:
                address = make_url(storage).render_as_string(hide_password=True)
                raise ConnectionError(
                    f"The storage {address} does not answer. Start the server, or "
                    "correct the address. Nothing was changed."
                ) from exc
            # Of several processes that find a database empty, each makes the tables,
            # and all but one are told that those exist.
            except (IntegrityError, ProgrammingError):
                if attempt == OPENINGS:
                    raise
                time.sleep(POLL)


@contextlib.contextmanager
def storage_in_view():
    """Say so, rather than what broke of it, when a database goes away."""
    try:
        yield
    except Exception as exc:
        cause = exc
        while cause is not None:
            if isinstance(cause, LOST_STORAGE):
                raise ConnectionError(
                    "The study's storage went away in the middle of the search. What "
                    "was finished is in it: when it is back, the same call goes on."
                ) from exc
            cause = cause.__cause__ or cause.__context__
        raise


def run_trials(study, storage, objective, n_trials, deadline):
    """Run trials until the study has `n_trials`, whoever runs them.

    Parameters
    ----------
    study : optuna.study.Study
    storage : optuna.storages.BaseStorage
        The study's.
    objective : callable
    n_trials : int or None
        Trials that completed, were pruned, or failed by themselves; those of killed
        processes do not count, they are retried.
    deadline : float or None
        `time.time` after which no trial is started.
    """

    def run(trial):
        trial.set_user_attr(WORKER, _this_process())
        if n_trials is not None and _is_surplus(study, trial.number, n_trials):
            raise SurplusTrial
        return objective(trial)

    while deadline is None or time.time() < deadline:
        _retry_dead(study, storage)
        trials = study.get_trials(deepcopy=False)
        if n_trials is not None and sum(map(is_done, trials)) >= n_trials:
            return
        waiting = any(trial.state == TrialState.WAITING for trial in trials)
        if n_trials is None or waiting or sum(map(_counts, trials)) < n_trials:
            study.optimize(run, n_trials=1, catch=(SurplusTrial,))
        else:  # the last ones run elsewhere; should one die, it is retried here
            time.sleep(POLL)


def is_done(trial):
    """Whether a trial was tried: it completed, was pruned, or failed by itself."""
    return trial.state in TESTED or "error" in trial.user_attrs


def _counts(trial):
    """Whether a trial is one of those that the study is to have."""
    if trial.state == TrialState.RUNNING and WORKER not in trial.user_attrs:
        # Its process is about to put its name there, or was killed before it could.
        return datetime.now() - trial.datetime_start < timedelta(seconds=GRACE)
    return is_done(trial) or trial.state in (TrialState.RUNNING, TrialState.WAITING)


def _is_surplus(study, number, n_trials):
    """Whether others began as many trials before this one."""
    trials = study.get_trials(deepcopy=False)
    return sum(_counts(trial) for trial in trials if trial.number < number) >= n_trials


def _retry_dead(study, storage):
    """Fail the trials of dead processes and put the same ones in the queue.

    For databases Optuna does it by heartbeats, which also tell of other machines. It
    has none for journal files: there a trial has the name of its process.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        if getattr(storage, "get_heartbeat_interval", lambda: None)() is not None:
            optuna.storages.fail_stale_trials(study)
            return
        retry = optuna.storages.RetryHeartbeatStaleTrialCallback(max_retry=MAX_RETRIES)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if not _is_dead(trial.user_attrs.get(WORKER)):
            continue
        # Of several processes that notice it, one is the first to say so.
        with contextlib.suppress(
            optuna.exceptions.UpdateFinishedTrialError, ValueError
        ):
            study.tell(trial.number, state=TrialState.FAIL)
            again = copy.deepcopy(trial)
            del again.user_attrs[WORKER]
            retry(study, again)


def _this_process():
    """Name this process for others: [machine, pid, start, start of the machine]."""
    process = psutil.Process()
    return [
        platform.node(),
        process.pid,
        process.create_time(),
        _start_of_machine(),
    ]


def _start_of_machine():
    """Give the time when this machine or, in one, this container was started.

    Each container numbers its processes anew, and several may have one name.
    """
    try:
        return psutil.Process(min(psutil.pids())).create_time()
    except psutil.Error:
        return psutil.boot_time()


def _is_dead(worker):
    """Whether a process that `_this_process` named ran on this machine and is gone."""
    if worker is None:
        return False
    machine, pid, start, start_of_machine = worker
    is_here = machine == platform.node() and _is_same_time(
        start_of_machine, _start_of_machine()
    )
    if not is_here:
        return False
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return True
        # The system gives the number to another process some day.
        return not _is_same_time(process.create_time(), start)
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:  # it is there, and somebody else's
        return False


def _is_same_time(one, other):
    # The start of a process is counted from the start of the system, and the clock that
    # says when this was is corrected now and then.
    return abs(one - other) <= CLOCK_STEP
