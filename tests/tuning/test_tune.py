"""tune: the best model of a study that goes on, and that nothing is lost."""

import os
import subprocess
import sys
import threading
from datetime import datetime, timedelta

import numpy as np
import optuna
import pytest
from helpers.callbacks import Epochs
from helpers.studies import (
    SCRIPT,
    check_nothing_lost,
    kill_one_of_three,
    make_study,
    pipeline,
    run_tune,
    suggest_rate,
)
from optuna.storages.journal import JournalFileSymlinkLock
from optuna.trial import TrialState
from sklearn.exceptions import FitFailedWarning

from skdigits import make_digit_pipeline
from skdigits.tuning import suggest_digit_params, tune
from skdigits.tuning._study import open_storage

needs_links = pytest.mark.skipif(
    os.name == "nt", reason="links, Optuna's locks, need a privilege on Windows"
)


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


OPTUNAS_LOCK = """
import optuna
from optuna.storages.journal import JournalFileBackend
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "storage",
    [
        "sys.argv[1]",
        pytest.param(
            "optuna.storages.JournalStorage(JournalFileBackend(sys.argv[1]))",
            marks=needs_links,
        ),
    ],
    ids=["our lock", "Optuna's lock"],
)
def test_a_killed_process_loses_no_trial_of_a_journal(tmp_path, storage):
    path = tmp_path / "study.journal"
    script = OPTUNAS_LOCK + SCRIPT.replace("sys.argv[1]", storage)

    def load():
        return optuna.load_study(study_name="skdigits", storage=open_storage(path))

    check_nothing_lost(*kill_one_of_three(path, load, script))


@needs_links
def test_a_journal_is_locked_for_those_who_open_it_with_optuna(tmp_path):
    path = tmp_path / "study.journal"
    storage = open_storage(path)
    writer = threading.Thread(target=optuna.create_study, kwargs={"storage": storage})
    lock = JournalFileSymlinkLock(str(path))
    lock.acquire()
    writer.start()
    writer.join(0.5)
    assert path.read_bytes() == b""
    lock.release()
    writer.join()
    assert path.read_bytes()


END_WITH_THE_LOCK = """
import os, optuna
from skdigits.tuning._study import open_storage
storage = open_storage("made/study.journal")
os.fsync = lambda file: os._exit(7)
optuna.create_study(storage=storage)
"""


@pytest.mark.slow
def test_the_lock_of_a_process_that_was_killed_is_removed(
    digits, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert subprocess.run([sys.executable, "-c", END_WITH_THE_LOCK]).returncode == 7
    assert sorted(os.listdir("made")) == ["study.journal", "study.journal.lock"]
    study, _, _ = run_tune(digits, n_trials=1, storage="made/study.journal", verbose=0)
    assert len(study.trials) == 1
    assert os.listdir("made") == ["study.journal"]


def test_a_process_killed_before_it_put_its_name_down_holds_nobody_up(digits, tmp_path):
    path = tmp_path / "study.journal"
    run_tune(digits, n_trials=1, storage=path, verbose=0)
    study = optuna.load_study(study_name="skdigits", storage=open_storage(path))
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
