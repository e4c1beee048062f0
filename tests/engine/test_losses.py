"""The parameter `loss`: names, Keras losses, and errors for unsuitable ones."""

import pickle

import keras
import numpy as np
import pytest
from helpers.classifiers import dense, equal, small, smaller, weights
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import skdigits

pytestmark = pytest.mark.processor

losses = keras.losses


@keras.saving.register_keras_serializable()
class Scaled(losses.Loss):
    """Cross-entropy times a factor."""

    def __init__(self, factor, **options):
        super().__init__(**options)
        self.factor = factor

    def call(self, labels, probabilities):
        crossentropy = losses.categorical_crossentropy(labels, probabilities)
        return self.factor * crossentropy

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def test_focal_loss_is_the_crossentropy_with_less_weight_for_easy_images(digits):
    X, y = digits
    model = small(loss="focal").fit(X, y, validation_data=(X, y))
    uncorrected = model.model_.predict(X.reshape(-1, 8, 8, 1), verbose=0)
    p = uncorrected[range(200), y]
    expected = np.mean(-((1 - p) ** 2) * np.log(p))
    assert model.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-3)
    assert equal(weights(model), weights(small(loss="focal").fit(X, y)))
    smoothed = small(loss="focal", label_smoothing=0.1).fit(X, y)
    assert not equal(weights(model), weights(smoothed))


@pytest.mark.parametrize("name", ["crossentropy", "focal"])
def test_a_keras_loss_gives_the_weights_of_its_name(digits, name):
    X, y = digits
    loss = {
        "crossentropy": losses.CategoricalCrossentropy(label_smoothing=0.1),
        "focal": losses.CategoricalFocalCrossentropy(alpha=1, label_smoothing=0.1),
    }[name]
    weight = np.random.default_rng(0).uniform(0.1, 2, 200)
    fits = [
        small(**params).fit(X, y, sample_weight=weight)
        for params in ({"loss": name, "label_smoothing": 0.1}, {"loss": loss})
    ]
    assert equal(*map(weights, fits))
    assert fits[0].history_ == fits[1].history_
    again = pickle.loads(pickle.dumps(fits[1])).set_params(warm_start=True).fit(X, y)
    assert again.n_iter_ == 4


def test_fits_never_share_a_model_with_another_loss(digits):
    X, y = digits
    by_name = weights(smaller(optimizer="sgd").fit(X, y))
    loss = Scaled(1.0)
    scaled = smaller(loss=loss, optimizer="sgd")
    assert equal(by_name, weights(scaled.fit(X, y)))
    loss.factor = 0.1
    changed = weights(scaled.fit(X, y))
    assert equal(changed, weights(clone(scaled).fit(X, y)))
    assert not equal(by_name, changed)
    assert equal(by_name, weights(smaller(optimizer="sgd").fit(X, y)))


def test_searches_choose_among_losses(digits):
    candidates = ["focal", losses.KLDivergence(), Scaled(0.5)]
    search = GridSearchCV(smaller(epochs=1), {"loss": candidates}, cv=2).fit(*digits)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


class Unsaved(losses.Loss):
    """Loss without a `get_config` of its own."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, labels, probabilities):
        return self.factor * losses.categorical_crossentropy(labels, probabilities)


def test_a_checkpoint_is_of_one_loss(digits, tmp_path):
    def model(loss):
        return smaller(loss=loss, checkpoint=tmp_path / "fit")

    for make in (Scaled, Unsaved):
        first = model(make(0.5)).fit(*digits)
        assert equal(weights(first), weights(model(make(0.5)).fit(*digits)))
        for other in (make(0.6), "focal", losses.CategoricalCrossentropy()):
            with pytest.raises(ValueError, match="other loss"):
                model(other).fit(*digits)
        (tmp_path / "fit").unlink()


def test_model_files_have_the_name_of_a_loss_but_not_a_keras_loss(digits, tmp_path):
    X, y = digits
    path = tmp_path / "model"
    skdigits.save(smaller(loss="focal").fit(X, y), path)
    assert skdigits.load(path).loss == "focal"
    model = smaller(loss=losses.KLDivergence()).fit(X, y)
    with pytest.warns(UserWarning, match=r"loss=KLDivergence\(...\) cannot be saved"):
        skdigits.save(model, path)
    loaded = skdigits.load(path)
    assert loaded.loss == "crossentropy"
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    loaded.set_params(warm_start=True).fit(X, y)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"loss": "mse"}, ValueError, "'loss' parameter .* must be"),
        ({"loss": losses.KLDivergence}, TypeError, "Call the class"),
        ({"loss": losses.kl_divergence}, TypeError, "an instance of keras.losses"),
        (
            {"loss": losses.SparseCategoricalCrossentropy()},
            ValueError,
            "one-hot labels .* in place of SparseCategoricalCrossentropy",
        ),
        (
            {"loss": losses.CategoricalCrossentropy(from_logits=True)},
            ValueError,
            "must take probabilities",
        ),
        ({"loss": losses.KLDivergence(reduction=None)}, ValueError, "one number"),
        (
            {"loss": losses.KLDivergence(), "label_smoothing": 0.1},
            ValueError,
            "label_smoothing must be 0",
        ),
    ],
)
def test_refuses_a_loss(digits, params, error, message):
    with pytest.raises(error, match=message):
        small(**params).fit(*digits)


def test_refuses_a_compiled_architecture(digits):
    def compiled(image_shape, n_classes):
        model = dense(n_classes)(image_shape, n_classes)
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    with pytest.raises(ValueError, match=r"not compiled.*Remove model.compile"):
        small(architecture=compiled).fit(*digits)
