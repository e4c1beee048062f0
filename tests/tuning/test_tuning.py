"""Studies: what a trial is worth, what pruning saves, and that nothing is lost."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta

import numpy as np
import optuna
import pytest
from callbacks import Epochs
from optuna.trial import TrialState
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skdigits import CNNClassifier, ImageAugmenter, make_digit_pipeline
from skdigits.tuning import (
    CrossValidationObjective,
    suggest_digit_params,
    tune,
)

PRUNERS = {
    "median": lambda: optuna.pruners.MedianPruner(n_startup_trials=1),
    "halving": optuna.pruners.SuccessiveHalvingPruner,
    "hyperband": optuna.pruners.HyperbandPruner,
    "wilcoxon": optuna.pruners.WilcoxonPruner,
}


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


class PruneAt(optuna.pruners.BasePruner):
    """Gives every trial but the first up at a step."""

    def __init__(self, step):
        self.step = step

    def prune(self, study, trial):
        return trial.number > 0 and trial.last_step >= self.step


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss"])
def test_value_is_that_of_cross_val_score(digits, scoring):
    X, y = digits
    objective = CrossValidationObjective(
        pipeline(), X, y, suggest=suggest_rate, cv=3, scoring=scoring
    )
    study = make_study()
    study.optimize(objective, n_trials=2)
    for trial in study.trials:
        model = pipeline().set_params(cnn__learning_rate=trial.params["rate"])
        assert trial.value == cross_val_score(model, X, y, cv=3, scoring=scoring).mean()


def test_reports_between_do_not_change_the_value(digits):
    X, y = digits
    scoring = "neg_log_loss"
    objective = CrossValidationObjective(
        pipeline(), X, y, suggest=suggest_rate, cv=2, scoring=scoring
    )
    trial = make_study(PruneAt(1)).ask()
    value = objective(trial)
    model = pipeline(learning_rate=trial.params["rate"])
    assert value == cross_val_score(model, X, y, cv=2, scoring=scoring).mean()


def test_intermediate_values_are_the_scores_after_each_epoch(digits):
    X, y = digits
    folds = [(np.arange(100), np.arange(100, 200))]
    objective = CrossValidationObjective(
        pipeline(), X, y, suggest=suggest_rate, cv=folds, scoring="neg_log_loss"
    )
    study = make_study(PruneAt(99))
    study.optimize(objective, n_trials=1)
    expected = []
    for epochs in (1, 2, 3):  # the learning rate is that of three epochs
        fitted = pipeline(learning_rate=study.trials[0].params["rate"])
        fitted["cnn"].set_callbacks(StopAfter(epochs))
        fitted.fit(X[:100], y[:100])
        expected.append(-log_loss(y[100:], fitted.predict_proba(X[100:])))
    assert study.trials[0].intermediate_values == dict(enumerate(expected, 1))
    assert len(set(expected)) == 3


class StopAfter(Epochs):
    """Ends a training after some epochs."""

    def __init__(self, epochs):
        super().__init__()
        self.last = epochs

    def on_fit_task_end(self, estimator, context):
        super().on_fit_task_end(estimator, context)
        return self.count == self.last


def test_a_pruned_trial_trains_no_epoch_after_its_pruning(digits):
    X, y = digits
    counter = Epochs()
    model = pipeline()
    model["cnn"].set_callbacks(counter)
    objective = CrossValidationObjective(model, X, y, suggest=suggest_rate, cv=2)
    study = make_study(PruneAt(step=4))  # the first epoch of the second fold
    study.optimize(objective, n_trials=3)
    assert counter.count == 6 + 4 + 4
    states = [trial.state for trial in study.trials]
    assert states == [TrialState.COMPLETE, TrialState.PRUNED, TrialState.PRUNED]
    assert [trial.last_step for trial in study.trials] == [6, 4, 4]


def test_steps_mean_the_same_folds_however_long_they_ran(digits):
    X, y = digits
    epochs = {0: 4, 1: 2}
    objective = CrossValidationObjective(
        pipeline(epochs=4),
        X,
        y,
        suggest=lambda trial: {"cnn__epochs": epochs[trial.number]},
        cv=2,
        scoring="neg_log_loss",
    )
    study = make_study(PruneAt(99))
    study.optimize(objective, n_trials=2)
    longer, shorter = study.trials
    assert list(longer.intermediate_values) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert list(shorter.intermediate_values) == [1, 2, 4, 5, 6, 8]
    for trial in study.trials:
        model = pipeline(epochs=epochs[trial.number])
        first, second = cross_val_score(model, X, y, cv=2, scoring="neg_log_loss")
        assert trial.intermediate_values[4] == first
        assert trial.intermediate_values[8] == trial.value == np.mean([first, second])


def test_more_epochs_than_the_estimator_has_must_be_announced(digits):
    X, y = digits
    options = {"suggest": lambda trial: {"cnn__epochs": 5}, "cv": 2}
    with pytest.raises(ValueError, match="3 epochs at most.*Got 5. Pass max_epochs=5"):
        CrossValidationObjective(pipeline(), X, y, **options)(make_study().ask())
    objective = CrossValidationObjective(pipeline(), X, y, max_epochs=5, **options)
    assert 0 <= objective(make_study().ask()) <= 1


@pytest.mark.filterwarnings("ignore:WilcoxonPruner is experimental")
@pytest.mark.parametrize("name", PRUNERS)
def test_any_pruner(digits, name):
    X, y = digits
    study = make_study(PRUNERS[name]())
    objective = CrossValidationObjective(
        pipeline(epochs=2), X, y, suggest=suggest_rate, cv=2
    )
    study.optimize(objective, n_trials=4)
    states = Counter(trial.state for trial in study.trials)
    assert states[TrialState.COMPLETE] >= 1
    assert states[TrialState.COMPLETE] + states[TrialState.PRUNED] == 4


def test_other_estimators_are_pruned_between_folds(digits):
    X, y = digits
    objective = CrossValidationObjective(
        SVC(),
        X,
        y,
        suggest=lambda trial: {"C": trial.suggest_float("C", 0.1, 10)},
        cv=3,
    )
    study = make_study(PruneAt(2))
    study.optimize(objective, n_trials=2)
    assert list(study.trials[0].intermediate_values) == [1, 2, 3]
    assert list(study.trials[1].intermediate_values) == [1, 2]


def test_fit_params_are_cut_with_the_folds(digits):
    X, y = digits
    weight = np.where(y == 3, 0.0, 1.0)
    objective = CrossValidationObjective(
        CNNClassifier(epochs=2, width=0.25, random_state=0),
        X,
        y,
        suggest=lambda trial: {},
        cv=2,
        params={"sample_weight": weight},
    )
    model = CNNClassifier(epochs=2, width=0.25, random_state=0)
    expected = cross_val_score(model, X, y, cv=2, params={"sample_weight": weight})
    assert objective(make_study().ask()) == expected.mean()


def test_a_trial_that_cannot_be_trained_fails_and_the_study_goes_on(digits):
    X, y = digits

    def no_network(image_shape, n_classes):
        raise MemoryError("no room for it")

    objective = CrossValidationObjective(
        pipeline(epochs=1),
        X,
        y,
        suggest=lambda trial: (
            {"cnn__architecture": no_network}
            if trial.number == 0
            else {"cnn__batch_size": 0}
            if trial.number == 1
            else {}
        ),
        cv=2,
    )
    study = make_study()
    with pytest.warns(FitFailedWarning, match="Trial 0 failed.*no room for it"):
        study.optimize(objective, n_trials=3)
    fail, ok = TrialState.FAIL, TrialState.COMPLETE
    assert [trial.state for trial in study.trials] == [fail, fail, ok]
    assert study.trials[0].user_attrs["error"] == "MemoryError: no room for it"
    assert "batch_size" in study.trials[1].user_attrs["error"]


def test_a_misspelt_parameter_is_an_error_before_the_first_fit(digits):
    X, y = digits
    counter = Epochs()
    model = pipeline()
    model["cnn"].set_callbacks(counter)
    with pytest.raises(ValueError, match="epohcs"):
        tune(model, X, y, suggest=lambda trial: {"cnn__epohcs": 3}, n_trials=3)
    with pytest.raises(ValueError, match="acuracy"):
        tune(model, X, y, suggest=suggest_rate, scoring="acuracy")
    assert counter.count == 0


def test_the_suggested_digit_params_fit_the_presets(digits):
    X, y = digits
    study = make_study()
    seen = set()
    for _ in range(20):
        params = suggest_digit_params(study.ask())
        seen.update(params)
        make_digit_pipeline().set_params(**params)
    assert "cnn__dropout" in seen and "augment__elastic" in seen
    make_digit_pipeline().set_params(**params, cnn__epochs=1).fit(X, y)


def run_tune(digits, **options):
    X, y = digits
    options = {"suggest": suggest_rate, "cv": 2, "random_state": 0, **options}
    return tune(options.pop("model", pipeline(epochs=2)), X, y, **options)


def test_tune_finds_and_trains_the_best(digits, capsys):
    study, best_params, best = run_tune(digits, n_trials=4)
    assert len(study.trials) == 4
    assert best_params == {"cnn__learning_rate": study.best_params["rate"]}
    assert best["cnn"].learning_rate == study.best_params["rate"]
    again = pipeline(epochs=2).set_params(**best_params)
    assert again["cnn"].learning_rate == study.best_params["rate"]
    assert best.predict(digits[0]).shape == (200,)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[-1].startswith("4/4 trial 3: ")
    assert f"best {study.best_value:.4f}, " in lines[-1]


def test_tune_repeats_itself_and_leaves_optuna_as_it_was(digits, capfd):
    level = optuna.logging.get_verbosity()
    first, second = (run_tune(digits, n_trials=4, verbose=0).study for _ in range(2))
    assert [t.values for t in first.trials] == [t.values for t in second.trials]
    assert [t.params for t in first.trials] == [t.params for t in second.trials]
    assert optuna.logging.get_verbosity() == level
    assert capfd.readouterr() == ("", "")


def test_tune_goes_on_with_a_study(digits, tmp_path):
    options = {"storage": tmp_path / "made" / "study.journal", "verbose": 0}
    run_tune(digits, n_trials=2, **options)
    study, _, best = run_tune(digits, n_trials=3, **options)
    assert [trial.number for trial in study.trials] == [0, 1, 2]
    again, _, best_again = run_tune(digits, n_trials=3, **options)
    assert len(again.trials) == 3
    X = digits[0]
    np.testing.assert_array_equal(best.predict_proba(X), best_again.predict_proba(X))


def test_tune_refuses_a_study_of_something_else(digits, tmp_path):
    options = {"storage": tmp_path / "study.journal", "n_trials": 1, "verbose": 0}
    run_tune(digits, **options)
    with pytest.raises(ValueError, match="was made with other data, folds"):
        run_tune((digits[0][:100], digits[1][:100]), **options)
    with pytest.raises(ValueError, match="other parameters of the estimator"):
        run_tune(digits, model=pipeline(epochs=2, batch_size=16), **options)
    run_tune(digits, study_name="another", scoring="neg_log_loss", **options)


def test_tune_ends_with_its_time_and_says_when_everything_failed(digits):
    study, _, best = run_tune(digits, timeout=0, verbose=0)
    assert study.trials == [] and best is None

    def too_small(trial):
        return {"cnn__batch_size": 0}

    with (
        pytest.warns(FitFailedWarning),
        pytest.raises(
            RuntimeError, match="Every one of the 2 trials failed.*batch_siz"
        ),
    ):
        run_tune(digits, suggest=too_small, n_trials=2, verbose=0)


@pytest.mark.slow
def test_tune_in_processes_runs_each_trial_once(digits):
    study, _, best = run_tune(digits, n_trials=6, n_jobs=2, verbose=0)
    tested = [t for t in study.trials if t.state != TrialState.FAIL]
    assert len(tested) == 6
    assert len({trial.params["rate"] for trial in tested}) == 6
    assert len({tuple(trial.user_attrs["worker"]) for trial in tested}) == 2
    assert best["cnn"].learning_rate == study.best_params["rate"]


def test_ctrl_c_keeps_what_was_done(digits):
    calls = []

    def interrupted(trial):
        calls.append(trial.number)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return suggest_rate(trial)

    with pytest.warns(UserWarning, match="Interrupted after 2 trials"):
        study, _, best = run_tune(digits, suggest=interrupted, n_trials=9, verbose=0)
    assert best is None
    assert (
        sum(t.state in (TrialState.COMPLETE, TrialState.PRUNED) for t in study.trials)
        == 2
    )


SCRIPT = """
import sys
from sklearn.datasets import load_digits
from skdigits import CNNClassifier
from skdigits.tuning import tune
X, y = load_digits(return_X_y=True)
model = CNNClassifier(epochs=4, width=0.25, batch_size=16, random_state=0)
def suggest(trial):
    return {"learning_rate": trial.suggest_float("rate", 1e-4, 1e-2, log=True)}
study, _, best = tune(model, X[:300], y[:300], suggest=suggest, n_trials=9, cv=2,
                      storage=sys.argv[1], verbose=0)
"""


def start_worker(storage, script=SCRIPT):
    command = [sys.executable, "-W", "error::UserWarning", "-c", script, str(storage)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def wait_for_running_trial(study, pid, seconds=120):
    """Wait until a process is in the middle of a trial, and return its number."""
    deadline = time.time() + seconds
    while time.time() < deadline:
        for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            mine = trial.user_attrs.get("worker", [0, 0])[1] == pid
            if mine and trial.intermediate_values:
                return trial.number
        time.sleep(0.05)
    raise TimeoutError(f"process {pid} began no trial within {seconds} s")


def kill_one_of_three(storage, load, script=SCRIPT):
    """Run one study in three processes, kill one in a trial: (study, its trial)."""
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
        victim = wait_for_running_trial(study, workers[0].pid)
        os.kill(workers[0].pid, signal.SIGKILL)
        for worker in workers[1:]:
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
    assert len(tested) == 9
    assert trials[victim].state == TrialState.FAIL
    retried = [t for t in tested if t.system_attrs.get("failed_trial") == victim]
    assert [t.params for t in retried] == [trials[victim].params]
    rates = [trial.params["rate"] for trial in tested]
    assert len(set(rates)) == 9


@pytest.mark.slow
def test_a_killed_process_loses_no_trial_of_a_journal(tmp_path):
    path = tmp_path / "study.journal"

    def load():
        backend = optuna.storages.journal.JournalFileBackend(str(path))
        storage = optuna.storages.JournalStorage(backend)
        return optuna.load_study(study_name="skdigits", storage=storage)

    check_nothing_lost(*kill_one_of_three(path, load))


def test_a_process_killed_before_it_put_its_name_down_holds_nobody_up(digits, tmp_path):
    path = tmp_path / "study.journal"
    run_tune(digits, n_trials=1, storage=path, verbose=0)
    backend = optuna.storages.journal.JournalFileBackend(str(path))
    study = optuna.load_study(
        study_name="skdigits", storage=optuna.storages.JournalStorage(backend)
    )
    long_ago = datetime.now() - timedelta(hours=1)
    study.add_trial(
        optuna.trial.FrozenTrial(
            number=1,
            trial_id=1,
            state=TrialState.RUNNING,
            value=None,
            datetime_start=long_ago,
            datetime_complete=None,
            params={},
            distributions={},
            user_attrs={},
            system_attrs={},
            intermediate_values={},
        )
    )
    study, _, _ = run_tune(digits, n_trials=2, storage=path, verbose=0)
    states = [trial.state for trial in study.trials]
    assert states[1] == TrialState.RUNNING and len(states) == 3
    assert states[2] in (TrialState.COMPLETE, TrialState.PRUNED)
