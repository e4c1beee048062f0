"""CNNClassifier: what it learns, what it keeps, and what it refuses."""

import itertools
import pickle
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import optuna
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skdigits import CNNClassifier, _engines

pytestmark = pytest.mark.processor


def small(**params):
    return CNNClassifier(**{"width": 0.3, "epochs": 2, "random_state": 0, **params})


def weights(classifier):
    return classifier.model_.get_weights()


def equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


class Recorder(keras.callbacks.Callback):
    """Keeps what the last epoch logged."""

    def on_epoch_end(self, epoch, logs=None):
        self.seen = dict(logs)


# --- what it takes -----------------------------------------------------------


def test_learns_digits(digits):
    X, y = digits
    model = CNNClassifier(epochs=20, batch_size=32, random_state=0).fit(
        X[:150], y[:150]
    )
    assert model.score(X[150:], y[150:]) > 0.9


@pytest.mark.parametrize(
    "form", ["flat", "frame", "3d", "4d", "list", "float", "int64"]
)
def test_every_form_of_X_gives_the_same_model(digits, form):
    X, y = digits
    forms = {
        "flat": X,
        "frame": pd.DataFrame(X, columns=[f"pixel{i}" for i in range(64)]),
        "3d": X.reshape(-1, 8, 8),
        "4d": X.reshape(-1, 8, 8, 1),
        "list": X.tolist(),
        "float": X.astype(float),
        "int64": X.astype("int64"),
    }
    expected = small().fit(X, y).predict_proba(X)
    model = small().fit(forms[form], y)
    np.testing.assert_allclose(model.predict_proba(forms[form]), expected, atol=1e-5)
    assert model.n_features_in_ == 64
    assert model.image_shape_ == (8, 8, 1)
    assert hasattr(model, "feature_names_in_") == (form == "frame")


def test_shapes_mix_between_fit_and_predict(digits):
    X, y = digits
    model = small().fit(X, y)
    np.testing.assert_array_equal(
        model.predict_proba(X), model.predict_proba(X.reshape(-1, 8, 8))
    )


def test_scale_of_pixels_does_not_matter(digits):
    X, y = digits
    X = X * 15
    raw = small().fit(X, y).predict_proba(X)
    unit = small().fit(X / 255, y).predict_proba(X / 255)
    np.testing.assert_allclose(unit, raw, atol=1e-4)


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["zero", "one", "two"]),
        np.array(["zero", "one", "two"], dtype=object),
        np.array([-5, 3, 1000]),
        np.array([1.0, 2.0, 5.0]),
        np.array([False, True]),
        pd.array(["zero", "one", "two"], dtype="str"),
    ],
    ids=["str", "object", "int", "float", "bool", "pandas"],
)
def test_labels_come_back_as_they_were(digits, labels):
    X, y = digits
    y = labels[y % len(labels)]
    model = small(epochs=15, batch_size=16, random_state=1).fit(X, y)
    assert list(model.classes_) == sorted(labels)
    assert np.mean(model.predict(X) == np.asarray(y)) > 0.7


def test_hundreds_of_classes():
    rng = np.random.default_rng(0)
    X, y = rng.random((600, 16)), np.repeat(np.arange(300), 2)
    proba = small().fit(X, y).predict_proba(X)
    assert proba.shape == (600, 300)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("architecture", ["classic", "fast"])
@pytest.mark.parametrize(
    "shape", [(8, 8, 1), (28, 28, 1), (32, 32, 3), (1, 1, 1), (1, 50, 1)]
)
def test_every_architecture_takes_every_shape(architecture, shape):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (12, *shape), dtype=np.uint8)
    model = small(architecture=architecture, epochs=1).fit(X, np.arange(12) % 3)
    assert model.predict_proba(X).shape == (12, 3)
    assert model.image_shape_ == shape


def test_colour_images_in_rows():
    X = np.random.default_rng(0).random((10, 4 * 6 * 3))
    model = small(image_shape=(4, -1, 3)).fit(X, np.arange(10) % 2)
    assert model.image_shape_ == (4, 6, 3)


def test_classic_is_the_network_of_2019():
    X = np.zeros((10, 784), np.uint8)
    X[:, :10] = np.eye(10)
    model = CNNClassifier(architecture="classic", epochs=1).fit(X, np.arange(10))
    assert model.model_.count_params() == 730_602


def test_width_multiplies_the_channels(digits):
    X, y = digits
    full = small(width=1.0, epochs=1).fit(X, y).model_.get_layer("conv1").filters
    half = small(width=0.5, epochs=1).fit(X, y).model_.get_layer("conv1").filters
    assert half * 2 == full


def test_dropout_sets_every_rate(digits):
    X, y = digits
    model = small(architecture="classic", dropout=0.45, epochs=1).fit(X, y).model_
    rates = {layer.rate for layer in model.layers if "dropout" in layer.name}
    assert rates == {0.45}


def test_callable_architecture(digits):
    X, y = digits

    def tiny(image_shape, n_classes):
        return keras.Sequential(
            [
                keras.Input(image_shape),
                keras.layers.Flatten(),
                keras.layers.Dropout(0.2),
                keras.layers.Dense(n_classes, activation="softmax"),
            ]
        )

    model = small(architecture=tiny, epochs=5).fit(X, y)
    assert model.model_.count_params() == 64 * 10 + 10
    again = small(architecture=tiny, epochs=5).fit(X, y)
    assert equal(weights(model), weights(again))
    other = small(architecture=tiny, epochs=5, random_state=1).fit(X, y)
    assert not equal(weights(model), weights(other))


def test_callable_architecture_keeps_pretrained_weights(digits):
    X, y = digits

    def pretrained(image_shape, n_classes):
        network = keras.Sequential(
            [
                keras.Input(image_shape),
                keras.layers.Flatten(),
                keras.layers.Dense(n_classes, activation="softmax"),
            ]
        )
        network.set_weights([np.full((64, 10), 0.5), np.arange(10.0)])
        return network

    model = small(architecture=pretrained, epochs=1, learning_rate=1e-9).fit(X, y)
    np.testing.assert_allclose(weights(model)[1], np.arange(10), atol=1e-4)


# --- what it learns -----------------------------------------------------------


def test_model_takes_raw_pixels(digits):
    X, y = digits
    model = small().fit(X, y)
    np.testing.assert_allclose(
        model.model_.predict(X.reshape(-1, 8, 8, 1), verbose=0),
        model.predict_proba(X),
        atol=1e-5,
    )


def test_model_is_a_copy(digits):
    X, y = digits
    model = small().fit(X, y)
    before = model.predict_proba(X)
    model.model_.set_weights([w * 0 for w in weights(model)])
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_history_without_and_with_validation(digits):
    X, y = digits
    model = small(epochs=3).fit(X, y)
    assert set(model.history_) == {"loss", "accuracy", "learning_rate"}
    model = small(epochs=3, validation_fraction=0.2).fit(X, y)
    assert {"val_loss", "val_accuracy"} < set(model.history_)
    assert model.n_iter_ == 3
    assert all(
        len(values) == 3 and all(type(v) is float for v in values)
        for values in model.history_.values()
    )


def test_fits_do_not_share_what_they_learn(digits):
    # They share compiled functions, see _engines.
    X, y = digits
    first = small(random_state=0).fit(X, y)
    before = first.predict_proba(X)
    second = small(random_state=1).fit(X, y)
    assert not np.array_equal(before, second.predict_proba(X))
    np.testing.assert_array_equal(first.predict_proba(X), before)


@pytest.mark.parametrize("architecture", ["fast", "classic"])
@pytest.mark.parametrize("n", [2, 30, 200, 650])
def test_a_prediction_does_not_depend_on_the_place_among_others(
    digits, architecture, n
):
    X, y = digits
    model = small(architecture=architecture, width=1).fit(X, y)
    X = np.tile(X, (4, 1))[:n]
    order = np.random.default_rng(0).permutation(n)
    np.testing.assert_array_equal(
        model.predict_proba(X[order]), model.predict_proba(X)[order]
    )


def test_probabilities_sum_to_one_in_float64(digits):
    X, y = digits
    for dtype in (np.uint8, np.float32, np.float64):
        proba = small(epochs=1).fit(X.astype(dtype), y).predict_proba(X.astype(dtype))
        assert proba.dtype == np.float64
        np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-15)


def test_predictions_do_not_depend_on_the_batch(digits):
    X, y = digits
    model = small().fit(X, y)
    many = np.tile(X, (5, 1))
    one_by_one = np.concatenate([model.predict_proba(X[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(model.predict_proba(many)[:5], one_by_one, atol=1e-6)


@pytest.mark.parametrize(
    "optimizer", ["adam", "adamw", "muon", "nadam", "rmsprop", "sgd"]
)
def test_every_optimizer_learns(digits, optimizer):
    X, y = digits
    model = small(optimizer=optimizer, epochs=6, batch_size=16).fit(X, y)
    assert model.history_["loss"][-1] < 0.8 * model.history_["loss"][0]


@pytest.mark.parametrize("reach", [1, 2])
def test_test_time_shift_averages_over_shifted_copies(digits, reach):
    X, y = digits
    model = small(epochs=5).fit(X, y)
    margins = (0, 0), (reach, reach), (reach, reach)
    wide = np.pad(X.reshape(-1, 8, 8), margins, mode="edge")
    places = range(2 * reach + 1)
    copies = [
        model.predict_proba(np.ascontiguousarray(wide[:, i : i + 8, j : j + 8]))
        for i, j in itertools.product(places, places)
    ]
    model.set_params(test_time_shift=reach)
    averaged = model.predict_proba(X)
    np.testing.assert_allclose(averaged, np.mean(copies, axis=0), atol=1e-6)
    np.testing.assert_array_equal(model.predict(X), averaged.argmax(axis=1))


def test_test_time_shift_is_no_part_of_the_training(digits):
    X, y = digits
    first, second = small().fit(X, y), small(test_time_shift=1).fit(X, y)
    assert equal(weights(first), weights(second))
    with pytest.raises(ValueError, match="'test_time_shift' parameter.*Got -2"):
        first.set_params(test_time_shift=-2).predict(X)


def test_label_smoothing_makes_it_less_sure(digits):
    X, y = digits
    sure = small(epochs=15, batch_size=16).fit(X, y).predict_proba(X)
    less = small(epochs=15, batch_size=16, label_smoothing=0.3).fit(X, y)
    assert less.predict_proba(X).max(axis=1).mean() < sure.max(axis=1).mean()


# --- schedules, early stopping, callbacks -----------------------------------


def test_rates_of_schedules(digits):
    X, y = digits

    def rates(schedule):
        model = small(schedule=schedule, epochs=8, learning_rate=0.01, batch_size=200)
        return model.fit(X, y).history_["learning_rate"]

    assert rates("constant") == pytest.approx([0.01] * 8)
    assert rates("linear") == pytest.approx([0.01 * (1 - i / 8) for i in range(8)])
    assert rates("cosine")[4] == pytest.approx(0.005)
    one_cycle = rates("one_cycle")
    assert np.argmax(one_cycle) == 2
    assert one_cycle[0] == pytest.approx(0.001)


def test_plateau_halves_the_rate_down_to_a_tenth(digits):
    X, _ = digits
    y = np.arange(len(X)) % 2  # nothing to learn from X: the accuracy stays put
    model = small(
        schedule="plateau",
        epochs=25,
        learning_rate=1e-7,
        validation_fraction=0.3,
        batch_size=200,
    ).fit(X * 0, y)
    rates = model.history_["learning_rate"]
    assert rates[-1] == pytest.approx(1e-8)
    assert any(b == pytest.approx(a / 2) for a, b in itertools.pairwise(rates))


def test_early_stopping_returns_to_the_best_epoch(digits):
    X, y = digits
    labels = np.random.default_rng(0).permutation(y)  # what is learnt is of no use
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


def test_early_stopping_without_validation_goes_by_the_training(digits):
    X, y = digits
    model = small(
        epochs=30,
        early_stopping=True,
        n_iter_no_change=2,
        learning_rate=1.0,  # too high to go on falling
        optimizer="sgd",
        schedule="constant",
    ).fit(X, y)
    losses = model.history_["loss"]
    assert model.n_iter_ == np.argmin(losses) + 1 + 2 < 30


def test_a_callback_that_changes_the_network_changes_no_other_fit(digits):
    X, y = digits

    class Freeze(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            for layer in self.model.layers[:-1]:
                layer.trainable = False

    before = weights(small().fit(X, y))
    small(callbacks=[Freeze()]).fit(X, y)
    assert equal(weights(small().fit(X, y)), before)


def test_a_callback_reports_to_the_trial_that_it_was_given(digits):
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
def test_a_callback_that_sets_the_rate_is_heeded(digits, schedule):
    def fitted(callback, **params):
        params = {"epochs": 4, "learning_rate": 0.01, "schedule": schedule, **params}
        return small(callbacks=[callback], **params).fit(*digits).history_

    def rate(epoch, before):
        return 0.01 if epoch == 0 else before / 2  # it begins with no change

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


def test_callbacks_take_part_and_the_parameter_stays(digits):
    X, y = digits
    given = Recorder()
    model = small(callbacks=[given], validation_fraction=0.2).fit(X, y)
    assert model.callbacks[0] is given
    assert not hasattr(given, "seen")
    assert model.callbacks_[0].seen["val_loss"] == model.history_["val_loss"][-1]


class Unpicklable(keras.callbacks.Callback):
    """As TensorBoard: once it has taken part it holds what cannot be pickled."""

    def on_train_begin(self, logs=None):
        self.lock = threading.Lock()


def test_pickles_with_a_callback_that_does_not(digits):
    X, y = digits
    model = small(callbacks=[Unpicklable()]).fit(X, y)
    with pytest.raises(TypeError):
        pickle.dumps(model.callbacks_)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


# --- going on ------------------------------------------------------------------


def test_partial_fit_is_one_epoch_each(digits):
    X, y = digits
    model = small()
    for _ in range(3):
        model.partial_fit(X, y, classes=np.arange(10))
    assert model.n_iter_ == 3
    assert len(model.history_["loss"]) == 3
    assert model.history_["loss"][-1] < model.history_["loss"][0]
    one_go = small(epochs=3, schedule="constant").fit(X, y)
    assert equal(weights(model), weights(one_go))


def test_partial_fit_goes_on_after_pickling(digits):
    X, y = digits
    model = small(architecture="classic").partial_fit(X, y, classes=np.arange(10))
    again = pickle.loads(pickle.dumps(model))
    assert equal(
        weights(again.partial_fit(X, y)),
        weights(model.partial_fit(X, y)),
    )


def test_partial_fit_sees_classes_later(digits):
    X, y = digits
    model = small().partial_fit(X[y < 5], y[y < 5], classes=np.arange(10))
    model.partial_fit(X[y >= 5], y[y >= 5])
    assert model.predict_proba(X).shape[1] == 10


def test_warm_start_goes_on(digits):
    X, y = digits
    model = small(warm_start=True, schedule="constant").fit(X, y)
    model.fit(X, y)
    assert model.n_iter_ == 4
    assert len(model.history_["loss"]) == 4
    one_go = small(epochs=4, schedule="constant").fit(X, y)
    assert equal(weights(model), weights(one_go))


def test_warm_start_refuses_another_network_or_other_classes(digits):
    X, y = digits
    model = small(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="width"):
        clone_with_state(model, width=0.5).fit(X, y)
    with pytest.raises(ValueError, match="needs the classes of the fit before"):
        model.fit(X[y < 5], y[y < 5])


def clone_with_state(model, **params):
    return pickle.loads(pickle.dumps(model)).set_params(**params)


def test_fit_without_warm_start_begins_anew(digits):
    X, y = digits
    model = small().fit(X, y)
    before = weights(model)
    assert equal(weights(model.fit(X, y)), before)
    assert model.n_iter_ == 2


# --- weights --------------------------------------------------------------------


def test_weights_count_as_repetitions(digits):
    """In a single batch, without dropout, a weight of 2 is a repetition."""
    X, y = digits
    params = {"batch_size": 400, "epochs": 3, "optimizer": "sgd", "learning_rate": 0.1}

    def no_noise(image_shape, n_classes):
        return keras.Sequential(
            [
                keras.Input(image_shape),
                keras.layers.Flatten(),
                keras.layers.Dense(n_classes, activation="softmax"),
            ]
        )

    repeats = np.where(np.arange(len(X)) % 3 == 0, 2, 1)
    weighted = small(architecture=no_noise, **params).fit(X, y, repeats)
    repeated = small(architecture=no_noise, **params)
    repeated.fit(X.repeat(repeats, axis=0), y.repeat(repeats))
    # Repetitions move the pixels' mean a little; to ignore the weights makes 0.05.
    np.testing.assert_allclose(
        weighted.predict_proba(X), repeated.predict_proba(X), atol=0.002
    )


def test_zero_weight_is_absence(digits):
    X, y = digits
    keep = np.arange(len(X)) % 4 > 0
    weighted = small().fit(X, y, sample_weight=keep.astype(float))
    without = small().fit(X[keep], y[keep], sample_weight=np.ones(keep.sum()))
    assert equal(weights(weighted), weights(without))


def test_a_class_of_no_weight_stays_a_class(digits):
    X, y = digits
    without_3 = {digit: int(digit != 3) for digit in range(10)}
    model = small(class_weight=without_3, epochs=5).fit(X, y)
    assert model.predict_proba(X).shape == (200, 10)
    assert list(model.classes_) == list(range(10))
    # A weight for each sample says the same.
    by_sample = small(epochs=5, warm_start=True).fit(X, y, (y != 3).astype(float))
    np.testing.assert_array_equal(by_sample.predict_proba(X), model.predict_proba(X))
    by_sample.fit(X, y, (y != 3).astype(float))


def test_scale_of_weights_does_not_matter(digits):
    X, y = digits
    w = np.linspace(1, 2, len(X))
    np.testing.assert_allclose(
        small().fit(X, y, w).predict_proba(X),
        small().fit(X, y, 1000 * w).predict_proba(X),
        atol=1e-4,
    )


def test_class_weight_moves_predictions(digits):
    X, y = digits
    y = (y == 0).astype(int)
    plain = small(epochs=3).fit(X, y).predict(X).mean()
    heavy = small(epochs=3, class_weight={1: 100.0}).fit(X, y).predict(X).mean()
    assert heavy > plain


def test_balanced_equals_its_weights(digits):
    X, y = digits
    keep = (y != 0) | (np.arange(len(y)) % 3 == 0)
    X, y = X[keep], y[keep]
    counts = np.bincount(y)
    by_hand = {digit: len(y) / (10 * counts[digit]) for digit in range(10)}
    balanced = small(class_weight="balanced").fit(X, y)
    np.testing.assert_allclose(
        balanced.predict_proba(X),
        small(class_weight=by_hand).fit(X, y).predict_proba(X),
        atol=1e-5,
    )


def test_the_callers_arrays_stay(digits):
    X, y = digits
    w = np.ones(len(X))
    given = [X.copy(), y.copy(), w.copy()]
    for array in given:
        array.flags.writeable = False
    model = small(class_weight="balanced", validation_fraction=0.2).fit(*given)
    model.predict_proba(given[0])
    for array, original in zip(given, (X, y, w), strict=True):
        np.testing.assert_array_equal(array, original)


# --- what it refuses ------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_refuses_nan_and_infinity(digits, value):
    X, y = digits
    X = X.astype(float)
    X[3, 5] = value
    with pytest.raises(ValueError, match="NaN|infinity"):
        small().fit(X, y)


def test_refuses_what_float32_cannot_hold(digits):
    X, y = digits
    with pytest.raises(ValueError, match="float32 cannot hold"):
        small().fit(X * 1e300, y)


def test_refuses_sparse(digits):
    X, y = digits
    with pytest.raises(TypeError, match="[Ss]parse"):
        small().fit(sparse.csr_array(X), y)


def test_refuses_no_samples(digits):
    X, y = digits
    with pytest.raises(ValueError, match="0 sample"):
        small().fit(X[:0], y[:0])


def test_refuses_one_class(digits):
    X, _ = digits
    with pytest.raises(ValueError, match="two classes at least. Got one class: 'a'"):
        small().fit(X, np.array(["a"] * len(X)))


def test_refuses_continuous_labels(digits):
    X, y = digits
    with pytest.raises(ValueError, match="Unknown label type"):
        small().fit(X, y + 0.5)


def test_pixels_that_make_no_square_are_one_row_and_it_is_said(digits):
    X, y = digits
    with pytest.warns(UserWarning, match="image_shape=None.*60 features are no squ"):
        model = small().fit(X[:, :60], y)
    assert model.image_shape_ == (1, 60, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it is said once, in fit
        proba = model.predict_proba(X[:, :60])
        same = small(image_shape=(1, -1)).fit(X[:, :60], y).predict_proba(X[:, :60])
    np.testing.assert_array_equal(proba, same)


@pytest.mark.parametrize(
    ("image_shape", "message"),
    [
        ((8, 9), r"image_shape=\(8, 9\) does not fit images of 64 pixels"),
        ((8, 8, 3), "does not fit images of 64 pixels"),
        ((-1, 9), "does not fit"),
        ((-1, -1), "one -1 at most"),
        ((0, 64), "must be positive"),
        ((8,), "2 or 3 integers"),
        ((8.0, 8), "2 or 3 integers"),
    ],
)
def test_refuses_a_shape_that_does_not_fit(digits, image_shape, message):
    X, y = digits
    with pytest.raises(ValueError, match=message):
        small(image_shape=image_shape).fit(X, y)


def test_refuses_images_of_another_shape_than_declared(digits):
    X, y = digits
    with pytest.raises(ValueError, match=r"does not match X.*\(8, 8\)"):
        small(image_shape=(4, 16)).fit(X.reshape(-1, 8, 8), y)


def test_refuses_five_dimensions(digits):
    X, y = digits
    with pytest.raises(ValueError, match="Got 5 dimensions"):
        small().fit(X.reshape(-1, 2, 4, 4, 2), y)


def test_refuses_another_number_of_pixels_at_predict(digits):
    X, y = digits
    model = small().fit(X, y)
    with pytest.raises(ValueError, match="49 features, but CNNClassifier is expecting"):
        model.predict(X[:, :49])
    with pytest.raises(ValueError, match="does not match X"):
        model.predict(X.reshape(-1, 4, 16))


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_refuses_to_predict_before_fit(digits, method):
    with pytest.raises(NotFittedError):
        getattr(small(), method)(digits[0])
    with pytest.raises(NotFittedError):
        _ = small().model_


def test_refuses_a_class_too_small_to_hold_out(digits):
    X, y = digits
    y = y.copy()
    y[0] = 77
    with pytest.raises(ValueError, match=r"two samples of each class.*Class 77 has 1"):
        small(validation_fraction=0.2).fit(X, y)
    with pytest.raises(ValueError, match="both parts must have one of each"):
        small(validation_fraction=0.01).fit(*digits)


def test_refuses_labels_that_classes_does_not_list(digits):
    X, y = digits
    with pytest.raises(ValueError, match=r"`classes` does not list: \[.*9"):
        small().partial_fit(X, y, classes=np.arange(9))
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        small().partial_fit(X, y)


def test_refuses_negative_weights(digits):
    X, y = digits
    with pytest.raises(ValueError, match="[Nn]egative"):
        small().fit(X, y, sample_weight=np.linspace(-1, 1, len(X)))


def test_refuses_weights_that_leave_nothing(digits):
    X, y = digits
    with pytest.raises(ValueError, match="leave samples of two classes"):
        small(class_weight=dict.fromkeys(range(10), 0)).fit(X, y)
    with pytest.raises(ValueError, match="class_weight must be finite and not neg"):
        small(class_weight={3: -1}).fit(X, y)
    with pytest.raises(ValueError, match="needs all labels at once"):
        small(class_weight="balanced").partial_fit(X, y, classes=np.arange(10))


def test_refuses_a_misspelt_parameter():
    with pytest.raises(TypeError, match=r"'epohcs'. Did you mean 'epochs'.*batch_size"):
        CNNClassifier(epohcs=3)
    with pytest.raises(
        TypeError,
        match="no parameter 'widht' or 'epohcs'. "
        "Did you mean 'width' for 'widht', 'epochs' for 'epohcs'",
    ):
        CNNClassifier(widht=1, epochs=2, epohcs=3)
    with pytest.raises(ValueError, match=r"Invalid parameter 'epohcs'.*batch_size"):
        CNNClassifier().set_params(epohcs=3)
    with pytest.raises(TypeError, match="by keyword"):
        CNNClassifier("fast")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("architecture", "resnet"),
        ("width", 0),
        ("width", 1e307),
        ("dropout", 1.0),
        ("epochs", 0),
        ("epochs", 2.5),
        ("batch_size", 0),
        ("optimizer", "lbfgs"),
        ("learning_rate", -1),
        ("schedule", "step"),
        ("label_smoothing", 1.0),
        ("dtype_policy", "bfloat17"),
        ("test_time_shift", -1),
        ("test_time_shift", 11),
        ("test_time_shift", 1.5),
        ("validation_fraction", 1.5),
        ("early_stopping", "yes"),
        ("n_iter_no_change", 0),
        ("class_weight", "heavy"),
        ("callbacks", "tensorboard"),
        ("random_state", "seed"),
        ("verbose", -1),
    ],
)
def test_refuses_a_parameter_out_of_range(digits, name, value):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of CNNClassifier"):
        small(**{name: value}).fit(*digits)


def test_refuses_a_callback_that_is_none(digits):
    with pytest.raises(TypeError, match="callbacks must be instances.*at place 0"):
        small(callbacks=[print]).fit(*digits)


def dense(n_out, activation="softmax"):
    return lambda image_shape, n_classes: keras.Sequential(
        [
            keras.Input(image_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(n_out, activation=activation),
        ]
    )


def two_outputs(image_shape, n_classes):
    images = keras.Input(image_shape)
    flat = keras.layers.Flatten()(images)
    return keras.Model(images, {"one": flat, "other": flat})


def for_other_images(image_shape, n_classes):
    return dense(n_classes)((5, 5, 3), n_classes)


@pytest.mark.parametrize(
    ("architecture", "error", "message"),
    [
        (lambda shape, n: "network", TypeError, "must return a keras.Model. Got str"),
        (dense(7), ValueError, r"each of the 10 classes.*\(None, 7\)"),
        (dense(10, None), ValueError, 'sum to .* activation="softmax"'),
        (dense(10, "sigmoid"), ValueError, "outputs are probabilities"),
        (two_outputs, ValueError, "one output for each of the 10 classes.*Got a dict"),
        (for_other_images, ValueError, r"does not take images of shape \(8, 8, 1\)"),
    ],
    ids=["no-network", "outputs", "linear", "sigmoid", "dict", "shape"],
)
def test_refuses_an_architecture(digits, architecture, error, message):
    with pytest.raises(error, match=message):
        small(architecture=architecture).fit(*digits)


def test_refuses_a_network_in_place_of_a_function_that_builds_one(digits, tmp_path):
    network = dense(10)((8, 8, 1), 10)
    for params in ({}, {"checkpoint": tmp_path / "fit"}):
        with pytest.raises(
            TypeError, match="architecture must be .* function that bui"
        ):
            small(architecture=network, **params).fit(*digits)
    with pytest.raises(TypeError, match="Got the network Sequential itself"):
        small(architecture=network).summary()


def test_refuses_an_architecture_that_hands_out_one_network_twice(digits):
    network = dense(10)((8, 8, 1), 10)
    model = small(architecture=lambda shape, n: network).fit(*digits)
    with pytest.raises(ValueError, match="build a new one at each call"):
        model.fit(*digits)


def test_a_fit_that_fails_leaves_it_as_it_was(digits):
    X, y = digits
    names = [f"pixel{i}" for i in range(64)]
    model = small(callbacks=[Failing()])
    with pytest.raises(ZeroDivisionError):
        model.fit(X, y)
    with pytest.raises(NotFittedError):
        model.predict(X)
    model.set_params(callbacks=None).fit(pd.DataFrame(X, columns=names), y)
    before = {**vars(model)}
    model.set_params(callbacks=[Failing()])
    with pytest.raises(ZeroDivisionError):
        model.fit(X[:, :49], y % 3)
    model.set_params(callbacks=None)
    assert vars(model) == before
    assert not hasattr(model.fit(X, y), "feature_names_in_")


def test_a_first_partial_fit_that_fails_can_be_repeated(digits):
    X, y = digits
    model = small()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.partial_fit(X[:60], y, classes=np.arange(10))
    with pytest.raises(AttributeError):
        _ = model.classes_
    model.partial_fit(X, y, classes=np.arange(10))
    assert model.n_iter_ == 1


def test_an_interrupted_fit_can_be_repeated(digits):
    X, y = digits

    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    expected = weights(small().fit(X, y))
    model = small(callbacks=[Interrupt()])
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    with pytest.raises(NotFittedError):
        model.predict(X)
    assert equal(weights(model.set_params(callbacks=None).fit(X, y)), expected)


def test_an_architecture_may_use_a_fitted_classifier(digits):
    X, y = digits
    fitted = pickle.loads(pickle.dumps(small().fit(X, y)))

    def on_top(image_shape, n_classes):
        body = fitted.model_
        assert body.output_shape == (None, 10)
        return dense(n_classes)(image_shape, n_classes)

    assert small(architecture=on_top).fit(X, y).n_iter_ == 2


def test_an_architecture_that_changes_its_mind_is_said(digits):
    sizes = iter([10, 11])

    def moody(image_shape, n_classes):
        layers = [
            keras.Input(image_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(next(sizes), activation="relu"),
            keras.layers.Dense(n_classes, activation="softmax"),
        ]
        return keras.Sequential(layers)

    model = small(architecture=moody).fit(*digits)
    with pytest.raises(ValueError, match="the same network at each call of a function"):
        _ = model.model_


def test_precision_follows_kerass_policy(digits):
    X, y = digits
    exact = weights(small().fit(X, y))
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert not equal(weights(small().fit(X, y)), exact)
    finally:
        keras.config.set_dtype_policy("float32")
    assert equal(weights(small().fit(X, y)), exact)


def tiny(image_shape, n_classes):
    return keras.Sequential(
        [
            keras.Input(image_shape),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.GlobalMaxPooling2D(),
            keras.layers.Dense(n_classes, activation="softmax"),
        ]
    )


@pytest.mark.parametrize("architecture", ["fast", "classic", tiny])
def test_half_the_precision(digits, architecture):
    X, y = digits
    model = small(architecture=architecture, dtype_policy="mixed_bfloat16").fit(X, y)
    assert keras.config.dtype_policy().name == "float32"  # nothing global
    layers = {layer.compute_dtype for layer in model.model_.layers}
    assert "bfloat16" in layers
    assert {array.dtype.name for array in weights(model)} == {"float32"}
    proba = model.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
    if architecture is not tiny:  # ours end in float32 themselves
        found = model.model_(X.reshape(-1, 8, 8, 1)).numpy()
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
        np.testing.assert_allclose(found, proba, atol=0.02)
    again = clone(model).fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), proba)
    exact = clone(model).set_params(dtype_policy="float32").fit(X, y)
    difference = np.abs(exact.predict_proba(X) - proba)
    assert 0 < difference.max() < 0.1


def test_a_parameter_goes_before_kerass_policy(digits):
    X, y = digits
    exact = weights(small().fit(X, y))
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert equal(weights(small(dtype_policy="float32").fit(X, y)), exact)
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")


def test_verbose_without_a_terminal_is_a_line_for_each_epoch(digits, capsys):
    model = small(verbose=1, validation_fraction=0.2).fit(*digits)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    loss, accuracy = (model.history_[key][1] for key in ("loss", "val_accuracy"))
    assert lines[1].startswith(f"Epoch 2/2: loss {loss:.4f}, accuracy ")
    assert f"validation accuracy {accuracy:.4f}, " in lines[1]


def test_verbose_in_a_terminal_is_one_bar(digits, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes it for a terminal
    model = small(verbose=1).fit(*digits)
    out = capsys.readouterr().out
    assert "epoch 2/2" in out and f"loss {model.history_['loss'][-1]:.4f}" in out
    assert "Epoch" not in out
    small(verbose=2).fit(*digits)
    assert capsys.readouterr().out.count("Epoch ") == 2


def test_a_bar_ends_with_an_error(digits, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    for _ in range(2):  # rich refuses a second display while one is alive
        with pytest.raises(ZeroDivisionError):
            small(verbose=1, callbacks=[Failing()]).fit(*digits)


class Failing(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise ZeroDivisionError


def test_divergence_is_an_error(digits):
    X, y = digits
    model = small(architecture=dense(10), optimizer="sgd", learning_rate=1e38, epochs=5)
    with pytest.raises(ValueError, match=r"diverged.*learning_rate=1e\+38"):
        model.fit(X, y)


def test_clone_keeps_parameters_and_nothing_learnt(digits):
    model = small(width=0.7).fit(*digits)
    copied = clone(model)
    assert copied.get_params() == model.get_params()
    assert not hasattr(copied, "classes_")


@pytest.mark.parametrize("architecture", ["fast", dense(10)])
def test_layers_of_the_model_can_be_looked_into(digits, architecture):
    import keras

    X, y = digits
    model = small(architecture=architecture).fit(X, y)
    network = model.model_
    probe = keras.Model(network.inputs[0], [layer.output for layer in network.layers])
    outputs = probe(X.reshape(-1, 8, 8, 1).astype("float32"))
    np.testing.assert_allclose(outputs[-1], model.predict_proba(X), atol=1e-5)


def test_summary_before_and_after_fit(digits, capsys):
    before = CNNClassifier(architecture="classic").summary()
    assert "730,602" in before and "conv1" in before and "26, 26, 32" in before
    model = small().fit(*digits)
    after = model.summary()
    assert "conv3" in after and f"{model.model_.count_params():,}" in after
    other = small().summary(image_shape=(32, 32, 3), n_classes=4)
    assert "(None, 4)" in other
    assert capsys.readouterr().out == ""


# --- from many threads ------------------------------------------------------------


def test_predictions_in_many_threads_share_one_network(digits, monkeypatch):
    X, y = digits
    model = pickle.loads(pickle.dumps(small().fit(X, y)))
    expected = model.predict_proba(X)
    _engines._idle.clear()
    built = []

    class Counted(_engines.Engine):
        def __init__(self, *args):
            built.append(args)
            super().__init__(*args)

    monkeypatch.setattr(_engines, "Engine", Counted)
    start = threading.Barrier(8)

    def predict(_):
        start.wait()
        return [model.predict_proba(X) for _ in range(5)]

    with ThreadPoolExecutor(8) as threads:
        found = [
            proba for several in threads.map(predict, range(8)) for proba in several
        ]
    assert len(found) == 40
    assert all(np.array_equal(proba, expected) for proba in found)
    assert len(built) == 1
    assert _engines._shared == [] and len(_engines._idle) == 1


def test_a_fit_beside_predictions_has_a_network_of_its_own(digits):
    X, y = digits
    model = small().fit(X, y)
    expected = model.predict_proba(X)
    other = weights(small(random_state=1).fit(X, y))
    done = threading.Event()

    def predict():
        found = []
        while not done.is_set():
            found.append(np.array_equal(model.predict_proba(X), expected))
        return found

    with ThreadPoolExecutor(1) as threads:
        same = threads.submit(predict)
        fits = [small(random_state=1).fit(X, y) for _ in range(3)]
        done.set()
    assert same.result() and all(same.result())
    assert all(equal(weights(fitted), other) for fitted in fits)
