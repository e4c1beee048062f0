"""The training loop of scikeras; the only module that uses scikeras."""

import sys

import keras

from ..optimizers import OPTIMIZERS
from .muon import Muon


def _import_keras_classifier():
    """Import scikeras and undo its changes to the Keras classes of the process.

    It replaces ``__reduce__`` of keras.Model, Loss, Metric and Optimizer, and
    ``__deepcopy__`` of Model. If the user has imported it before, they stay replaced.
    """
    patched = [
        (keras.Model, "__reduce__"),
        (keras.Model, "__deepcopy__"),
        (keras.losses.Loss, "__reduce__"),
        (keras.metrics.Metric, "__reduce__"),
        (keras.optimizers.Optimizer, "__reduce__"),
    ]
    first_import = "scikeras" not in sys.modules
    own = [vars(cls).get(name) for cls, name in patched]
    from scikeras.wrappers import KerasClassifier

    if first_import:
        for (cls, name), method in zip(patched, own, strict=True):
            if method is None:
                delattr(cls, name)
            else:
                setattr(cls, name, method)
    return KerasClassifier


KerasClassifier = _import_keras_classifier()


def _optimizer_params(name):
    """Return the parameters by which scikeras makes the optimizer."""
    options = {f"optimizer__{key}": value for key, value in OPTIMIZERS[name].items()}
    return {"optimizer": Muon if name == "muon" else name, **options}


class _Untouched:
    """Encoder for scikeras that returns the data unchanged."""

    def fit(self, data):
        return self

    def transform(self, data):
        return data


class Trainer(KerasClassifier):
    """Compilation, callbacks and training loop of scikeras, for a `tf.data.Dataset`.

    `CNNClassifier` has checked and encoded the data, and a dataset is not an array, so
    the four hooks that process data do nothing.
    """

    def __init__(self, model, *, optimizer, label_smoothing):
        super().__init__(
            model=model,
            loss=keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing),
            metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
            warm_start=True,  # or scikeras would build the model again
            shuffle=False,  # the feed shuffles
            verbose=0,
            **_optimizer_params(optimizer),
        )
        self.initialize(None, None)
        # A user's architecture may be compiled for other labels.
        self.model_.compile(**self._get_compile_kwargs())
        self.model_.optimizer.build(self.model_.trainable_variables)

    def _validate_data(self, X=None, y=None, reset=False, y_numeric=False):
        return X, y

    @property
    def target_encoder(self):
        return _Untouched()

    @property
    def feature_encoder(self):
        return _Untouched()

    def _check_model_compatibility(self, y):
        """Do nothing: the errors of `build_model` say more."""

    def train(self, feed, *, epochs, initial_epoch, validation, callbacks):
        """Train the model; callbacks may hold references to their logs."""
        vars(self).pop("history_", None)
        self.callbacks = callbacks
        self._initialize_callbacks()
        self.fit(
            feed,
            None,
            epochs=epochs,
            initial_epoch=initial_epoch,
            validation_data=validation,
            verbose=0,
        )
        self.callbacks = self._fit_callbacks = None
