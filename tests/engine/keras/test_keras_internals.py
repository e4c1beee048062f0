"""Internals of scikeras that skdigits relies on: a new release fails here first."""

import keras
from scikeras.wrappers import KerasClassifier

from skdigits._engine.keras.trainer import Trainer, make_loss
from skdigits._engine.trained import ModelSpec

# Name -> use by `Trainer`.
OF_SCIKERAS = {
    "initialize": "called, which stores the model",
    "fit": "called with a feed in place of X",
    "_get_compile_kwargs": "called, for loss, metrics and a new optimizer",
    "_initialize_callbacks": "called, because callbacks differ from fit to fit",
    "_validate_data": "overridden: the data was checked",
    "_check_model_compatibility": "overridden: build_model checks more",
    "target_encoder": "overridden: labels are encoded",
    "feature_encoder": "overridden: a feed is not an array",
}


def test_scikeras_has_the_methods_that_are_called_or_overridden():
    for name, use in OF_SCIKERAS.items():
        assert hasattr(KerasClassifier, name), name
        assert (name in vars(Trainer)) == use.startswith("overridden"), name


def test_scikeras_compiles_and_runs_the_callbacks():
    spec = ModelSpec("fast", (8, 8, 1), 3, 0.1, None, "sgd", "crossentropy", 0.1)
    keras_model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    trainer = Trainer(keras_model, optimizer=spec.optimizer, loss=make_loss(spec))
    assert trainer.model_ is keras_model
    assert keras_model.optimizer.momentum == 0.9 and keras_model.optimizer.nesterov
    assert keras_model.loss.label_smoothing == 0.1
    assert keras_model.optimizer.built
