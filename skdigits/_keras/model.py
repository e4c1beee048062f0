"""The network as a model of the user's, which takes raw pixels."""

import keras

from .build import build_network
from .start import check_process
from .weights import assign


def build_model(network):
    """Build a model of its own for the user, which takes raw pixels.

    Parameters
    ----------
    network : TrainedNetwork

    Returns
    -------
    keras.Model
    """
    check_process()
    built = build_network(network.spec)
    assign(built.variables, network.state.network)
    return with_standardisation(built, network.spec.image_shape, *network.scale)


def network_summary(spec):
    """Build the network of a `NetworkSpec` only to list its layers: a str."""
    check_process()
    lines = []
    build_network(spec).summary(print_fn=lines.append, line_length=80)
    return "\n".join(lines)


def with_standardisation(network, image_shape, mean, deviation):
    """Make a network take raw pixels: standardisation first, then its layers.

    Parameters
    ----------
    network : keras.Model
        Its layers are part of the new one and, if it is Sequential, of that one only.
    image_shape : tuple of 3 ints
    mean, deviation : float
        In the unit of the pixels.

    Returns
    -------
    keras.Model
    """
    first = [
        keras.Input(image_shape, name="images"),
        keras.layers.Rescaling(
            1 / deviation,
            offset=-mean / deviation,
            dtype="float32",
            name="standardise",
        ),
    ]
    sequential = isinstance(network, keras.Sequential)
    rest = network.layers if sequential else [network]
    if sequential:
        for layer in rest:  # or layer.output would be that in the old network
            layer._inbound_nodes.clear()
    return keras.Sequential([*first, *rest], name=network.name)


def image_layers(model):
    """Find the layers of a `build_model` model whose outputs are images.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    dict of str to keras.layers.Layer
        By name, in the order of the network.
    """
    network = _inner(model)
    return {
        layer.name: layer
        for layer in network.layers
        if layer.name != "standardise"
        and not isinstance(layer, keras.layers.InputLayer)
        and len(getattr(layer.output, "shape", ())) == 4
    }


def layer_outputs(model, images, names):
    """Compute the outputs of layers.

    Parameters
    ----------
    model : keras.Model
        Made by `build_model`.
    images : ndarray of shape (n, height, width, channels)
        Raw pixels.
    names : list of str
        Keys of what `image_layers` returns.

    Returns
    -------
    dict of str to ndarray of shape (n, height, width, channels)
    """
    network = _inner(model)
    if network is not model:
        images = model.get_layer("standardise")(images)
    found = image_layers(model)
    probe = keras.Model(network.inputs[0], {name: found[name].output for name in names})
    return {name: out.numpy() for name, out in probe(images, training=False).items()}


def _inner(model):
    """Give the network behind the standardisation, where it is one of its layers."""
    last = model.layers[-1]
    return last if isinstance(last, keras.Model) else model
