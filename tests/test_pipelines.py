"""Augmenter and classifier in a Pipeline, presets and ensembles."""

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
from skdigits._presets import PRESETS
from skdigits.datasets import make_digit_photo
from skdigits.pipelines import make_digit_ensemble

pytestmark = pytest.mark.processor


class Recording(keras.layers.Layer):
    """Layer that records a copy of each batch, of training and of predictions."""

    def __init__(self, record):
        super().__init__()
        self.record = record

    def call(self, inputs, training=False):
        def record(batch):
            self.record(bool(training), batch.copy())
            return np.int32(0)

        recorded = tf.numpy_function(record, [inputs], tf.int32)
        with tf.control_dependencies([recorded]):
            return tf.identity(inputs)


@pytest.fixture
def recorded(digits):
    """Fit a Pipeline for four epochs and return it, the seen batches, and a function.

    The batches are those of training (True) and of predictions (False). The function
    converts batches to rows of raw pixels.
    """
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
        validated = seen[False][1:]  # the first is noise, to check the outputs
        model.predict(X)  # the first one also checks the outputs
        seen[False].clear()
        model.predict(X)
        standardised = np.concatenate(seen[False])[: len(X)].ravel()
        pixel_std, pixel_mean = np.polyfit(standardised, X.ravel(), 1)
        seen[False][:] = validated

        def pixels(batches):
            return (np.concatenate(batches) * pixel_std + pixel_mean).reshape(-1, 64)

        return model, seen, pixels

    return fit


def rows_of(images):
    return {tuple(row) for row in np.round(images).astype(int)}


def test_every_epoch_trains_on_new_copies(digits, recorded):
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
def test_copies_are_new_however_they_are_passed(digits, recorded, way, tmp_path):
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


def test_classifier_trains_on_the_output_of_a_step_between(digits):
    X, y = digits

    def invert(images):
        images[:] = 16 - images
        return images

    steps = ImageAugmenter(random_state=0), FunctionTransformer(invert)
    cnn = CNNClassifier(epochs=1, width=0.3, random_state=0)
    model = make_pipeline(*steps, cnn).fit(X, y)
    inverted = 16 - np.array(ImageAugmenter(random_state=0).fit_transform(X))
    alone = CNNClassifier(epochs=1, width=0.3, random_state=0).fit(inverted, y)
    expected = alone.predict_proba(inverted)
    np.testing.assert_array_equal(model[-1].predict_proba(inverted), expected)


class Resampled(ClassifierMixin, BaseEstimator):
    """Fit a classifier to some of the images, as imbalanced-learn does."""

    def __init__(self, classifier):
        self.classifier = classifier

    def fit(self, X, y):
        self.classifier.fit(X[::-1], y[::-1])
        return self


def test_warns_if_copies_stay_the_same_in_all_epochs(digits):
    cnn = CNNClassifier(epochs=2, width=0.3)
    with pytest.warns(UserWarning, match="same copy of each image.*right before CNN"):
        make_pipeline(ImageAugmenter(), Resampled(cnn)).fit(*digits)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_pipeline(ImageAugmenter(), cnn).fit(*digits)
        copies = ImageAugmenter().fit_transform(digits[0])
        cnn.set_params(epochs=1).fit(copies[:100], digits[1][:100])
        cnn.partial_fit(copies[:100], digits[1][:100])


def test_different_shapes_of_both_steps_are_refused(digits):
    model = make_pipeline(
        ImageAugmenter(image_shape=(4, 16)), CNNClassifier(image_shape=(8, 8))
    )
    with pytest.raises(ValueError, match=r"ImageAugmenter before, of shape \(4, 16, 1"):
        model.fit(*digits)


def test_validation_and_test_images_are_never_augmented(digits, recorded):
    X, _ = digits
    model, seen, pixels = recorded(ImageAugmenter())
    validated = pixels(seen[False]).reshape(4, 50, 64)
    untouched = rows_of(X)
    held_out = rows_of(validated[0])
    assert len(held_out) >= 49  # of 50, if two are equal
    assert all(rows_of(epoch) == held_out for epoch in validated)
    assert held_out <= untouched

    seen[False].clear()
    model.predict(X)
    found = pixels(seen[False])  # and blank images that fill the batch
    np.testing.assert_allclose(found[: len(X)], X, atol=1e-4)
    np.testing.assert_allclose(found[len(X) :], 0, atol=1e-4)


def test_held_out_images_are_not_trained_on(digits, recorded):
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


def test_augmenter_works_with_other_classifiers(digits):
    X, y = digits
    model = Pipeline([("augment", ImageAugmenter(random_state=0)), ("svc", SVC())])
    assert cross_val_score(model, X, y, cv=3).mean() > 0.5


def test_seed_of_the_classifier_decides_an_augmenter_without_one(digits):
    X, y = digits

    def proba(**augment):
        cnn = CNNClassifier(epochs=2, width=0.3, random_state=0)
        model = Pipeline([("augment", ImageAugmenter(**augment)), ("cnn", cnn)])
        return model.fit(X, y).predict_proba(X)

    np.testing.assert_array_equal(proba(), proba())
    assert not np.array_equal(proba(random_state=1), proba(random_state=2))


def test_image_shape_of_the_augmenter_reaches_the_classifier():
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
        ("pictures", "vgg"),
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
    [("fast", 8, 0), ("fast", 28, 1)],
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
    assert (cnn.batch_size, cnn.optimizer) == (64, "rmsprop")
    assert (cnn.schedule, cnn.validation_fraction) == ("plateau", 0.1)


def test_only_pictures_mirrors_images():
    for preset in PRESETS:
        params = make_digit_pipeline(preset).get_params()
        flip = "horizontal" if preset == "pictures" else None
        assert params["augment__flip"] == params["cnn__test_time_flip"] == flip


def test_unknown_presets_are_refused():
    with pytest.raises(ValueError, match="'classic', 'fast'.*Got 'best' instead"):
        make_digit_pipeline("best")


def test_ensemble_averages_members_of_different_seeds(digits):
    X, y = digits
    ensemble = make_digit_ensemble("fast", 2, random_state=0)
    ensemble.set_params(network1__cnn__epochs=2, network2__cnn__epochs=2).fit(X, y)
    first, second = (member.predict_proba(X) for member in ensemble.estimators_)
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


def test_record_alternates_between_two_architectures():
    made = make_digit_ensemble("record", 3, random_state=0).estimators
    architectures = [member["cnn"].architecture for _, member in made]
    assert architectures == ["residual", "fast", "residual"]
    assert len({member["cnn"].random_state for _, member in made}) == 3
    with pytest.raises(ValueError, match="2 or more for 'record'. Got 1"):
        make_digit_ensemble("record", 1)
    with pytest.raises(ValueError, match="Got 'record' .* for make_digit_ensemble"):
        make_digit_pipeline("record")


def test_ensemble_needs_a_member():
    with pytest.raises(ValueError, match="n_networks must be 1 or more .* Got 0"):
        make_digit_ensemble("fast", n_networks=0)
