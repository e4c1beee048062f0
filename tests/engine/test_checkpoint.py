"""Checkpoints: a killed fit resumes and learns the same weights."""

import os
import subprocess
import sys
import time
from functools import partial

import keras
import numpy as np
import pandas as pd
import pytest
from helpers.callbacks import Epochs
from helpers.classifiers import small
from sklearn.pipeline import Pipeline

from skdigits import CNNClassifier, ImageAugmenter
from skdigits._core.safetensors_file import pack
from skdigits._engine.checkpoint import KIND, Checkpoint, saved_epochs

pytestmark = pytest.mark.processor

RECIPES = {
    "one cycle, augmented": {"epochs": 12, "optimizer": "muon"},
    "plateau and early stopping": {
        "epochs": 30,
        "schedule": "plateau",
        "learning_rate": 0.02,
        "validation_fraction": 0.2,
        "early_stopping": True,
        "n_iter_no_change": 6,
    },
}


def make_model(recipe, path=None, **params):
    cnn = CNNClassifier(
        **{"width": 0.25, "batch_size": 8, "random_state": 0, "checkpoint": path}
        | RECIPES.get(recipe, {"epochs": 3})
        | params
    )
    if "augmented" not in recipe:
        return cnn
    augmenter = ImageAugmenter(shift=0.05, drawn=0.2)
    return Pipeline([("augment", augmenter), ("cnn", cnn)])


def classifier_of(model):
    return model["cnn"] if isinstance(model, Pipeline) else model


class SeedOf(np.random.RandomState):
    """Random state that always draws the same number, the seed of a classifier."""

    def __init__(self, seed):
        super().__init__(0)
        self.seed_drawn = seed

    def randint(self, *args, **kwargs):
        return self.seed_drawn


# The child imports Keras with the tests, so skdigits must start TensorFlow before.
SCRIPT = """
import os
import sys
import skdigits._engine.keras
sys.path[:0] = [{tests!r}, os.path.dirname({tests!r})]
from sklearn.datasets import load_digits
from test_checkpoint import make_model
X, y = load_digits(return_X_y=True)
make_model(sys.argv[1], sys.argv[2]).fit(X[:200].astype("uint8"), y[:200])
"""


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES)
def test_killed_fit_ends_with_the_same_weights(digits, tmp_path, recipe):
    X, y = digits
    path = tmp_path / "fit.checkpoint"
    script = SCRIPT.format(tests=os.path.dirname(__file__))
    process = subprocess.Popen([sys.executable, "-c", script, recipe, str(path)])
    try:
        deadline = time.time() + 120
        while saved_epochs(path) < 2 and time.time() < deadline:
            time.sleep(0.002)
        process.kill()
        assert process.wait() != 0, "the fit ended before it was killed"
    finally:
        process.kill()
    counter = Epochs()
    resumed = make_model(recipe, path)
    classifier_of(resumed).set_params(callbacks=[counter])
    resumed.fit(X, y)
    whole = make_model(recipe).fit(X, y)
    assert classifier_of(resumed).history_ == classifier_of(whole).history_
    assert classifier_of(resumed).n_iter_ == classifier_of(whole).n_iter_
    np.testing.assert_array_equal(resumed.predict_proba(X), whole.predict_proba(X))
    for a, b in zip(
        classifier_of(resumed).model_.get_weights(),
        classifier_of(whole).model_.get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)
    assert 0 < counter.count <= classifier_of(whole).n_iter_ - 2


def interrupt(digits, path, after=3, **params):
    """Return an unfitted model with the checkpoint of an interrupted fit."""
    model = make_model("plain", path, epochs=6, **params)
    stop = InterruptedError("enough")
    with pytest.raises(InterruptedError):
        stops = Epochs(after, stop)
        model.set_params(callbacks=[*(model.callbacks or ()), stops]).fit(*digits)
    return make_model("plain", path, epochs=6, **params)


def test_complete_fit_is_not_trained_again(digits, tmp_path):
    X, y = digits
    path = tmp_path / "fit.checkpoint"
    first = make_model("plain", path).fit(X, y)
    counter = Epochs()
    second = make_model("plain", str(path)).set_params(callbacks=[counter]).fit(X, y)
    assert counter.count == 0
    assert second.history_ == first.history_
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))


def test_resumed_fit_uses_the_seed_of_the_checkpoint(digits, tmp_path):
    X, y = digits
    path = tmp_path / "fit.checkpoint"
    model = interrupt(digits, path, random_state=None, validation_fraction=0.2)
    seed = Checkpoint(path, {}).found.seed
    model.fit(X, y)
    whole = make_model("plain", epochs=6, validation_fraction=0.2)
    whole.random_state = SeedOf(seed)
    assert model.history_ == whole.fit(X, y).history_
    np.testing.assert_array_equal(model.predict_proba(X), whole.predict_proba(X))


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"learning_rate": 0.01}, "learning_rate"),
        ({"batch_size": 16}, "batch_size"),
        ({"random_state": 1}, "random_state"),
        ({"class_weight": {0: 2.0}}, "class_weight, weights"),
    ],
)
def test_checkpoint_of_other_parameters_is_refused(digits, tmp_path, params, named):
    path = tmp_path / "fit.checkpoint"
    make_model("plain", path).fit(*digits)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=f"is of another fit, with other {named}"):
        make_model("plain", path, **params).fit(*digits)
    assert path.read_bytes() == before


def test_checkpoint_of_other_data_is_refused(digits, tmp_path):
    X, y = digits
    path = tmp_path / "fit.checkpoint"
    make_model("plain", path).fit(X, y)
    other = X.copy()
    other[7, 30] += 1
    with pytest.raises(ValueError, match="with other X"):
        make_model("plain", path).fit(other, y)
    with pytest.raises(ValueError, match=r"with other y\."):
        make_model("plain", path).fit(X, np.roll(y, 1))
    with pytest.raises(ValueError, match="with other augmentation"):
        drawn = ImageAugmenter(random_state=0).fit_transform(X)
        make_model("plain", path).fit(drawn, y)


def test_checkpoint_of_another_share_of_drawn_digits_is_refused(digits, tmp_path):
    X, y = digits
    path = tmp_path / "fit.checkpoint"
    make_model("augmented", path).fit(X, y)
    with pytest.raises(ValueError, match="with other augmentation"):
        make_model("augmented", path).set_params(augment__drawn=0.3).fit(X, y)


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "zeros", "keys"])
def test_damaged_file_is_refused_and_not_changed(digits, tmp_path, damage):
    path = tmp_path / "fit.checkpoint"
    model = interrupt(digits, path)
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
    damaged = {
        "cut": content[:-1],
        "empty": b"",
        "zeros": bytes(len(content)),
        "keys": pack(KIND, {}, {}),
    }
    damaged = damaged.get(damage, content)
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match=r"is damaged: .*Remove it to start"):
        model.fit(*digits)
    assert path.read_bytes() == damaged


def test_interrupted_fit_resumes_at_its_last_saved_epoch(digits, tmp_path):
    X, y = digits
    path = tmp_path / "fit.checkpoint"
    model = interrupt(digits, path)
    counter = Epochs()
    model.set_params(callbacks=[counter]).fit(X, y)
    assert counter.count == 4
    whole = make_model("plain", epochs=6).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), whole.predict_proba(X))


def test_other_file_is_refused_and_not_changed(digits, tmp_path):
    path = tmp_path / "notes.txt"
    for content, message in [
        (b"Buy milk, and bread.\n", "is neither. Pass another path"),
        (
            pack("skdigits checkpoint 1", {}, {}),
            "is of another version. Pass another path, or remove",
        ),
    ]:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            small(checkpoint=path).fit(*digits)
        assert path.read_bytes() == content


def test_equal_data_of_other_types_resume_a_fit(digits, tmp_path):
    X, y = digits
    path = tmp_path / "fit.checkpoint"
    params = {"architecture": partial(two_dense, units=8), "checkpoint": path}
    small(**params).fit(X, y)
    content = path.read_bytes()
    for same_X, same_y in [
        (np.asfortranarray(X), y),
        (X.astype(np.float32), y.tolist()),
        (X.astype(np.int32), y),
        (pd.DataFrame(X), pd.Series(y)),
    ]:
        small(**params | {"epochs": np.int64(2)}).fit(same_X, same_y)
        assert path.read_bytes() == content
    with pytest.raises(ValueError, match="with other architecture"):
        small(**params | {"architecture": partial(two_dense, units=9)}).fit(X, y)


def two_dense(image_shape, n_classes, units):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(image_shape),
            layers.Flatten(),
            layers.Dense(units, "relu"),
            layers.Dense(n_classes, "softmax"),
        ]
    )


def test_folder_or_missing_folder_is_an_error_before_training(digits, tmp_path):
    with pytest.raises(IsADirectoryError):
        make_model("plain", tmp_path).fit(*digits)
    with pytest.raises(FileNotFoundError):
        make_model("plain", tmp_path / "none" / "fit.checkpoint").fit(*digits)


def test_resumed_fit_keeps_the_rate_that_a_callback_set(digits, tmp_path):
    class Own(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                self.model.optimizer.learning_rate = 0.25

    params = {"callbacks": [Own()], "optimizer": "sgd"}
    model = interrupt(digits, tmp_path / "fit.checkpoint", **params).fit(*digits)
    whole = make_model("plain", epochs=6, **params).fit(*digits)
    assert model.history_ == whole.history_
    assert model.history_["learning_rate"][1:] == [0.25] * 5


def test_callback_that_does_not_set_the_rate_has_no_effect(digits, tmp_path):
    params = {"callbacks": [keras.callbacks.Callback()], "optimizer": "sgd"}
    model = interrupt(digits, tmp_path / "fit.checkpoint", **params).fit(*digits)
    whole = make_model("plain", epochs=6, optimizer="sgd").fit(*digits)
    assert model.history_ == whole.history_
