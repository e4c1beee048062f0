"""The only file that knows scikeras and Keras internals."""

import contextlib
import random
import sys
import threading
import weakref

from . import _tensorflow  # noqa: F401  it starts TensorFlow, so it comes first

# isort: split
import keras
import numpy as np

from ._muon import Muon


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

# The names that CNNClassifier takes -> what scikeras is told of the optimiser.
OPTIMIZERS = {
    "adam": {"optimizer": "adam"},
    "adamw": {"optimizer": "adamw"},
    "muon": {"optimizer": Muon},
    "nadam": {"optimizer": "nadam"},
    "rmsprop": {"optimizer": "rmsprop"},
    "sgd": {
        "optimizer": "sgd",
        "optimizer__momentum": 0.9,
        "optimizer__nesterov": True,
    },
}

# What the layers of our architectures have; each has an initialiser of its name.
DRAWN_WEIGHTS = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")

_building = threading.RLock()  # an architecture may itself fit a classifier
_used_networks = weakref.WeakSet()


class _Untouched:
    """A scikeras encoder that leaves the data as the feed made it."""

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
            **OPTIMIZERS[optimizer],
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


def dtype_policy(spec):
    """Name the precision of the layers that `build_network` makes now."""
    return spec.dtype_policy or keras.config.dtype_policy().name


@contextlib.contextmanager
def _in_policy(name):
    """Let layers be built with a dtype policy, and put this thread's own back."""
    if name is None:
        yield
        return
    own = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(own)


def build_network(spec, seed=None):
    """Build the network of a `NetworkSpec`.

    Parameters
    ----------
    spec : NetworkSpec
    seed : int or None
        For a callable architecture: what its unseeded initialisers draw from. Those
        of ours are drawn by `initialise`.

    Returns
    -------
    keras.Model

    Raises
    ------
    TypeError, ValueError
        If a callable architecture returns anything but a new network that takes
        images of the shape and gives a probability for each class.
    """
    if isinstance(spec.architecture, keras.Layer):  # a Model is one
        kind = type(spec.architecture).__name__
        raise TypeError(
            "architecture must be a name, or a function that builds a new network for "
            f"an image shape and a number of classes. Got the network {kind} itself. "
            "Pass a function that returns it anew, such as architecture=lambda "
            "image_shape, n_classes: keras.models.clone_model(network)."
        )
    with _seeded_initialisers(seed), _in_policy(spec.dtype_policy):
        if isinstance(spec.architecture, str):
            return build_stack(spec.stack())
        network = spec.architecture(spec.image_shape, spec.n_classes)
        _check_network(network, spec)
    return network


def build_stack(stack):
    """Build what a `skdigits._networks.Stack` describes."""
    layers = [
        getattr(keras.layers, kind)(**arguments) for kind, arguments in stack.layers
    ]
    images = keras.Input(stack.image_shape, name="images")
    return keras.Sequential([images, *layers], name=stack.name)


@contextlib.contextmanager
def _seeded_initialisers(seed):
    """Let unseeded initialisers and dropouts draw from `seed`, and nobody notice.

    Keras seeds them from Python's `random` as they are made. Its state is put back,
    and one network is built at a time.
    """
    with _building:
        state = random.getstate()
        if seed is not None:
            random.seed(seed)
        try:
            yield
        finally:
            random.setstate(state)


def _check_network(network, spec):
    expected = f"(None, {spec.n_classes})"
    if not isinstance(network, keras.Model):
        raise TypeError(
            "architecture must return a keras.Model. Got "
            f"{type(network).__name__} instead."
        )
    if network in _used_networks:
        raise ValueError(
            "architecture returned a network that it had returned before. It must "
            "build a new one at each call: fits would share their weights."
        )
    try:
        outputs = network(keras.Input(spec.image_shape))
    except Exception as exc:
        raise ValueError(
            "architecture returned a network that does not take images of shape "
            f"{spec.image_shape}: {exc}"
        ) from exc
    shape = getattr(outputs, "shape", None)
    if shape is None or tuple(shape) != (None, spec.n_classes):
        got = f"a {type(outputs).__name__}" if shape is None else tuple(shape)
        raise ValueError(
            "architecture must return a network with one output for each of the "
            f"{spec.n_classes} classes: {expected}. Got {got} instead."
        )
    probe = np.random.default_rng(0).normal(size=(8, *spec.image_shape))
    sums = np.float32(network(probe, training=False).numpy()).sum(axis=1)
    if not np.allclose(sums, 1, atol=0.02):  # the tolerance is float16's
        raise ValueError(
            "architecture must return a network whose outputs are probabilities. Got "
            f"outputs of an image that sum to {sums[0]:.3g} instead of 1. End with "
            'keras.layers.Dense(n_classes, activation="softmax").'
        )
    _used_networks.add(network)


def initialise(network, rng):
    """Draw the weights of one of our architectures anew.

    Parameters
    ----------
    network : keras.Model
    rng : numpy.random.Generator
    """
    for layer in network.layers:
        for name in DRAWN_WEIGHTS:
            variable = getattr(layer, name, None)
            if variable is None:
                continue
            initializer = getattr(layer, f"{name}_initializer")
            config = initializer.get_config()
            if "seed" in config:
                config["seed"] = int(rng.integers(2**31))
            draw = initializer.from_config(config)
            variable.assign(draw(variable.shape, variable.dtype))
    seed_generators(network, rng)


def seed_generators(network, rng):
    """Seed what the network draws while it trains: its dropout."""
    for variable in network.variables:
        if variable.path.endswith("seed_generator_state"):
            variable.assign([rng.integers(2**31), 0])


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


def assign(variables, arrays):
    """Put arrays into variables.

    Raises
    ------
    ValueError
        If they are of other shapes or types.
    """
    own = [
        (tuple(v.shape), keras.backend.standardize_dtype(v.dtype)) for v in variables
    ]
    if own != [(array.shape, array.dtype.name) for array in arrays]:
        raise ValueError(
            "A network must be built as it was in fit: the same network at each call "
            "of a function that is an architecture, and under the same dtype policy of "
            "Keras. Got one whose weights have other shapes or types."
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def image_layers(model):
    """Find the layers of a `with_standardisation` model that put out images.

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
    """Compute what layers put out.

    Parameters
    ----------
    model : keras.Model
        Of `with_standardisation`.
    images : ndarray of shape (n, height, width, channels)
        Raw pixels.
    names : list of str
        Keys of `image_layers`.

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
