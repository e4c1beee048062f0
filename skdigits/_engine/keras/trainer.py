"""The training loop of scikeras, and the only file that knows scikeras."""

import sys

import keras

from ..optimizers import OPTIMIZERS
from .muon import Muon


def _import_keras_classifier():
    """Import scikeras without what it does to every Keras class of the process.

    It replaces ``__reduce__`` of keras.Model, Loss, Metric and Optimizer, and
    ``__deepcopy__`` of Model. Where the user imported it first, that stays.
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
    """Say to scikeras which optimizer to make, and with what options."""
    options = {f"optimizer__{key}": value for key, value in OPTIMIZERS[name].items()}
    return {"optimizer": Muon if name == "muon" else name, **options}


class _Untouched:
    """An encoder for scikeras that leaves the data as the feed made it."""

    def fit(self, data):
        return self

    def transform(self, data):
        return data


class Trainer(KerasClassifier):
    """scikeras's compiling, callbacks and training loop, around feeds of ours.

    The data was checked and encoded by `CNNClassifier`, and a feed is no array, so
    the four hooks that touch data do nothing.
    """

    def __init__(self, network, *, optimizer, label_smoothing):
        super().__init__(
            model=network,
            loss=keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing),
            metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
            warm_start=True,  # the network is never built anew
            shuffle=False,  # the feed does it
            verbose=0,
            **_optimizer_params(optimizer),
        )
        self.initialize(None, None)
        # An architecture of the user's may come compiled for other labels.
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
        """Leave it to `build_network`, which says more."""

    def train(self, feed, *, epochs, initial_epoch, validation, callbacks):
        """Train the network; callbacks may keep what they see."""
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
