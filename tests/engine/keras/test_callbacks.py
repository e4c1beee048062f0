"""Early stopping, and Keras callbacks of the user."""

import pickle
import threading

import keras
import numpy as np
import optuna
import pytest
from helpers.classifiers import equal, small, weights

pytestmark = pytest.mark.processor


class Recorder(keras.callbacks.Callback):
    """Callback that stores the logs of the last epoch."""

    def on_epoch_end(self, epoch, logs=None):
        self.seen = dict(logs)


class Unpicklable(keras.callbacks.Callback):
    """Callback that cannot be pickled after a fit, like TensorBoard."""

    def on_train_begin(self, logs=None):
        self.lock = threading.Lock()


# --- early stopping


def test_early_stopping_returns_to_the_best_epoch(digits):
    X, y = digits
    labels = np.random.default_rng(0).permutation(y)  # nothing generalises
    params = {
        "batch_size": 16,
        "learning_rate": 0.02,
        "schedule": "constant",
        "validation_fraction": 0.3,
    }
    model = small(epochs=60, early_stopping=True, n_iter_no_change=3, **params)
    model.fit(X, labels)
    best = int(np.argmin(model.history_["val_loss"])) + 1
    assert model.n_iter_ == best + 3 < 60
    assert equal(weights(model), weights(small(epochs=best, **params).fit(X, labels)))


def test_early_stopping_without_validation_monitors_the_training(digits):
    X, y = digits
    model = small(
        epochs=30,
        early_stopping=True,
        n_iter_no_change=2,
        learning_rate=1.0,  # too high: the loss soon rises
        optimizer="sgd",
        schedule="constant",
    ).fit(X, y)
    losses = model.history_["loss"]
    assert model.n_iter_ == np.argmin(losses) + 1 + 2 < 30


# --- the user's callbacks


def test_callback_that_changes_the_model_changes_no_other_fit(digits):
    X, y = digits

    class Freeze(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            for layer in self.model.layers[:-1]:
                layer.trainable = False

    before = weights(small().fit(X, y))
    small(callbacks=[Freeze()]).fit(X, y)
    assert equal(weights(small().fit(X, y)), before)


def test_callback_reports_to_its_trial(digits):
    X, y = digits
    study = optuna.create_study()
    trial = study.ask()

    class Report(keras.callbacks.Callback):
        def __init__(self, trial):
            super().__init__()
            self.trial = trial

        def on_epoch_end(self, epoch, logs=None):
            self.trial.report(logs["loss"], epoch)

    model = small(callbacks=[Report(trial)]).fit(X, y)
    study.tell(trial, model.history_["loss"][-1])
    reported = study.trials[0].intermediate_values
    assert list(reported.values()) == pytest.approx(model.history_["loss"])


@pytest.mark.parametrize("schedule", ["one_cycle", "plateau"])
def test_callback_that_sets_the_rate_overrides_the_schedule(digits, schedule):
    def fitted(callback, **params):
        params = {"epochs": 4, "learning_rate": 0.01, "schedule": schedule, **params}
        return small(callbacks=[callback], **params).fit(*digits).history_

    def rate(epoch, before):
        return 0.01 if epoch == 0 else before / 2  # the first call changes nothing

    history = fitted(keras.callbacks.LearningRateScheduler(rate))
    assert history["learning_rate"] == pytest.approx([0.01, 0.005, 0.0025, 0.00125])
    history = fitted(
        keras.callbacks.ReduceLROnPlateau("loss", 0.1, patience=1, min_delta=1e3)
    )
    assert history["learning_rate"] == pytest.approx([0.01, 0.01, 0.001, 0.0001])

    class Own(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                self.model.optimizer.learning_rate = 0.5

    history = fitted(Own(), optimizer="sgd")
    assert history["learning_rate"][2:] == [0.5, 0.5]
    plain = small(epochs=4, learning_rate=0.01, schedule=schedule, optimizer="sgd")
    expected = plain.fit(*digits).history_["learning_rate"]
    assert history["learning_rate"][:2] == expected[:2]


def test_callbacks_are_copied_and_the_parameter_does_not_change(digits):
    X, y = digits
    given = Recorder()
    model = small(callbacks=[given], validation_fraction=0.2).fit(X, y)
    assert model.callbacks[0] is given
    assert not hasattr(given, "seen")
    assert model.callbacks_[0].seen["val_loss"] == model.history_["val_loss"][-1]


def test_classifier_pickles_with_a_callback_that_does_not(digits):
    X, y = digits
    model = small(callbacks=[Unpicklable()]).fit(X, y)
    with pytest.raises(TypeError):
        pickle.dumps(model.callbacks_)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
