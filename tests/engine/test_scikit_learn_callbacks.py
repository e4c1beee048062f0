"""scikit-learn callbacks are notified of each epoch and may end a training."""

from functools import partial

import numpy as np
import pytest
from helpers.classifiers import dense, smaller
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from skdigits import ImageAugmenter

pytest.importorskip("sklearn.callback", reason="new in scikit-learn 1.9")


small = partial(smaller, epochs=3)


@pytest.fixture
def sklearn_callback():
    """The module `sklearn.callback`."""
    return pytest.importorskip("sklearn.callback", reason="new in scikit-learn 1.9")


class Recorder:
    """Callback that records events and stops the training after some epochs."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.events, self.fitted = [], []

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.events.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        self.events.append(f"end {context.task_name}")
        if context.task_name == "epoch":
            self.fitted.append((fitted_estimator, X, y))
            return len(self.fitted) == self.stop_after


def test_callback_is_notified_of_the_fit_and_its_epochs(digits):
    callback = Recorder()
    small(epochs=2).set_callbacks(callback).fit(*digits)
    epoch = ["begin epoch", "end epoch"]
    assert callback.events == [
        "setup",
        "begin fit",
        *epoch,
        *epoch,
        "end fit",
        "teardown",
    ]


def test_classifier_of_an_epoch_equals_a_fit_that_stopped_there(digits):
    X, y = digits
    callback = Recorder(stop_after=2)
    stopped = small(validation_fraction=0.2).set_callbacks(callback).fit(X, y)
    first, second = (fitted for fitted, _, _ in callback.fitted)
    assert stopped.n_iter_ == second.n_iter_ == 2 and first.n_iter_ == 1
    assert stopped.history_ == second.history_
    assert len(first.history_["val_loss"]) == 1
    np.testing.assert_array_equal(stopped.predict_proba(X), second.predict_proba(X))
    assert not np.array_equal(first.predict_proba(X), second.predict_proba(X))


def test_callbacks_do_not_change_the_weights(digits):
    X, y = digits
    with_callback = small().set_callbacks(Recorder()).fit(X, y)
    np.testing.assert_array_equal(
        with_callback.predict_proba(X), small().fit(X, y).predict_proba(X)
    )


def test_teardown_follows_an_error_and_partial_fit_notifies_no_callback(digits):
    X, y = digits
    callback = Recorder()
    with pytest.raises(ValueError, match="diverged"):
        diverging = small(optimizer="sgd", learning_rate=1e38, architecture=dense(10))
        diverging.set_callbacks(callback).fit(X, y)
    assert callback.events[-1] == "teardown"
    callback = Recorder()
    small().set_callbacks(callback).partial_fit(X, y, classes=np.arange(10))
    assert callback.events == []


def test_all_callbacks_are_torn_down_after_a_failed_setup(digits):
    class Broken(Recorder):
        def setup(self, estimator, context):
            raise OSError("no place for a log")

    first, broken = Recorder(), Broken()
    with pytest.raises(OSError, match="no place for a log"):
        small().set_callbacks(first, broken).fit(*digits)
    assert first.events == ["setup", "teardown"]
    assert broken.events == ["teardown"]


def test_clones_share_callbacks_and_set_callbacks_removes_them(digits):
    callback = Recorder()
    model = small(epochs=1).set_callbacks(callback)
    clone(model).fit(*digits)
    assert callback.events.count("end fit") == 1
    model.set_callbacks().fit(*digits)
    assert callback.events.count("end fit") == 1


@pytest.mark.parametrize("callback", [Recorder, object()], ids=["class", "no hooks"])
def test_set_callbacks_refuses_other_objects(callback):
    with pytest.raises(TypeError, match="callbacks must be instances"):
        small().set_callbacks(callback)


def test_hook_with_an_unknown_argument_is_refused(digits):
    class Curious(Recorder):
        def on_fit_task_begin(self, estimator, context, *, weather):
            """Not reached."""

    with pytest.raises(TypeError, match="weather"):
        small(epochs=1).set_callbacks(Curious()).fit(*digits)


def test_context_has_the_epoch_and_its_parent(digits):
    class Contexts(Recorder):
        def on_fit_task_begin(self, estimator, context):
            self.events.append(context)

    callback = Contexts()
    small(epochs=2).set_callbacks(callback).fit(*digits)
    fit, *epochs = [e for e in callback.events if hasattr(e, "task_id")]
    assert (fit.estimator_name, fit.max_subtasks, fit.parent) == (
        "CNNClassifier",
        2,
        None,
    )
    assert [epoch.task_id for epoch in epochs] == [0, 1]
    assert all(epoch.parent is fit for epoch in epochs)


def test_warm_start_counts_sklearn_callback_epochs(digits):
    X, y = digits
    model = small(epochs=2, warm_start=True).fit(X, y)
    callback = Recorder()
    model.set_callbacks(callback).fit(X, y)
    assert [fitted.n_iter_ for fitted, _, _ in callback.fitted] == [3, 4]
    assert callback.fitted[-1][0].history_ == model.history_


def test_scoring_monitor_scores_each_epoch(digits, sklearn_callback):
    X, y = digits
    monitor = sklearn_callback.ScoringMonitor(scoring="accuracy")
    model = small().set_callbacks(monitor).fit(X, y)
    log = monitor.get_logs().data
    epochs = [row["accuracy"] for row in log if row["task_name"] == "epoch"]
    assert len(epochs) == 3
    assert epochs[-1] == model.score(X, y)


def test_scoring_monitor_in_a_search_over_pipelines(digits, sklearn_callback):
    X, y = digits
    monitor = sklearn_callback.ScoringMonitor(scoring="accuracy")
    cnn = small(epochs=2).set_callbacks(monitor)
    model = Pipeline([("augment", ImageAugmenter(random_state=0)), ("cnn", cnn)])
    GridSearchCV(model, {"cnn__width": [0.1, 0.2]}, cv=2, refit=False).fit(X, y)
    log = monitor.get_logs().data
    assert sum(row["task_name"] == "epoch" for row in log) == 2 * 2 * 2
    assert {row["estimator_name"] for row in log} == {"CNNClassifier"}


@pytest.mark.filterwarnings("error::UserWarning")
def test_progress_bar_counts_epochs(digits, sklearn_callback, capsys):
    X, y = digits
    model = Pipeline([("augment", ImageAugmenter()), ("cnn", small())])
    model.set_callbacks(sklearn_callback.ProgressBar()).fit(X, y)
    shown = capsys.readouterr().out
    assert "CNNClassifier" in shown and "100%" in shown
