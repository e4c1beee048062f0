"""Validation images that are passed to ``fit``, and groups of the validation part."""

import keras
import numpy as np
import pytest
from helpers.classifiers import equal, small, smaller, weights
from sklearn import config_context
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import Pipeline

from skdigits import DigitNormalizer, ImageAugmenter
from skdigits.tuning import tune

pytestmark = pytest.mark.processor


@pytest.fixture
def data(digits):
    """Training images and labels, and a pair of validation images and labels."""
    X, y = digits
    return X[:150], y[:150], (X[150:], y[150:])


def val_loss(classifier, X, y):
    """Return what the last "val_loss" of a classifier must be."""
    probabilities = classifier.predict_proba(X)[range(len(y)), y]
    return -np.log(probabilities).mean()


def test_validation_data_are_evaluated_and_do_not_change_the_weights(data):
    X, y, validation = data
    model = small().fit(X, y, validation_data=validation)
    assert len(model.history_["val_accuracy"]) == 2
    expected = val_loss(model, *validation)
    assert model.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-3)
    assert model.history_["val_accuracy"][-1] == pytest.approx(model.score(*validation))
    assert equal(weights(model), weights(small().fit(X, y)))


def test_both_ways_to_pass_them_and_all_dtypes_are_equal(data):
    X, y, (X_val, y_val) = data
    expected = small().fit(X, y, validation_data=(X_val, y_val)).history_
    for fit_params in (
        {"X_val": X_val, "y_val": y_val},
        {"validation_data": [X_val.astype(float).tolist(), list(y_val)]},
        {"validation_data": (X_val.reshape(-1, 8, 8, 1), y_val.astype(float))},
    ):
        found = small().fit(X, y, **fit_params).history_
        np.testing.assert_allclose(found["val_loss"], expected["val_loss"], rtol=1e-5)


def test_they_stop_a_training_and_reach_callbacks(data, tmp_path):
    X, y, (X_val, y_val) = data
    wrong = (y_val + 1) % 10
    path = str(tmp_path / "best.keras")
    saver = keras.callbacks.ModelCheckpoint(path, "val_loss", save_best_only=True)
    model = small(
        epochs=20, early_stopping=True, n_iter_no_change=1, callbacks=[saver]
    ).fit(X, y, validation_data=(X_val, wrong))
    losses = model.history_["val_loss"]
    assert model.n_iter_ == len(losses) < 20
    assert model.callbacks_[0].best == min(losses)
    restored = val_loss(model, X_val, wrong)
    assert restored == pytest.approx(min(losses), rel=1e-3)


def test_warm_start_continues_with_them(data):
    X, y, validation = data
    model = small(warm_start=True).fit(X, y, validation_data=validation)
    model.fit(X, y, validation_data=validation)
    assert len(model.history_["val_loss"]) == 4


@pytest.mark.parametrize(
    ("fit_params", "fraction", "error", "message"),
    [
        ({"X_val": 0}, None, ValueError, "Got X_val alone"),
        ({"y_val": 0}, None, ValueError, "Got y_val alone"),
        (
            {"validation_data": (0, 0), "X_val": 0, "y_val": 0},
            None,
            ValueError,
            "Got validation_data and X_val. Pass one of them",
        ),
        (
            {"validation_data": (0, 0)},
            0.2,
            ValueError,
            "Got validation_data and validation_fraction. Pass one of them",
        ),
        ({"validation_data": (0, 0, 0)}, None, TypeError, "Got a tuple of 3 instead"),
        ({"validation_data": np.zeros((2, 64))}, None, TypeError, "Got a ndarray"),
        ({"validation_data": iter("ab")}, None, TypeError, "Got a str_.*iterator"),
    ],
)
def test_refuses_all_but_one_pair(data, fit_params, fraction, error, message):
    with pytest.raises(error, match=message):
        small(validation_fraction=fraction).fit(*data[:2], **fit_params)


def test_refuses_images_and_labels_unlike_those_of_the_training(data):
    X, y, (X_val, y_val) = data
    nan = X_val.astype(float)
    nan[0, 0] = np.nan
    for invalid, message in (
        ((X_val[:, :49], y_val), "49 features, but .* expecting 64"),
        ((nan, y_val), "contains NaN"),
        ((X_val[:0], y_val[:0]), "0 sample"),
        ((X_val, y_val[1:]), "inconsistent numbers of samples"),
        ((X_val, np.full(50, 77)), r"labels that occur in y.*Got \[77\]"),
        ((X_val, None), "requires y"),
    ):
        with pytest.raises(
            ValueError, match=f"validation_data, or .*y_val, must .*{message}"
        ):
            small().fit(X, y, validation_data=invalid)


def test_warns_of_another_pixel_scale(data):
    X, y, (X_val, y_val) = data
    with pytest.warns(UserWarning, match="Scale validation_data as in fit"):
        small().fit(X * 15, y, validation_data=(X_val / 16, y_val))


def test_a_checkpoint_is_of_one_set_of_validation_data(data, tmp_path):
    X, y, (X_val, y_val) = data
    model = smaller(checkpoint=tmp_path / "fit")
    history = model.fit(X, y, validation_data=(X_val, y_val)).history_
    model.fit(X, y, X_val=X_val, y_val=y_val)
    assert model.history_ == history
    with pytest.raises(ValueError, match="other validation_data"):
        model.fit(X, y, validation_data=(X_val, np.roll(y_val, 1)))
    with pytest.raises(ValueError, match="other validation_data"):
        model.fit(X, y)


def augmented(**params):
    return Pipeline(
        [("augment", ImageAugmenter(random_state=0)), ("cnn", smaller(epochs=1))],
        **params,
    )


def test_they_are_not_augmented_in_a_pipeline(data):
    pd = pytest.importorskip("pandas")
    X, y, (X_val, y_val) = data
    frame, frame_val = (
        pd.DataFrame(images).add_prefix("pixel") for images in (X, X_val)
    )
    pipeline = augmented().fit(frame, y, cnn__validation_data=(frame_val, y_val))
    found = pipeline["cnn"].history_["val_loss"][-1]
    assert found == pytest.approx(val_loss(pipeline, frame_val, y_val), rel=1e-3)


def test_an_error_explains_that_a_pipeline_does_not_transform_them(data):
    X, y, validation = data
    pipeline = Pipeline(
        [("normalize", DigitNormalizer(output_shape=(12, 12))), ("cnn", smaller())]
    )
    with pytest.raises(ValueError, match=r"return, pipeline\[:-1\].transform"):
        pipeline.fit(X, y, cnn__validation_data=validation)


def test_searches_pass_them_to_every_fit(data):
    X, y, validation = data
    params = {"cnn__validation_data": validation}
    scores = cross_validate(
        augmented(), X, y, cv=2, params=params, return_estimator=True
    )
    for fitted in scores["estimator"]:
        assert "val_loss" in fitted["cnn"].history_
    search = GridSearchCV(augmented(), {"cnn__width": [0.25]}, cv=2).fit(X, y, **params)
    assert "val_loss" in search.best_estimator_["cnn"].history_
    result = tune(
        augmented(),
        X,
        y,
        suggest=lambda trial: {"cnn__width": trial.suggest_float("w", 0.2, 0.3)},
        n_trials=1,
        cv=2,
        params=params,
        verbose=0,
    )
    assert "val_loss" in result.best_estimator["cnn"].history_


def test_metadata_routing_transforms_them(data):
    X, y, (X_val, y_val) = data
    with config_context(enable_metadata_routing=True):
        cnn = smaller(epochs=1).set_fit_request(X_val=True, y_val=True)
        pipeline = Pipeline(
            [("normalize", DigitNormalizer(output_shape=(12, 12))), ("cnn", cnn)],
            transform_input=["X_val"],
        )
        pipeline.fit(X, y, X_val=X_val, y_val=y_val)
        found = pipeline["cnn"].history_["val_loss"][-1]
        assert found == pytest.approx(val_loss(pipeline, X_val, y_val), rel=1e-3)

        params = {"X_val": X_val, "y_val": y_val}
        scores = cross_validate(
            pipeline, X, y, cv=2, params=params, return_estimator=True
        )
        search = GridSearchCV(pipeline, {"cnn__width": [0.25]}, cv=2).fit(
            X, y, **params
        )
        result = tune(
            pipeline,
            X,
            y,
            suggest=lambda trial: {"cnn__width": trial.suggest_float("w", 0.2, 0.3)},
            n_trials=1,
            cv=2,
            params=params,
            verbose=0,
        )
        for fitted in (
            *scores["estimator"],
            search.best_estimator_,
            result.best_estimator,
        ):
            assert "val_loss" in fitted["cnn"].history_

        cnn = smaller(epochs=1).set_fit_request(validation_data=True)
        scores = cross_validate(
            cnn,
            X,
            y,
            cv=2,
            params={"validation_data": (X_val, y_val)},
            return_estimator=True,
        )
        assert "val_loss" in scores["estimator"][0].history_
