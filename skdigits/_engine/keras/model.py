"""Separate models for users, and the outputs of their layers."""

import keras

from .build import STANDARDISE, build_model
from .start import check_process
from .weights import assign


def trained_model(trained):
    """Build the `keras.Model` of a `TrainedNetwork`, which takes raw pixels."""
    check_process()
    model = build_model(trained.spec, trained.pixels)
    assign(model.variables, trained.weights.model)
    return model


def model_summary(spec):
    """Describe the layers of the model of a `ModelSpec` in a table: a str."""
    check_process()
    lines = []
    build_model(spec).summary(print_fn=lines.append, line_length=80)
    return "\n".join(lines)


def image_layers(model):
    """Find the layers of a `trained_model` model whose outputs are images.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    dict of str to keras.layers.Layer
        By name, in the order of the model. Empty for a subclass of `keras.Model`:
        Keras does not know what is between its layers.
    """
    inner = _inner(model)
    if not getattr(inner, "inputs", None):
        return {}
    return {
        layer.name: layer
        for layer in inner.layers
        if layer.name != STANDARDISE
        and not isinstance(layer, keras.layers.InputLayer)
        and len(getattr(layer.output, "shape", ())) == 4
    }


def layer_outputs(model, images, names):
    """Compute the outputs of layers.

    Parameters
    ----------
    model : keras.Model
        Made by `trained_model`.
    images : ndarray of shape (n, height, width, channels)
        Raw pixels.
    names : list of str
        Keys of what `image_layers` returns.

    Returns
    -------
    dict of str to ndarray of shape (n, height, width, channels)
    """
    inner = _inner(model)
    if inner is not model:
        images = model.get_layer(STANDARDISE)(images)
    found = image_layers(model)
    probe = keras.Model(inner.inputs[0], {name: found[name].output for name in names})
    return {name: out.numpy() for name, out in probe(images, training=False).items()}


def _inner(model):
    """Return the model after the standardisation if it is one layer, else `model`."""
    last = model.layers[-1]
    return last if isinstance(last, keras.Model) else model
