"""CrossValidationObjective: scores of trials, and epochs saved by pruning."""

from collections import Counter

import numpy as np
import optuna
import pytest
from helpers.callbacks import Epochs
from helpers.studies import (
    make_study,
    pipeline,
    suggest_rate,
)
from optuna.trial import TrialState
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC

from skdigits import CNNClassifier
from skdigits.tuning import (
    CrossValidationObjective,
)

PRUNERS = {
    "median": lambda: optuna.pruners.MedianPruner(n_startup_trials=1),
    "halving": optuna.pruners.SuccessiveHalvingPruner,
    "hyperband": optuna.pruners.HyperbandPruner,
    "wilcoxon": optuna.pruners.WilcoxonPruner,
}


class PruneAt(optuna.pruners.BasePruner):
    """Prunes every trial but the first at a step."""

    def __init__(self, step):
        self.step = step

    def prune(self, study, trial):
        return trial.number > 0 and trial.last_step >= self.step


class StopAfter(Epochs):
    """Ends a fit after some epochs."""

    def __init__(self, epochs):
        super().__init__()
        self.last = epochs

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        if self.count == self.last:
            self.model.stop_training = True


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss"])
def test_value_equals_cross_val_score(digits, scoring):
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
        fitted["cnn"].set_params(callbacks=[StopAfter(epochs)])
        fitted.fit(X[:100], y[:100])
        expected.append(-log_loss(y[100:], fitted.predict_proba(X[100:])))
    assert study.trials[0].intermediate_values == dict(enumerate(expected, 1))
    assert len(set(expected)) == 3


def test_pruned_trial_trains_no_further_epoch(digits):
    X, y = digits
    counter = Epochs()
    model = pipeline()
    model["cnn"].set_params(callbacks=[counter])
    objective = CrossValidationObjective(model, X, y, suggest=suggest_rate, cv=2)
    study = make_study(PruneAt(step=2))
    study.optimize(objective, n_trials=3)
    assert counter.count == 6 + 2 + 2
    states = [trial.state for trial in study.trials]
    assert states == [TrialState.COMPLETE, TrialState.PRUNED, TrialState.PRUNED]
    assert [trial.last_step for trial in study.trials] == [6, 2, 2]


def test_steps_mean_the_same_folds_for_any_number_of_epochs(digits):
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
    assert list(longer.intermediate_values) == [1, 2, 3, 4, 8]
    assert list(shorter.intermediate_values) == [1, 2, 4, 8]
    for trial in study.trials:
        model = pipeline(epochs=epochs[trial.number])
        first, second = cross_val_score(model, X, y, cv=2, scoring="neg_log_loss")
        assert trial.intermediate_values[4] == first
        assert trial.intermediate_values[8] == trial.value == np.mean([first, second])


def test_more_epochs_than_max_epochs_are_an_error(digits):
    X, y = digits
    options = {"suggest": lambda trial: {"cnn__epochs": 5}, "cv": 2}
    with pytest.raises(
        ValueError, match="at most 3 epochs.*Got 5 instead. Pass max_epochs=5"
    ):
        CrossValidationObjective(pipeline(), X, y, **options)(make_study().ask())
    objective = CrossValidationObjective(pipeline(), X, y, max_epochs=5, **options)
    assert 0 <= objective(make_study().ask()) <= 1


def test_automatic_epochs_are_those_of_the_smallest_fold(digits):
    X, y = digits
    counter = Epochs()
    model = pipeline(epochs="auto", callbacks=[counter])
    folds = [(np.arange(40), np.arange(40, 60)), (np.arange(60), np.arange(60, 80))]
    options = {"suggest": lambda trial: {}, "cv": folds}
    whole = CrossValidationObjective(model, X, y, **options)
    assert whole.max_epochs_ == 100
    less = CrossValidationObjective(model, X, y, max_epochs=3, **options)
    less(make_study().ask())
    assert counter.count == 2 * 3


@pytest.mark.filterwarnings("ignore:WilcoxonPruner is experimental")
@pytest.mark.parametrize("name", PRUNERS)
def test_every_pruner_of_optuna_works(digits, name):
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


def test_fit_params_are_split_with_the_folds(digits):
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


def test_study_continues_after_a_trial_that_cannot_be_trained(digits):
    X, y = digits

    def broken_architecture(image_shape, n_classes):
        raise MemoryError("out of memory")

    objective = CrossValidationObjective(
        pipeline(epochs=1),
        X,
        y,
        suggest=lambda trial: (
            {"cnn__architecture": broken_architecture}
            if trial.number == 0
            else {"cnn__batch_size": 0}
            if trial.number == 1
            else {}
        ),
        cv=2,
    )
    study = make_study()
    with pytest.warns(FitFailedWarning, match="Trial 0 failed.*out of memory"):
        study.optimize(objective, n_trials=3)
    fail, ok = TrialState.FAIL, TrialState.COMPLETE
    assert [trial.state for trial in study.trials] == [fail, fail, ok]
    assert study.trials[0].user_attrs["error"] == "MemoryError: out of memory"
    assert "batch_size" in study.trials[1].user_attrs["error"]
