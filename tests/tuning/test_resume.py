"""Studies that are continued: comparable scores, kills and storages."""

import functools
import os
import signal
import subprocess
import sys

import numpy as np
import optuna
import pandas as pd
import pytest
from helpers.studies import (
    check_nothing_lost,
    kill_one_of_three,
    pipeline,
    run_tune,
    tune_svc,
)
from sklearn.datasets import load_digits
from sklearn.metrics import fbeta_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skdigits.tuning import _storage

X, y = load_digits(return_X_y=True)
X, y = X[:200], y[:200]


def sampled(study):
    return [trial.params for trial in study.trials]


def fbeta(beta, model, X, y):
    return fbeta_score(y, model.predict(X), beta=beta, average="macro")


OTHERS = {
    "data": ({}, {"X": X[:, ::-1]}),
    "folds": ({"cv": KFold(3)}, {"cv": KFold(4)}),
    "scoring": (
        {"scoring": functools.partial(fbeta, 1)},
        {"scoring": functools.partial(fbeta, 2)},
    ),
    "class_weight of the estimator": (
        {"estimator": SVC(class_weight={0: 2})},
        {"estimator": SVC(class_weight={0: 3})},
    ),
    "functiontransformer__func of the estimator": (
        {
            "estimator": make_pipeline(FunctionTransformer(np.log1p), SVC()),
            "suggest": lambda trial: {},
        },
        {
            "estimator": make_pipeline(FunctionTransformer(np.sqrt), SVC()),
            "suggest": lambda trial: {},
        },
    ),
    "sample_weight in params": (
        {"params": {"sample_weight": np.ones(200)}},
        {"params": {"sample_weight": np.arange(1, 201)}},
    ),
}


@pytest.mark.parametrize("part", OTHERS)
def test_study_of_other_values_is_refused_with_the_name_that_differs(part, tmp_path):
    first, second = OTHERS[part]
    options = {"storage": tmp_path / "study.db", "n_trials": 1}
    tune_svc(**options, **first)
    with pytest.raises(ValueError, match=f"was made with other {part}: its scores"):
        tune_svc(**options, **second)
    tune_svc(**options, **first)
    tune_svc(study_name="another", **options, **second)


def test_the_parameters_of_a_pipeline_are_compared(digits, tmp_path):
    options = {"storage": tmp_path / "study.db", "n_trials": 1, "verbose": 0}
    run_tune(digits, **options)
    with pytest.raises(ValueError, match="other cnn__batch_size of the estimator"):
        run_tune(digits, model=pipeline(epochs=2, batch_size=16), **options)


@pytest.mark.parametrize(
    "equal",
    [
        {"X": np.asfortranarray(X), "y": y.tolist()},
        {"X": X.astype(int), "y": pd.Series(y)},
        {"X": pd.DataFrame(X)},
        {"X": X.tolist()},
        {"cv": StratifiedKFold(3)},
        {"estimator": SVC(max_iter=np.int64(-1), verbose=False)},
    ],
    ids=["Fortran order", "integers", "DataFrame", "list", "cv", "integer of NumPy"],
)
def test_equal_values_continue_a_study(equal, tmp_path):
    options = {"storage": tmp_path / "study.db"}
    tune_svc(n_trials=1, **options)
    assert len(tune_svc(n_trials=2, **options, **equal).study.trials) == 2


def test_random_folds_bring_advice(tmp_path):
    options = {"storage": tmp_path / "study.db", "n_trials": 1}
    cv = StratifiedKFold(3, shuffle=True)
    with pytest.warns(UserWarning, match="cv splits differently.*random_state"):
        tune_svc(cv=cv, **options)
    with pytest.raises(ValueError, match="folds.*cv splits differently.*random_state"):
        tune_svc(cv=cv, **options)


def test_lambda_as_scorer_causes_one_warning(tmp_path):
    options = {"storage": tmp_path / "study.db", "scoring": lambda *data: 0.5}
    with pytest.warns(UserWarning, match="<lambda> only by the name") as warned:
        tune_svc(n_trials=1, **options)
    # Python 3.13 also warns of connections that earlier tests left to the collector.
    assert [w.category for w in warned if w.category is not ResourceWarning] == [
        UserWarning
    ]
    with pytest.warns(UserWarning, match="<lambda> only by the name"):
        assert len(tune_svc(n_trials=2, **options).study.trials) == 2


def test_continued_study_samples_the_trials_of_one_call(tmp_path):
    options = {"storage": tmp_path / "study.db"}
    for n_trials in (3, 5, 14):
        study = tune_svc(n_trials=n_trials, **options).study
    assert sampled(study) == sampled(tune_svc(n_trials=14).study)


def test_samplers_of_users_do_not_repeat_their_first_trials(tmp_path):
    for n_trials in (3, 6):
        sampler = optuna.samplers.RandomSampler(seed=0)
        options = {"storage": tmp_path / "study.db", "sampler": sampler}
        study = tune_svc(n_trials=n_trials, **options).study
    assert len({trial.params["C"] for trial in study.trials}) == 6


def test_a_changed_search_space_is_used_and_the_best_trial_stays(tmp_path):
    options = {"storage": tmp_path / "study.db"}
    _, best_params, _ = tune_svc(n_trials=2, **options)

    def other(trial):
        return {
            "C": trial.suggest_float("C", 0.01, 10, log=True) * 1e-9,
            "gamma": trial.suggest_float("gamma", 1e-9, 1e-8),
        }

    study, again, best = tune_svc(suggest=other, n_trials=3, **options)
    assert again == best_params and best_params["C"] == best.C
    assert "gamma" in study.trials[-1].params


def test_ctrl_c_and_another_call_sample_the_trials_of_one_call(tmp_path):
    def interrupted(trial):
        params = {"C": trial.suggest_float("C", 0.01, 10, log=True)}
        if trial.number == 2:
            raise KeyboardInterrupt
        return params

    options = {"storage": tmp_path / "study.db"}
    with pytest.warns(UserWarning, match="Interrupted after 2 trials"):
        tune_svc(suggest=interrupted, n_trials=5, **options)
    study = tune_svc(n_trials=5, **options).study
    done = [t.params for t in study.trials if t.state.name == "COMPLETE"]
    assert done == sampled(tune_svc(n_trials=5).study)


def test_settings_of_the_user_are_tried_first(tmp_path):
    path = tmp_path / "study.db"
    study = optuna.create_study(
        study_name="mine", storage=f"sqlite:///{path}", direction="maximize"
    )
    study.enqueue_trial({"C": 3.0})
    study = tune_svc(storage=path, study_name="mine", n_trials=2).study
    assert study.trials[0].params == {"C": 3.0} and len(study.trials) == 2


def test_enqueued_settings_are_tried_first_and_once(tmp_path):
    options = {"storage": tmp_path / "study.db", "enqueue": [{"C": 3.0}, {"C": 0.5}]}
    tune_svc(n_trials=1, **options)
    study = tune_svc(n_trials=4, **options).study
    values = [trial.params["C"] for trial in study.trials]
    assert values[:2] == [3.0, 0.5] and len(set(values)) == 4


@pytest.mark.parametrize(
    "directions", [["minimize"], ["maximize", "maximize"]], ids=["minimize", "two"]
)
def test_a_study_must_maximise_one_score(directions):
    storage = optuna.storages.InMemoryStorage()
    optuna.create_study(storage=storage, study_name="mine", directions=directions)
    with pytest.raises(ValueError, match="must maximise one score"):
        tune_svc(storage=storage, study_name="mine", n_trials=1)


def test_study_with_trials_of_another_objective_is_refused():
    storage = optuna.storages.InMemoryStorage()
    study = optuna.create_study(storage=storage, direction="maximize", study_name="m")
    study.optimize(lambda trial: trial.suggest_float("C", 1, 2), n_trials=1)
    with pytest.raises(ValueError, match="only trials of tune"):
        tune_svc(storage=storage, study_name="m", n_trials=2)


@pytest.mark.slow
def test_killed_process_loses_no_trial_in_a_file(tmp_path):
    path = tmp_path / "study.db"

    def load():
        return optuna.load_study(study_name="skdigits", storage=f"sqlite:///{path}")

    check_nothing_lost(*kill_one_of_three(path, load))


KILLED = """
import os, signal, sys
from helpers.studies import suggest_C, tune_svc
from skdigits.tuning import _storage
_storage.HEARTBEAT, _storage.GRACE = 1, 3
def suggest(trial):
    params = suggest_C(trial)
    if sys.argv[2] == "kill" and trial.number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return params
study = tune_svc(suggest=suggest, storage=sys.argv[1], n_trials=4, verbose=1).study
print([t.params for t in study.trials if t.state.name == "COMPLETE"])
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_trial_of_a_killed_call_is_run_again_by_the_next(tmp_path):
    command = [sys.executable, "-c", KILLED, tmp_path / "study.db"]
    options = {"text": True, "stdout": subprocess.PIPE, "cwd": "tests"}
    killed = subprocess.run([*command, "kill"], **options)
    assert killed.returncode == -signal.SIGKILL
    resumed = subprocess.run([*command, "resume"], **options)
    assert resumed.returncode == 0
    *_, last = resumed.stdout.splitlines()
    expected = sampled(tune_svc(n_trials=4).study)
    assert sorted(trial["C"] for trial in eval(last)) == sorted(
        trial["C"] for trial in expected
    )


def test_waiting_for_a_lost_trial_is_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(_storage, "HEARTBEAT", 1)
    monkeypatch.setattr(_storage, "GRACE", 2)
    path = tmp_path / "study.db"
    tune_svc(storage=path, n_trials=1)
    storage = _storage.open_storage(f"sqlite:///{path}")
    with pytest.warns(UserWarning, match="Heartbeat"):
        lost = optuna.load_study(study_name="skdigits", storage=storage).ask()
    lost.suggest_float("C", 0.01, 10, log=True)
    storage.record_heartbeat(lost._trial_id)
    study = tune_svc(storage=path, n_trials=2, verbose=1).study
    assert "Waiting for trial 1 of another process" in capsys.readouterr().out
    states = [trial.state.name for trial in study.trials]
    assert states == ["COMPLETE", "FAIL", "COMPLETE"]
    assert study.trials[2].params == lost.params


@pytest.mark.slow
def test_two_calls_at_once_share_a_new_file_and_sample_different_trials(tmp_path):
    script = KILLED.replace("n_trials=4", "n_trials=12")
    command = [sys.executable, "-c", script, tmp_path / "study.db", "resume"]
    calls = [subprocess.Popen(command, cwd="tests") for _ in range(2)]
    assert [call.wait() for call in calls] == [0, 0]
    study = tune_svc(storage=tmp_path / "study.db", n_trials=12).study
    rates = [trial.params["C"] for trial in study.trials]
    assert 12 <= len(rates) <= 13 and len(set(rates)) == len(rates)


FILES = {
    "text": b"notes of the user",
    "journal": b'{"op_code":0,"worker_id":"1"}\n',
    "torn": b"SQLite format 3\0" + b"x" * 100,
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_another_kind_are_refused_and_not_changed(name, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(FILES[name])
    with pytest.raises(ValueError, match="something else or damaged.*JournalStorage"):
        tune_svc(storage=path, n_trials=1)
    assert path.read_bytes() == FILES[name]


@pytest.mark.parametrize(
    "storage, error, message",
    [
        ("sqlite:/study.db", ValueError, "three slashes"),
        ("missing/study.db", FileNotFoundError, "missing.* does not exist"),
        ("sqlite:///missing/study.db", FileNotFoundError, "missing.* does not exist"),
        ("", ValueError, "must be the path of a file"),
        (".", ValueError, "must be a new file or"),
        (os.devnull, ValueError, "must be a new file or"),
        ("sqlite://", ValueError, "storage=None"),
        ("http://host/study", ValueError, "path or the address of a database"),
        (3, TypeError, "Got 3"),
    ],
)
def test_wrong_storages_are_errors_with_advice(
    storage, error, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        tune_svc(storage=storage, n_trials=1)
    assert not any(tmp_path.iterdir())


def test_a_path_may_begin_at_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME" if os.name == "posix" else "USERPROFILE", str(tmp_path))
    tune_svc(storage="~/study.db", n_trials=1)
    assert (tmp_path / "study.db").exists()
