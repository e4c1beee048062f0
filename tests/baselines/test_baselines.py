"""Classical models, and the table that compares estimators."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import (
    GroupKFold,
    StratifiedKFold,
    cross_val_predict,
    cross_validate,
)
from sklearn.neighbors import KNeighborsClassifier

from skdigits import CNNClassifier
from skdigits.baselines import compare, make_baselines, mcnemar_p_value
from skdigits.datasets import load_sample


@pytest.fixture(scope="module")
def many_digits():
    X, y = load_digits(return_X_y=True)
    return X * (255 / 16), y


@pytest.mark.slow
def test_each_baseline_learns():
    digits = load_sample()
    X, y = digits.X_train, digits.y_train
    baselines = make_baselines(random_state=0)
    del baselines["histogram gradient boosting"]  # would take half a minute
    table = compare(baselines, X[:900], y[:900], cv=2)
    assert table.accuracy.drop("dummy").min() > 0.75
    assert table.index[-1] == "dummy"


def three():
    return {
        "dummy": DummyClassifier(),
        "neighbours": KNeighborsClassifier(1),
        "linear": LogisticRegression(max_iter=10_000),
    }


def test_compare_agrees_with_scikit_learn(many_digits):
    X, y = many_digits
    X, y = X[:500] / 255, y[:500]
    cv = StratifiedKFold(4, shuffle=True, random_state=1)
    table = compare(three(), X, y, cv)
    predicted = {name: cross_val_predict(e, X, y, cv=cv) for name, e in three().items()}
    for name, labels in predicted.items():
        folds = [np.mean(labels[test] == y[test]) for _, test in cv.split(X, y)]
        row = table.loc[name]
        assert row.errors == np.sum(labels != y)
        assert row.accuracy == pytest.approx(np.mean(folds))
        assert row.deviation == pytest.approx(np.std(folds))
        assert row.fit_seconds > 0
        assert row.predict_seconds > 0
    best, second, last = table.index
    assert last == "dummy"
    assert np.isnan(table.p_value[best])
    assert table.p_value[second] == mcnemar_p_value(
        y, predicted[best], predicted[second]
    )
    assert table.p_value["dummy"] < 1e-10


def test_compare_stratifies_an_int_of_folds(many_digits):
    X, y = many_digits
    order = np.argsort(y[:300], kind="stable")  # unstratified folds would lack classes
    table = compare(three(), X[order], y[order], cv=3)
    assert table.accuracy["neighbours"] > 0.8


def test_compare_scores_as_cross_validate_does(many_digits):
    X, y = many_digits
    X, y = X[:300] / 255, y[:300]
    scorings = [
        "neg_log_loss",
        ["f1_macro", "accuracy"],
        {
            "loss": "neg_log_loss",
            "first": lambda model, X, y: model.score(X[:9], y[:9]),
        },
        make_scorer(f1_score, average="macro"),
    ]
    firsts = ["neg_log_loss", "f1_macro", "loss", "score"]
    for scoring, first in zip(scorings, firsts, strict=True):
        table = compare(three(), X, y, 3, scoring=scoring)
        assert table[first].is_monotonic_decreasing
        for name, estimator in three().items():
            expected = cross_validate(estimator, X, y, cv=3, scoring=scoring)
            for key, values in expected.items():
                column = first if key == "test_score" else key.removeprefix("test_")
                if key.startswith("test_"):
                    assert table[column][name] == pytest.approx(np.mean(values))
    with pytest.raises(ValueError, match=r"not .* the names .*Got \['errors'\] inst"):
        compare(three(), X, y, scoring={"errors": "accuracy"})
    with pytest.raises(ValueError, match="accurac"):
        compare(three(), X, y, scoring="accurac")


def test_compare_accepts_frames_and_iterables_of_folds(many_digits):
    X, y = many_digits
    frame, labels = pd.DataFrame(X[:200]), pd.Series(y[:200].astype(str))
    folds = [(np.arange(100, 200), np.arange(100))]
    table = compare(three(), frame, labels, folds)
    expected = three()["neighbours"].fit(X[100:200], y[100:200]).score(X[:100], y[:100])
    assert table.accuracy["neighbours"] == pytest.approx(expected)
    with pytest.raises(ValueError, match="groups"):
        compare(three(), frame, labels, GroupKFold(2))


def test_compare_does_not_fit_the_estimators_themselves(many_digits):
    X, y = many_digits
    estimators = three()
    compare(estimators, X[:100], y[:100], cv=2)
    assert not hasattr(estimators["neighbours"], "classes_")


def test_compare_in_workers_returns_the_same(many_digits):
    X, y = many_digits
    X, y = X[:200], y[:200]
    serial, parallel = compare(three(), X, y), compare(three(), X, y, n_jobs=2)
    columns = ["accuracy", "deviation", "errors", "p_value"]
    pd.testing.assert_frame_equal(serial[columns], parallel[columns])


def test_compare_names_the_estimator_that_failed(many_digits):
    X, y = many_digits
    estimators = {**three(), "CNN": CNNClassifier(image_shape=(9, 9))}
    with pytest.raises(ValueError, match="must fit images") as caught:
        compare(estimators, X[:100], y[:100], cv=2)
    assert any("'CNN'" in note for note in caught.value.__notes__)


def test_compare_refuses_no_estimators_and_unequal_lengths(many_digits):
    X, y = many_digits
    with pytest.raises(TypeError, match="dict of names and classifiers. Got list"):
        compare([*three().values()], X, y)
    with pytest.raises(ValueError, match="must have at least one classifier"):
        compare({}, X, y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        compare(three(), X[:10], y[:9])


def test_mcnemar_counts_samples_that_only_one_predicts_correctly():
    truth = np.zeros(1000, int)
    a, b = truth.copy(), truth.copy()
    a[:8] = 1  # only b is right
    b[8:10] = 1  # only a is right
    a[20:50] = b[20:50] = 1  # neither
    # 8 or more, or 2 or fewer, of 10 tosses of a coin: 2 * (1 + 10 + 45) / 1024
    assert mcnemar_p_value(truth, a, b) == pytest.approx(112 / 1024)
    assert mcnemar_p_value(truth, b, a) == pytest.approx(112 / 1024)
    assert mcnemar_p_value(truth, a, a) == 1.0
