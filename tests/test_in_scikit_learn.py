"""Common uses of scikit-learn classifiers, applied to CNNClassifier."""

import os
import subprocess
import sys
import warnings

import joblib
import numpy as np
import optuna
import pandas as pd
import pytest
from helpers.versions import SKLEARN
from optuna_integration import OptunaSearchCV
from packaging.version import Version
from scipy.stats import uniform
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    classification_report,
    confusion_matrix,
    log_loss,
)
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    check_cv,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import Pipeline

from skdigits import CNNClassifier, ImageAugmenter

pytestmark = pytest.mark.processor

# Warnings of optuna-integration about its use of Optuna and, in 4.9, of scikit-learn.
OPTUNA_WARNINGS = pytest.mark.filterwarnings(
    "ignore::optuna.exceptions.ExperimentalWarning",
    "ignore:`optuna.terminator` module has been deprecated:FutureWarning",
    "ignore:The OptunaSearchCV or classes from which it inherits:DeprecationWarning",
)


def cnn(**params):
    return CNNClassifier(
        **{"epochs": 5, "width": 0.3, "batch_size": 32, "random_state": 0, **params}
    )


@pytest.fixture(scope="module")
def model():
    """Unfitted Pipeline. Tests must not change it."""
    augmenter = ImageAugmenter(rotation=5, shift=0.05, random_state=0)
    return Pipeline([("augment", augmenter), ("cnn", cnn())])


@pytest.fixture(scope="module")
def fitted_model(model, digits):
    return clone(model).fit(*digits)


def test_folds_are_stratified(digits, model):
    assert is_classifier(model)
    assert isinstance(
        check_cv(5, digits[1], classifier=is_classifier(model)), StratifiedKFold
    )


def test_cross_validate_scores(digits, model):
    scores = cross_validate(
        model, *digits, cv=5, scoring=["accuracy", "neg_log_loss", "roc_auc_ovr"]
    )
    assert scores["test_accuracy"].shape == (5,)
    assert scores["test_accuracy"].mean() > 0.2
    assert scores["test_roc_auc_ovr"].mean() > 0.7
    assert (scores["test_neg_log_loss"] < 0).all()


@pytest.mark.slow
def test_two_workers_and_one_give_similar_scores(digits, model):
    one = cross_val_score(model, *digits, cv=3)
    two = cross_val_score(model, *digits, cv=3, n_jobs=2)
    np.testing.assert_allclose(two, one, atol=0.02)  # one image of 67


def test_grid_search_over_both_steps(digits, model):
    grid = {"augment__rotation": [5, 15], "cnn__learning_rate": [0.001, 0.01]}
    search = GridSearchCV(model, grid, cv=2).fit(*digits)
    assert len(search.cv_results_["params"]) == 4
    assert len(set(search.cv_results_["mean_test_score"])) > 1
    best = search.best_params_["cnn__learning_rate"]
    assert search.best_estimator_["cnn"].learning_rate == best


def test_halving_grid_search_over_epochs(digits, model):
    search = HalvingGridSearchCV(
        clone(model).set_params(cnn__epochs="auto"),
        {"augment__rotation": [5, 10, 15]},
        resource="cnn__epochs",
        max_resources=6,
        min_resources=2,
        cv=2,
        random_state=0,
    ).fit(*digits)
    assert list(search.n_resources_) == [2, 6]
    assert search.best_estimator_["cnn"].n_iter_ == 6


def test_randomized_search_finds_the_best(digits, model):
    search = RandomizedSearchCV(
        model,
        {"cnn__learning_rate": uniform(1e-3, 1e-2)},
        n_iter=3,
        cv=2,
        random_state=0,
    ).fit(*digits)
    assert search.best_score_ == max(search.cv_results_["mean_test_score"])


@OPTUNA_WARNINGS
def test_optuna_search(digits, model):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    search = OptunaSearchCV(
        model,
        {"augment__rotation": optuna.distributions.FloatDistribution(0, 20)},
        n_trials=2,
        cv=2,
        random_state=0,
    ).fit(*digits)
    assert 0 <= search.best_params_["augment__rotation"] <= 20


@OPTUNA_WARNINGS
def test_optuna_search_prunes_by_partial_fit(digits):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    search = OptunaSearchCV(
        cnn(),
        {"learning_rate": optuna.distributions.FloatDistribution(0.001, 0.01)},
        n_trials=2,
        cv=2,
        enable_pruning=True,
        max_iter=3,
        random_state=0,
    ).fit(*digits)
    assert search.best_score_ > 0.1


def test_optuna_objective(digits, model):
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def objective(trial):
        params = {"cnn__learning_rate": trial.suggest_float("rate", 0.001, 0.01)}
        return cross_val_score(clone(model).set_params(**params), *digits, cv=2).mean()

    study = optuna.create_study(direction="maximize")
    study.optimize(objective, n_trials=2)
    assert study.best_value > 0.1


def test_voting(digits):
    X, y = digits
    members = [(f"cnn{i}", cnn(random_state=i)) for i in range(3)]
    voting = VotingClassifier(members, voting="soft").fit(X, y)
    mean = np.mean([member.predict_proba(X) for member in voting.estimators_], axis=0)
    np.testing.assert_allclose(voting.predict_proba(X), mean)


def test_bagging(digits, model):
    X, y = digits
    bagging = BaggingClassifier(model, n_estimators=3, random_state=0).fit(X, y)
    first, second, _ = (member.predict_proba(X) for member in bagging.estimators_)
    assert not np.array_equal(first, second)
    assert bagging.score(X, y) > 0.1


def test_calibration(digits, model):
    calibrated = CalibratedClassifierCV(model, cv=2).fit(*digits)
    np.testing.assert_allclose(calibrated.predict_proba(digits[0]).sum(axis=1), 1)


@pytest.mark.parametrize("form", ["uint8", "float32"])
def test_ensembles_and_log_loss_do_not_warn(digits, form):
    X, y = digits[0].astype(form), digits[1]
    # On float32, scikit-learn's LogisticRegression causes a warning of the vote.
    other = LogisticRegression(max_iter=50) if form == "uint8" else cnn(random_state=1)
    method = "sigmoid" if Version("1.8") > SKLEARN else "temperature"
    ensembles = [
        CalibratedClassifierCV(cnn(epochs=1), method=method, cv=2),
        BaggingClassifier(cnn(epochs=1), n_estimators=3, random_state=0),
        VotingClassifier(
            [("cnn", cnn(epochs=1)), ("other", other)], voting="soft", weights=[3, 1]
        ),
    ]
    for ensemble in ensembles:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", category=ConvergenceWarning)
            # SciPy 1.16 warns about a call by scikit-learn 1.6.
            warnings.filterwarnings("ignore", message="scipy.optimize. The `disp`")
            ensemble.fit(X, y)
            assert log_loss(y, ensemble.predict_proba(X)) > 0


@pytest.mark.slow
@pytest.mark.skipif(
    Version("1.9") > SKLEARN, reason="its scores accept one kind of array at a time"
)
def test_arrays_of_other_libraries_are_dispatched():
    # scikit-learn dispatches only if this variable is set when SciPy is imported.
    code = """
import array_api_strict as xp
import numpy as np
import sklearn
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from skdigits import CNNClassifier, ImageAugmenter

X, y = load_digits(return_X_y=True)
X, y = X[:200].astype("uint8"), y[:200]
foreign = xp.asarray(X), xp.asarray(y)
weights = xp.linspace(1, 2, 200)

def cnn():
    return CNNClassifier(epochs=1, width=0.3, random_state=0)

expected = cnn().fit(X, y, np.asarray(weights)).predict_proba(X)
with sklearn.config_context(array_api_dispatch=True):
    found = cnn().fit(*foreign, weights).predict_proba(foreign[0])
    partly = cnn().partial_fit(*foreign, classes=xp.arange(10))
    copies = ImageAugmenter().fit_transform(foreign[0])
    scores = cross_val_score(cnn(), *foreign, cv=2)
assert np.array_equal(found, expected)
assert partly.n_iter_ == 1 and copies.shape == X.shape and (scores >= 0).all()
"""
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr


def test_reports(digits):
    X, y = digits
    predicted = cross_val_predict(cnn(epochs=10), X, y, cv=2)
    assert confusion_matrix(y, predicted).sum() == len(y)
    names = [f"Class {i}" for i in range(10)]
    assert "Class 9" in classification_report(
        y, predicted, target_names=names, zero_division=0
    )


def test_confusion_matrix_display(digits, fitted_model):
    display = ConfusionMatrixDisplay.from_estimator(fitted_model, *digits)
    assert display.confusion_matrix.sum() == len(digits[1])


def test_permutation_importance(digits, fitted_model):
    X, y = digits
    importance = permutation_importance(fitted_model, X, y, n_repeats=1)
    assert importance.importances_mean.shape == (64,)
    assert importance.importances_mean[0] == 0  # a corner that is always black


def test_binary_roc_auc(digits):
    X, y = digits
    assert (
        cross_val_score(cnn(epochs=6), X, y == 0, scoring="roc_auc", cv=3).min() > 0.8
    )


def test_string_labels_through_a_pipeline(digits, model):
    X, y = digits
    names = np.array([f"digit {i}" for i in range(10)])
    model = clone(model)
    assert set(model.fit(X, names[y]).predict(X)) <= set(names)
    assert 0 <= model.score(X, names[y]) <= 1


def test_names_of_columns_are_checked(digits, model):
    X, y = digits
    frame = pd.DataFrame(X, columns=[f"pixel{i}" for i in range(64)])
    model = clone(model).fit(frame, pd.Series(y))
    assert list(model.feature_names_in_) == list(frame.columns)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[frame.columns[::-1]])


@pytest.mark.slow
def test_other_process_predicts_the_same(digits, fitted_model, tmp_path):
    X, _ = digits
    joblib.dump(fitted_model, tmp_path / "model.joblib")
    np.save(tmp_path / "X.npy", X)
    script = (
        "import joblib, numpy as np;"
        "model = joblib.load('model.joblib');"
        "np.save('proba.npy', model.predict_proba(np.load('X.npy')))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
    np.testing.assert_array_equal(
        np.load(tmp_path / "proba.npy"), fitted_model.predict_proba(X)
    )
