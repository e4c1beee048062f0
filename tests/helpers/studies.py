"""Studies of a small pipeline, and processes that work on one and are killed."""

import subprocess
import sys
import time

import optuna
from optuna.trial import TrialState
from sklearn.datasets import load_digits
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skdigits import CNNClassifier, ImageAugmenter
from skdigits.tuning import tune


def pipeline(**params):
    cnn = CNNClassifier(
        **{"epochs": 3, "width": 0.25, "batch_size": 32, "random_state": 0, **params}
    )
    augment = ImageAugmenter(shift=0.05, random_state=0)
    return Pipeline([("augment", augment), ("cnn", cnn)])


def suggest_rate(trial):
    return {"cnn__learning_rate": trial.suggest_float("rate", 1e-4, 1e-2, log=True)}


def make_study(pruner=None, **options):
    pruner = pruner or optuna.pruners.NopPruner()
    sampler = optuna.samplers.RandomSampler(seed=0)
    return optuna.create_study(
        direction="maximize", pruner=pruner, sampler=sampler, **options
    )


def run_tune(digits, **options):
    X, y = digits
    options = {"suggest": suggest_rate, "cv": 2, "random_state": 0, **options}
    return tune(options.pop("model", pipeline(epochs=2)), X, y, **options)


def tune_svc(n_samples=200, **options):
    """Tune an estimator that is fast to train."""
    X, y = load_digits(return_X_y=True)
    defaults = {
        "X": X[:n_samples],
        "y": y[:n_samples],
        "suggest": suggest_C,
        "cv": 3,
        "random_state": 0,
        "verbose": 0,
    }
    return tune(options.pop("estimator", SVC()), **{**defaults, **options})


def suggest_C(trial):
    return {"C": trial.suggest_float("C", 0.01, 10, log=True)}


SCRIPT = """
import os, sys
from sklearn.datasets import load_digits
from skdigits import CNNClassifier
from skdigits.tuning import _storage, tune
_storage.HEARTBEAT, _storage.GRACE = 1, 4  # seconds, to notice a dead process soon
X, y = load_digits(return_X_y=True)
model = CNNClassifier(epochs=4, width=0.25, batch_size=16, random_state=0)
def suggest(trial):
    trial.set_user_attr("pid", os.getpid())
    return {"learning_rate": trial.suggest_float("rate", 1e-4, 1e-2, log=True)}
study, _, best = tune(model, X[:300], y[:300], suggest=suggest, n_trials=9, cv=2,
                      storage=sys.argv[1], verbose=0)
"""


def start_worker(storage, script=SCRIPT):
    command = [sys.executable, "-W", "error::UserWarning", "-c", script, str(storage)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def wait_for_running_trial(study, seconds=120):
    """Wait until a process trains a trial; return its pid and the trial."""
    deadline = time.time() + seconds
    while time.time() < deadline:
        for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if "pid" in trial.user_attrs and trial.intermediate_values:
                return trial.user_attrs["pid"], trial.number
        time.sleep(0.05)
    raise TimeoutError(f"no trial was started within {seconds} s")


def kill_one_of_three(storage, load, script=SCRIPT):
    """Run a study in three processes and kill one; return the study and its trial."""
    workers = [start_worker(storage, script) for _ in range(3)]
    try:
        deadline = time.time() + 120
        while True:
            try:
                study = load()
                break
            except Exception:
                if time.time() > deadline:
                    raise
                time.sleep(0.1)
        pid, victim = wait_for_running_trial(study)
        (killed,) = (worker for worker in workers if worker.pid == pid)
        killed.kill()
        for worker in workers:
            if worker is killed:
                continue
            _, errors = worker.communicate(timeout=240)
            assert worker.returncode == 0, errors
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    return study, victim


def check_nothing_lost(study, victim):
    trials = study.get_trials()
    tested = [t for t in trials if t.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    assert 9 <= len(tested) <= 11  # three processes
    assert trials[victim].state == TrialState.FAIL
    retried = [t for t in tested if t.system_attrs.get("failed_trial") == victim]
    assert [t.params for t in retried] == [trials[victim].params]
    rates = [trial.params["rate"] for trial in tested]
    assert len(set(rates)) == len(rates)
