"""A model compiled for training."""

import keras
import numpy as np
import tensorflow as tf

from ..._core.warnings import warn_user
from .build import STANDARDISE, build_model, mean_and_variance
from .precision import dtype_policy
from .trainer import Trainer, make_loss
from .weights import (
    assign,
    initialise,
    load_weights,
    read_weights,
    seed_generators,
)

MAX_INITIAL_SHARE = 0.1  # of initial values in moving statistics


class CompiledModel:
    """A compiled model that fits use in turn.

    The weights after a fit are returned as a `Weights`, which can be loaded again.

    Parameters
    ----------
    spec : ModelSpec
    seed : int or None
        See `skdigits._engine.keras.build.build_model`.

    Attributes
    ----------
    spec : ModelSpec
    policy : str
        The dtype policy of its layers.
    """

    def __init__(self, spec, seed=None):
        self.spec = spec
        self.policy = dtype_policy(spec)
        self._model = build_model(spec, seed=seed)
        # Variables: constants would be traced into functions that other fits share.
        self._pixels = self._model.get_layer(STANDARDISE)
        self._pixels.mean = tf.Variable(self._pixels.mean)
        self._pixels.variance = tf.Variable(self._pixels.variance)
        self._trainer = Trainer(
            self._model, optimizer=spec.optimizer, loss=make_loss(spec)
        )
        self._fresh_optimizer = read_weights(self._model).optimizer

    def start(self, pixels, seed):
        """Set random weights, as in a model that has never been trained."""
        self._set_pixels(pixels)
        rng = np.random.default_rng(seed)
        if isinstance(self.spec.architecture, str):
            initialise(self._model, rng)
        else:  # it has set its weights, which may be trained ones
            seed_generators(self._model, rng)
        assign(self._model.optimizer.variables, self._fresh_optimizer)

    def load(self, pixels, weights):
        """Set the pixels' statistics and the weights of a `TrainedNetwork`."""
        load_weights(self._model, weights)
        self._set_pixels(pixels)

    def _set_pixels(self, pixels):
        layer = self._pixels
        # In its configuration, which copies and files have, and in what it computes.
        layer.input_mean, layer.input_variance = mean_and_variance(pixels)
        layer.mean.assign(layer.input_mean)
        layer.variance.assign(layer.input_variance)

    def train(self, feed, **options):
        """Train on a feed; return the new weights."""
        self._trainer.train(feed, **options)
        return read_weights(self._model)

    def warn_of_unsettled_statistics(self, n_steps):
        """Warn if moving statistics still hold much of their initial values.

        Keras's default momentum needs hundreds of steps. With fewer, a model predicts
        with other statistics than it was trained with.

        Parameters
        ----------
        n_steps : int
            Steps of the training.
        """
        for layer in _all_layers(self._model):
            if not isinstance(layer, keras.layers.BatchNormalization):
                continue
            initial = layer.momentum**n_steps
            if layer.trainable and initial > MAX_INITIAL_SHARE:
                warn_user(
                    f"The BatchNormalization layer {layer.name!r} has momentum="
                    f"{layer.momentum:g}: after {n_steps} steps its moving statistics "
                    f"still consist of {initial:.0%} initial values, and predictions "
                    "are worse than the training's accuracy. Pass momentum=0.9 to the "
                    "layer, or train for more epochs or with a smaller batch_size."
                )
                return


def _all_layers(model):
    """Yield the layers of a model and of the models among them."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _all_layers(layer)
