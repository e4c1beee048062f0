"""tune: errors, stops and the best estimator of a study."""

import numpy as np
import optuna
import pytest
from helpers.callbacks import Epochs
from helpers.studies import (
    make_study,
    pipeline,
    run_tune,
    suggest_rate,
    tune_svc,
)
from optuna.trial import TrialState
from sklearn.datasets import load_digits
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import cross_validate
from sklearn.svm import SVC

from skdigits import make_digit_pipeline
from skdigits.datasets import load_sample
from skdigits.tuning import suggest_digit_params, tune


def test_a_misspelt_parameter_is_an_error_before_the_first_fit(digits):
    X, y = digits
    counter = Epochs()
    model = pipeline()
    model["cnn"].set_params(callbacks=[counter])
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


def test_tune_is_reproducible_and_restores_optunas_log_level(digits, capfd):
    level = optuna.logging.get_verbosity()
    first, second = (run_tune(digits, n_trials=4, verbose=0).study for _ in range(2))
    assert [t.values for t in first.trials] == [t.values for t in second.trials]
    assert [t.params for t in first.trials] == [t.params for t in second.trials]
    assert optuna.logging.get_verbosity() == level
    assert capfd.readouterr() == ("", "")


def test_tune_continues_a_study(digits, tmp_path):
    options = {"storage": tmp_path / "study.db", "verbose": 0}
    run_tune(digits, n_trials=2, **options)
    study, _, best = run_tune(digits, n_trials=3, **options)
    assert [trial.number for trial in study.trials] == [0, 1, 2]
    again, _, best_again = run_tune(digits, n_trials=3, **options)
    assert len(again.trials) == 3
    X = digits[0]
    np.testing.assert_array_equal(best.predict_proba(X), best_again.predict_proba(X))


def test_timeout_ends_the_study_and_only_failed_trials_are_an_error(digits):
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
    assert 6 <= len(tested) <= 7
    assert len({trial.params["rate"] for trial in tested}) == len(tested)
    starts = [trial.datetime_start for trial in tested]
    assert sorted(starts)[1] < min(trial.datetime_complete for trial in tested)
    assert best["cnn"].learning_rate == study.best_params["rate"]


def test_ctrl_c_returns_the_finished_trials(digits):
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


def test_metrics_are_reported_and_change_no_score():
    metrics = ["f1_macro", "balanced_accuracy"]
    options = {"n_trials": 3, "cv": 3}
    study, best_params, _ = tune_svc(metrics=metrics, **options)
    X, y = load_digits(return_X_y=True)
    scores = cross_validate(SVC(**best_params), X[:200], y[:200], cv=3, scoring=metrics)
    for name in metrics:
        found = study.best_trial.user_attrs[name]
        assert found == pytest.approx(scores[f"test_{name}"].mean())
    plain = tune_svc(**options).study
    assert [t.value for t in plain.trials] == [t.value for t in study.trials]


@pytest.mark.slow
def test_default_pruner_lets_half_of_the_trials_complete():
    digits = load_sample()
    X, y = digits.X_train[:300], digits.y_train[:300]

    def suggest(trial):
        rate = trial.suggest_float("rate", 1e-4, 3e-2, log=True)
        return {"cnn__learning_rate": rate}

    counter = Epochs()
    model = pipeline(epochs=6)
    model["cnn"].set_params(callbacks=[counter])
    options = {"suggest": suggest, "n_trials": 14, "cv": 3, "verbose": 0}
    study, _, _ = tune(model, X, y, random_state=0, **options)
    states = [trial.state for trial in study.trials]
    assert states.count(TrialState.COMPLETE) >= 7
    assert TrialState.PRUNED in states
    assert counter.count < 14 * 3 * 6 - 6
    for trial in study.trials:
        values = [
            trial.intermediate_values[step]
            for step in sorted(trial.intermediate_values)
        ]
        assert np.diff(values).min() > -0.2  # the start of a fold is not a fall


@pytest.mark.parametrize(
    "options, error, message",
    [
        ({"n_trials": "3"}, TypeError, "n_trials must be an integer.*Got '3'"),
        ({"n_trials": True}, TypeError, "n_trials must be an integer"),
        ({"n_trials": -3}, ValueError, "n_trials must be .* at least 1"),
        ({"n_trials": 0}, ValueError, "n_trials must be .* at least 1"),
        ({"timeout": float("nan")}, ValueError, "timeout must be .*Got nan"),
        ({"timeout": -1}, ValueError, "timeout must be .* at least 0"),
        ({"timeout": "3"}, TypeError, "timeout must be a number"),
        ({"n_trials": None}, ValueError, "n_trials or timeout must be given"),
        ({"scoring": ["accuracy"]}, TypeError, "scoring must be one score"),
        ({"metrics": "f1_macro"}, TypeError, "metrics must be a sequence of str"),
        ({"metrics": ["f1_micr"]}, ValueError, "'f1_micr'"),
        ({"enqueue": [("C", 1)]}, TypeError, "enqueue must hold dicts"),
        ({"scoring": {"a": "accuracy"}}, TypeError, "scoring must be one score"),
        (
            {"storage": optuna.storages.InMemoryStorage(), "n_jobs": 2},
            ValueError,
            "cannot share a storage in memory",
        ),
    ],
)
def test_wrong_arguments_are_errors_before_the_first_trial(options, error, message):
    def suggest(trial):
        raise AssertionError("a trial was started")

    with pytest.raises(error, match=message):
        tune_svc(suggest=suggest, **options)


def test_a_scorer_of_several_scores_ends_the_study_at_once():
    started = []

    def suggest(trial):
        started.append(trial.number)
        return {}

    with pytest.raises(TypeError, match="scoring must return a number"):
        tune_svc(suggest=suggest, scoring=lambda model, X, y: {"a": 1.0})
    assert started == [0]


def test_nan_scores_are_failed_trials():
    with (
        pytest.warns(FitFailedWarning, match="score is NaN"),
        pytest.raises(RuntimeError, match="Every one of the 2 trials failed"),
    ):
        tune_svc(n_trials=2, scoring=lambda model, X, y: float("nan"))


C = [0.1, 1.0, 10.0]


def suggest_choice(trial):
    return {"C": trial.suggest_categorical("C", C)}


def stop_in_suggest(trial):
    if trial.number == 2:
        trial.study.stop()
    return {"C": trial.suggest_float("C", 0.1, 10)}


def stop_in_callback(study, trial):
    if trial.number == 2:
        study.stop()


STOPS = {
    "grid": {
        "suggest": suggest_choice,
        "sampler": optuna.samplers.GridSampler({"C": C}),
        "n_trials": None,
    },
    "suggest": {"suggest": stop_in_suggest, "n_trials": 50},
    "callback": {"callbacks": [stop_in_callback], "n_trials": 50},
}


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", STOPS)
def test_a_stop_ends_the_study(name, n_jobs):
    study = tune_svc(n_jobs=n_jobs, **STOPS[name]).study
    # Another process may begin a trial in the moment of the stop.
    assert 3 <= len(study.trials) <= 2 * n_jobs + 1


def test_brute_force_sampler_and_terminator_end_a_study():
    with pytest.warns(optuna.exceptions.ExperimentalWarning):
        sampler = optuna.samplers.BruteForceSampler()
        study = tune_svc(suggest=suggest_choice, sampler=sampler, n_trials=None).study
    assert sorted(trial.params["C"] for trial in study.trials) == C

    from optuna.terminator import (
        BestValueStagnationEvaluator,
        Terminator,
        TerminatorCallback,
    )

    with pytest.warns(FutureWarning, match="deprecated"):
        improvement = BestValueStagnationEvaluator(2)
        terminator = Terminator(improvement, min_n_trials=4)
        callbacks = [TerminatorCallback(terminator)]
    study = tune_svc(scoring=lambda *data: 0.5, n_trials=40, callbacks=callbacks).study
    assert len(study.trials) == 4


def test_an_exhausted_grid_is_not_searched_again(tmp_path):
    options = {"storage": tmp_path / "study.db", **STOPS["grid"]}
    first, second = (tune_svc(**options) for _ in range(2))
    assert len(first.study.trials) == len(second.study.trials) == 3
    assert first.best_params == second.best_params


def test_best_params_are_those_that_were_scored():
    tried = {}

    def suggest(trial):
        trial.suggest_int("draw", 0, 9)
        value = np.random.default_rng().uniform(0.1, 10)
        tried[trial.number] = {"C": value, "class_weight": {0: 2.0, 1: (value,)[0]}}
        return tried[trial.number]

    study, best_params, best = tune_svc(suggest=suggest, n_trials=3)
    assert best_params == tried[study.best_trial.number]
    assert best_params["C"] == best.C


def linear(A, B):
    return A @ B.T


def squared(A, B):
    return (A @ B.T) ** 2


def suggest_kernel(trial):
    name = trial.suggest_categorical("kernel", ["linear", "squared"])
    return {"kernel": {"linear": linear, "squared": squared}[name]}


def test_functions_are_suggested_again_and_used_if_they_are_the_same(tmp_path):
    options = {"storage": tmp_path / "study.db", "n_trials": 2}
    tune_svc(suggest=suggest_kernel, **options)
    study, best_params, best = tune_svc(suggest=suggest_kernel, **options)
    assert best_params["kernel"].__name__ == study.best_params["kernel"]
    assert best.kernel is best_params["kernel"]
    kernels = [squared, linear]

    def suggest(trial):
        return {"kernel": kernels.pop()}

    options = {"storage": tmp_path / "other.db", "n_trials": 1, "suggest": suggest}
    result = tune_svc(**options)
    assert result.best_params == {"kernel": linear} and kernels == [squared]
    with pytest.warns(UserWarning, match="suggest does not return them again"):
        result = tune_svc(**options)
    assert result.best_params is None and result.best_estimator is None


def test_a_result_can_be_unpacked():
    result = tune_svc(n_trials=1)
    study, best_params, best = result
    assert study is result.study and best is result.best_estimator
    assert best_params is result.best_params


def test_warnings_of_optuna_are_shown_without_trials(caplog, monkeypatch):
    logger = optuna.logging.get_logger("optuna")
    monkeypatch.setattr(logger, "propagate", True)
    warn = [lambda study, trial: logger.warning("Sampled at random.")]
    values = iter([float("nan"), *[0.5] * 5])
    with pytest.warns(FitFailedWarning):
        tune_svc(n_trials=2, scoring=lambda *data: next(values), callbacks=warn)
    assert set(caplog.messages) == {"Sampled at random."}


def test_damaged_journal_is_a_clear_error(tmp_path):
    backend = optuna.storages.journal.JournalFileBackend(str(tmp_path / "study.log"))
    storage = optuna.storages.JournalStorage(backend)
    tune_svc(n_trials=1, storage=storage)
    with open(tmp_path / "study.log", "ab") as file:
        file.write(bytes(100) + b"\n")
    with pytest.raises(ValueError, match=r"journal of the study is damaged.* remove"):
        tune_svc(n_trials=2, storage=storage)


def test_storages_that_processes_cannot_share_are_refused():
    for storage in (
        optuna.storages.InMemoryStorage(),
        optuna.storages.RDBStorage("sqlite:///:memory:"),
    ):
        with pytest.raises(ValueError, match="cannot share a storage in memory"):
            tune_svc(n_trials=1, storage=storage, n_jobs=2)
