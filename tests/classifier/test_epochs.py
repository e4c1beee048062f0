"""Number of epochs that epochs="auto" trains."""

import keras
import numpy as np
import pytest
from helpers.classifiers import dense

from skdigits import CNNClassifier, make_digit_pipeline
from skdigits.pipelines import PRESETS


class OneEpoch(keras.callbacks.Callback):
    """Stop after the first epoch."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True


def planned(model, n_images):
    """Return the number of epochs that a fit would train."""
    X = np.random.default_rng(0).integers(256, size=(n_images, 16))
    classifier = model.set_params(callbacks=[OneEpoch()], batch_size=1000, width=0.05)
    classifier.fit(X, np.arange(n_images) % 2)
    return classifier.callbacks_[0].params["epochs"]


@pytest.mark.parametrize(("preset", "epochs"), [("fast", 7), ("classic", 20)])
def test_many_images_get_the_epochs_of_the_architecture(preset, epochs):
    classifier = make_digit_pipeline(preset, random_state=0)["cnn"]
    assert classifier.epochs == "auto"
    assert planned(classifier, 33_600) == epochs


def test_fewer_images_get_more_epochs():
    n = [20, 336, 8_400, 42_000]
    found = [planned(CNNClassifier(random_state=0), each) for each in n]
    assert found == [100, 70, 14, 7]
    assert planned(CNNClassifier(architecture=dense(2)), 336) == 100
    pictures = [planned(CNNClassifier(architecture="vgg"), n) for n in (400, 2_500)]
    assert pictures == [100, 40]


def test_automatic_epochs_are_trained(digits):
    X, y = digits
    model = CNNClassifier(width=0.1, random_state=0).fit(X, y)
    epochs = round(7 * (33_600 / len(X)) ** 0.5)
    assert model.n_iter_ == len(model.history_["loss"]) == epochs
    assert model.epochs == "auto"  # as set_params left it


def test_every_preset_has_automatic_epochs():
    for preset in PRESETS:
        assert make_digit_pipeline(preset)[-1].epochs == "auto"
