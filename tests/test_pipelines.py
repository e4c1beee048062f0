"""The two estimators together: what reaches the network, and what never does."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skdigits import (
    CNNClassifier,
    DigitNormalizer,
    ImageAugmenter,
    make_digit_pipeline,
)
from skdigits.datasets import make_digit_photo
from skdigits.pipelines import make_digit_ensemble

pytestmark = pytest.mark.processor


class Recording(keras.layers.Layer):
    """Notes a copy of every batch that comes by, in training and otherwise."""

    def __init__(self, note):
        super().__init__()
        self.note = note

    def call(self, inputs, training=False):
        def keep(batch):
            self.note(bool(training), batch.copy())
            return np.int32(0)

        kept = tf.numpy_function(keep, [inputs], tf.int32)
        with tf.control_dependencies([kept]):
            return tf.identity(inputs)


@pytest.fixture
def recorded(digits):
    """Fit a Pipeline for four epochs: images in training, images beside, pixels."""
    X, y = digits
    seen = {True: [], False: []}

    def architecture(image_shape, n_classes):
        return keras.Sequential(
            [
                keras.Input(image_shape),
                Recording(lambda training, batch: seen[training].append(batch)),
                keras.layers.Flatten(),
                keras.layers.Dense(n_classes, activation="softmax"),
            ]
        )

    def fit(augmenter):
        cnn = CNNClassifier(
            architecture=architecture,
            epochs=4,
            validation_fraction=0.25,
            random_state=0,
        )
        model = Pipeline([("augment", augmenter), ("cnn", cnn)]).fit(X, y)
        del seen[False][0]  # noise: whether the outputs are probabilities
        mean, deviation = model["cnn"]._network.scale

        def pixels(batches):
            return (np.concatenate(batches) * deviation + mean).reshape(-1, 64)

        return model, seen, pixels

    return fit


def rows_of(images):
    return {tuple(row) for row in np.round(images).astype(int)}


def test_every_epoch_trains_on_new_draws(digits, recorded):
    X, _ = digits
    _, seen, pixels = recorded(ImageAugmenter())
    trained = pixels(seen[True]).reshape(4, 150, 64)
    untouched = rows_of(X)
    epochs = [rows_of(epoch) for epoch in trained]
    assert all(len(epoch - untouched) > 140 for epoch in epochs)
    for i in range(4):
        for j in range(i):
            assert len(epochs[i] & epochs[j]) < 10


@pytest.mark.parametrize("way", ["pandas", "memory", "view", "normalizer"])
def test_draws_are_new_however_they_are_handed_over(digits, recorded, way, tmp_path):
    X, y = digits
    model, seen, pixels = recorded(ImageAugmenter())
    for _ in range(2):  # the second time from the cache
        seen[True].clear()
        if way == "pandas":
            model.set_output(transform="pandas").fit(X, y)
        elif way == "memory":
            model.set_params(memory=str(tmp_path)).fit(X, y)
        elif way == "normalizer":
            normalizer = DigitNormalizer(output_shape=(8, 8))
            make_pipeline(normalizer, model[0], model[1]).fit([*X.reshape(-1, 8, 8)], y)
        else:
            model["cnn"].fit(np.asarray(model["augment"].fit_transform(X)), y)
        first, *others = pixels(seen[True]).reshape(4, 150, 64)
        assert all(len(rows_of(first) & rows_of(other)) < 10 for other in others)


def test_a_step_between_is_heeded(digits):
    X, y = digits

    def invert(images):
        images[:] = 16 - images
        return images

    steps = ImageAugmenter(random_state=0), FunctionTransformer(invert)
    cnn = CNNClassifier(epochs=1, width=0.3, random_state=0)
    model = make_pipeline(*steps, cnn).fit(X, y)
    drawn = ImageAugmenter(random_state=0).fit_transform(X)
    assert model[-1]._network.scale[0] == pytest.approx(16 - drawn.mean())


class Resampled(ClassifierMixin, BaseEstimator):
    """Fits its classifier to some of the images, as imbalanced-learn does."""

    def __init__(self, classifier):
        self.classifier = classifier

    def fit(self, X, y):
        self.classifier.fit(X[::-1], y[::-1])
        return self


def test_a_draw_that_cannot_be_drawn_anew_is_said(digits):
    cnn = CNNClassifier(epochs=2, width=0.3)
    with pytest.warns(UserWarning, match="same copy of each image.*right before CNN"):
        make_pipeline(ImageAugmenter(), Resampled(cnn)).fit(*digits)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_pipeline(ImageAugmenter(), cnn).fit(*digits)
        drawn = ImageAugmenter().fit_transform(digits[0])
        cnn.set_params(epochs=1).fit(drawn[:100], digits[1][:100])  # once is enough
        cnn.partial_fit(drawn[:100], digits[1][:100])


def test_shapes_of_both_steps_must_agree(digits):
    model = make_pipeline(
        ImageAugmenter(image_shape=(4, 16)), CNNClassifier(image_shape=(8, 8))
    )
    with pytest.raises(ValueError, match=r"ImageAugmenter before, of shape \(4, 16, 1"):
        model.fit(*digits)


def test_validation_and_test_images_are_never_altered(digits, recorded):
    X, _ = digits
    model, seen, pixels = recorded(ImageAugmenter())
    validated = pixels(seen[False]).reshape(4, 50, 64)
    untouched = rows_of(X)
    held_out = rows_of(validated[0])
    assert len(held_out) >= 49  # of fifty, should two be alike
    assert all(rows_of(epoch) == held_out for epoch in validated)
    assert held_out <= untouched

    seen[False].clear()
    model.predict(X)
    found = pixels(seen[False])  # and blank images that fill the batch up
    np.testing.assert_allclose(found[: len(X)], X, atol=1e-4)
    np.testing.assert_allclose(found[len(X) :], 0, atol=1e-4)


def test_the_held_out_images_take_no_part_in_training(digits, recorded):
    X, _ = digits
    _, seen, pixels = recorded(ImageAugmenter(rotation=0, zoom=0, shift=0))
    held_out = rows_of(pixels(seen[False]))
    trained = rows_of(pixels(seen[True]))
    assert not held_out & trained
    assert held_out | trained == rows_of(X)


def test_order_of_images_differs_between_epochs(recorded):
    _, seen, pixels = recorded(ImageAugmenter(rotation=0, zoom=0, shift=0))
    epochs = pixels(seen[True]).reshape(4, 150, 64)
    assert not np.array_equal(epochs[0], epochs[1])
    assert rows_of(epochs[0]) == rows_of(epochs[1])


def test_the_augmenter_helps_other_classifiers(digits):
    X, y = digits
    model = Pipeline([("augment", ImageAugmenter(random_state=0)), ("svc", SVC())])
    assert cross_val_score(model, X, y, cv=3).mean() > 0.5


def test_a_seed_in_the_classifier_is_enough(digits):
    X, y = digits

    def proba(**augment):
        cnn = CNNClassifier(epochs=2, width=0.3, random_state=0)
        model = Pipeline([("augment", ImageAugmenter(**augment)), ("cnn", cnn)])
        return model.fit(X, y).predict_proba(X)

    np.testing.assert_array_equal(proba(), proba())
    assert not np.array_equal(proba(random_state=1), proba(random_state=2))


def test_a_shape_given_to_the_augmenter_reaches_the_classifier():
    X = np.random.default_rng(0).random((20, 4 * 6))
    model = Pipeline(
        [
            ("augment", ImageAugmenter(image_shape=(4, 6))),
            ("cnn", CNNClassifier(epochs=1, width=0.3)),
        ]
    ).fit(X, np.arange(20) % 2)
    assert model["cnn"].image_shape_ == (4, 6, 1)


@pytest.mark.parametrize(
    ("preset", "architecture"),
    [
        ("classic", "classic"),
        ("fast", "fast"),
        ("accurate", "strided"),
        ("residual", "residual"),
    ],
)
def test_presets_fit_and_predict(preset, architecture):
    X = np.random.default_rng(0).integers(0, 256, (60, 784), dtype=np.uint8)
    y = np.arange(60) % 10
    model = make_digit_pipeline(preset, random_state=0)
    model.set_params(cnn__epochs=1, cnn__width=0.1)
    if preset == "classic":
        model.set_params(cnn__validation_fraction=0.2)
    assert model.fit(X, y).predict(X).shape == (60,)
    assert model["cnn"].architecture == architecture


@pytest.mark.parametrize(
    ("preset", "side", "pixels"),
    [("fast", 8, 0), ("fast", 28, 1), ("accurate", 28, 1), ("residual", 28, 1)],
)
def test_presets_shift_by_a_pixel_of_mnist_and_none_of_8x8(preset, side, pixels):
    X = np.random.default_rng(0).integers(0, 256, (20, side, side), dtype=np.uint8)
    model = make_digit_pipeline(preset, random_state=0)
    model.set_params(cnn__epochs=1, cnn__width=0.1).fit(X, np.arange(20) % 10)
    proba = model.predict_proba(X)
    model.set_params(cnn__test_time_shift=pixels)
    np.testing.assert_array_equal(model.predict_proba(X), proba)


def test_robust_takes_images_of_any_size(digits):
    X, y = digits
    model = make_digit_pipeline("robust", random_state=0).set_params(cnn__epochs=1)
    assert [*model.named_steps] == ["normalize", "augment", "cnn"]
    images = [*X.reshape(-1, 8, 8)]
    photo = make_digit_photo("7", random_state=0).image
    probabilities = model.fit(images, y).predict_proba([photo, *images])
    alone = model[-1].predict_proba(model[:-1].transform([photo, *images]))
    np.testing.assert_array_equal(probabilities, alone)
    assert model["cnn"].image_shape_ == (28, 28, 1)
    assert len(model.predict(X[:9])) == 9


def test_classic_is_the_recipe_of_2019():
    augment, cnn = make_digit_pipeline("classic").named_steps.values()
    assert (augment.rotation, augment.zoom, augment.shift) == (15, 0.1, 0.1)
    assert (cnn.epochs, cnn.batch_size, cnn.optimizer) == (20, 64, "rmsprop")
    assert (cnn.schedule, cnn.validation_fraction) == ("plateau", 0.1)


def test_refuses_an_unknown_preset():
    with pytest.raises(ValueError, match="'classic', 'fast'.*Got 'best' instead"):
        make_digit_pipeline("best")


def test_an_ensemble_averages_networks_of_different_seeds(digits):
    X, y = digits
    ensemble = make_digit_ensemble("fast", 2, random_state=0)
    ensemble.set_params(network1__cnn__epochs=2, network2__cnn__epochs=2).fit(X, y)
    first, second = (network.predict_proba(X) for network in ensemble.estimators_)
    assert not np.allclose(first, second)
    np.testing.assert_allclose(
        ensemble.predict_proba(X), (first + second) / 2, atol=1e-6
    )
    again = make_digit_ensemble("fast", 2, random_state=0)
    seeds = [
        [pipeline["cnn"].random_state for _, pipeline in made.estimators]
        for made in (ensemble, again)
    ]
    assert seeds[0] == seeds[1]
    assert make_digit_ensemble().estimators[0][1]["cnn"].random_state is None


def test_presets_take_turns_in_an_ensemble():
    presets = ["residual", "classic"]
    made = make_digit_ensemble(presets, 3, random_state=0).estimators
    assert [network["cnn"].architecture for _, network in made] == [
        "residual",
        "classic",
        "residual",
    ]
    seeds = {network["cnn"].random_state for _, network in made}
    assert len(seeds) == 3
    with pytest.raises(ValueError, match="2 or more, for 2 presets. Got 1"):
        make_digit_ensemble(presets, 1)
    with pytest.raises(ValueError, match="one preset or several"):
        make_digit_ensemble([], 1)


def test_record_is_an_ensemble_of_two_presets():
    made = make_digit_ensemble("record", 4, random_state=0).estimators
    same = make_digit_ensemble(["residual", "accurate"], 4, random_state=0).estimators
    assert str(made) == str(same)
    made = make_digit_ensemble(["fast", "record"], 3).estimators
    architectures = [network["cnn"].architecture for _, network in made]
    assert architectures == ["fast", "residual", "strided"]
    with pytest.raises(ValueError, match="in make_digit_ensemble, 'record', too"):
        make_digit_pipeline("record")


def test_an_ensemble_needs_a_network():
    with pytest.raises(ValueError, match="n_networks must be 1 or more. Got 0"):
        make_digit_ensemble(n_networks=0)
