"""The training loop of scikeras; the only module that uses scikeras."""

import sys

import keras
import numpy as np

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


def make_loss(spec):
    """Make the loss of a `ModelSpec`, for one-hot labels and probabilities.

    Raises
    ------
    TypeError, ValueError
        If it is an object that is not a Keras loss for them.
    """
    loss, smoothing = spec.loss, spec.label_smoothing
    if isinstance(loss, str):
        if loss == "crossentropy":
            return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
        # alpha balances two classes; for all classes alike it would scale the loss.
        return keras.losses.CategoricalFocalCrossentropy(
            alpha=1.0, label_smoothing=smoothing
        )
    if not isinstance(loss, keras.losses.Loss):
        raise TypeError(
            'loss must be "crossentropy", "focal" or an instance of keras.losses.Loss. '
            f"Got {loss!r} instead. Call the class, or write a subclass of "
            "keras.losses.Loss for a function."
        )
    name = type(loss).__name__
    if smoothing:
        raise ValueError(
            f"label_smoothing must be 0 with loss={name}(...). Got {smoothing}. Pass "
            "it to the loss, if that has label_smoothing."
        )
    if getattr(loss, "from_logits", False):
        raise ValueError(
            f"loss must take probabilities. Got {name} with from_logits=True. Leave "
            "that out, as the model ends in a softmax."
        )
    labels = np.eye(spec.n_classes, dtype=np.float32)
    try:
        shape = np.shape(loss(labels, np.full_like(labels, 1 / spec.n_classes)))
    except Exception as exc:
        raise ValueError(
            "loss must take one-hot labels and probabilities, both of shape (n, "
            f"{spec.n_classes}). Got {name}, which does not: {exc} Use "
            "CategoricalCrossentropy in place of SparseCategoricalCrossentropy, for "
            "example."
        ) from exc
    if shape != ():
        raise ValueError(
            f"loss must return one number for a batch. Got {name}, which returns an "
            f'array of shape {shape}. Use reduction="sum_over_batch_size".'
        )
    return loss


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

    def __init__(self, model, *, optimizer, loss):
        super().__init__(
            model=model,
            loss=loss,
            metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
            warm_start=True,  # or scikeras would build the model again
            shuffle=False,  # the feed shuffles
            verbose=0,
            **_optimizer_params(optimizer),
        )
        self.initialize(None, None)
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
