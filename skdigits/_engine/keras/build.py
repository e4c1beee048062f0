"""Networks built from specifications, and checks of the users' architectures."""

import contextlib
import random
import threading
import weakref

import keras
import numpy as np

from .precision import dtype_policy

building = threading.RLock()  # reentrant: an architecture may fit a classifier
_used_models = weakref.WeakSet()

STANDARDISE = "standardise"  # name of the first layer of every model
# Methods of a keras.Model that a layer of another model is never asked for.
TRAINING_METHODS = ("train_step", "test_step", "predict_step", "compute_loss")


@contextlib.contextmanager
def _in_policy(name):
    """Build layers with a dtype policy, and restore the policy of this thread."""
    if name is None:
        yield
        return
    own = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(own)


def build_model(spec, pixels=None, seed=None):
    """Build the model of a `ModelSpec`, which takes raw pixels.

    Its first layer, "standardise", standardises them. A model that a callable
    architecture returns comes after it: its layers if it is Sequential, else the
    model as one layer.

    Parameters
    ----------
    spec : ModelSpec
    pixels : PixelStatistics or None
        None leaves the pixels unchanged.
    seed : int or None
        For a callable architecture: seed of its initialisers that have none. The
        weights of other architectures are set by `weights.initialise`.

    Returns
    -------
    keras.Model

    Raises
    ------
    TypeError, ValueError
        If a callable architecture does not return a new model that takes images of
        the shape and returns a probability for each class.
    """
    if isinstance(spec.architecture, keras.Layer):  # a Model is one
        kind = type(spec.architecture).__name__
        raise TypeError(
            "architecture must be a name, or a function that builds a new model for "
            f"an image shape and a number of classes. Got the model {kind} itself. "
            "Pass a function that returns a new one, such as architecture=lambda "
            "image_shape, n_classes: keras.models.clone_model(model)."
        )
    with (
        _seeded_initialisers(seed),
        _in_policy(spec.dtype_policy and dtype_policy(spec)),
    ):
        if isinstance(spec.architecture, str):
            return build_layers(spec.layer_plan(), pixels)
        model = spec.architecture(spec.image_shape, spec.n_classes)
        _check_model(model, spec)
    images = keras.Input(spec.image_shape, name="images")
    is_sequential = type(model) is keras.Sequential
    layers = model.layers if is_sequential else [model]
    if is_sequential:
        for layer in layers:  # or layer.output would be the one in the old model
            layer._inbound_nodes.clear()
    return keras.Sequential([images, standardisation(pixels), *layers], name=model.name)


def standardisation(pixels):
    """Build the layer that standardises raw pixels.

    Its configuration has the mean and the variance, so the layer is right in every copy
    and file of a model, also in those that hold the architecture alone.

    Parameters
    ----------
    pixels : PixelStatistics or None
        None leaves the pixels unchanged.

    Returns
    -------
    keras.layers.Normalization
    """
    mean, variance = (0.0, 1.0) if pixels is None else mean_and_variance(pixels)
    layer = keras.layers.Normalization(
        axis=None, mean=mean, variance=variance, dtype="float32", name=STANDARDISE
    )
    layer.build((None, None, None, None))
    # Its tensors would be inputs of an ONNX file; numbers are constants there.
    layer.mean, layer.variance = mean, variance
    return layer


def mean_and_variance(pixels):
    """Convert `PixelStatistics` to what a Normalization takes: two floats.

    The layer computes the square root of the variance: in float32 that of a square is
    the standard deviation again, to the last bit.
    """
    return float(np.float32(pixels.mean)), float(np.square(np.float32(pixels.std)))


def build_layers(plan, pixels=None):
    """Build the model of a `LayerPlan`; `pixels` is as in `build_model`."""
    images = keras.Input(plan.image_shape, name="images")
    first = standardisation(pixels)
    layers = [
        getattr(keras.layers, kind)(**arguments) for kind, arguments in plan.layers
    ]
    if not plan.sums:
        return keras.Sequential([images, first, *layers], name=plan.name)
    output, outputs = first(images), {}
    for layer in layers:
        earlier = plan.sums.get(layer.name)
        output = layer(output if earlier is None else [outputs[earlier], output])
        outputs[layer.name] = output
    return keras.Model(images, output, name=plan.name)


@contextlib.contextmanager
def _seeded_initialisers(seed):
    """Seed the initialisers and dropouts that have no seed.

    Keras seeds them from Python's `random` when they are made. Its state is restored
    afterwards, and one model is built at a time, so other code is not affected.
    """
    with building:
        state = random.getstate()
        if seed is not None:
            random.seed(seed)
        try:
            yield
        finally:
            random.setstate(state)


def _check_model(model, spec):
    expected = f"(None, {spec.n_classes})"
    if not isinstance(model, keras.Model):
        raise TypeError(
            "architecture must return a keras.Model. Got "
            f"{type(model).__name__} instead."
        )
    for name in TRAINING_METHODS:
        if getattr(type(model), name) is not getattr(keras.Model, name):
            raise TypeError(
                f"architecture must return a keras.Model without a {name} of its own. "
                f"Got {type(model).__name__}, whose {name} would not be called. Use "
                "layers, an optimizer or callbacks instead."
            )
    if model.compiled:
        raise ValueError(
            "architecture must return a keras.Model that is not compiled: the "
            "optimizer and the loss are parameters of the classifier. Remove "
            "model.compile(...), or load the model with compile=False, and pass "
            "optimizer, learning_rate and loss to CNNClassifier."
        )
    if model in _used_models:
        raise ValueError(
            "architecture must build a new model at each call. Got the one that it "
            "had returned before, whose weights several fits would share."
        )
    try:
        outputs = model(keras.Input(spec.image_shape))
    except Exception as exc:
        raise ValueError(
            "architecture must return a model for images of shape "
            f"{spec.image_shape}. Got one that does not take them: {exc}"
        ) from exc
    shape = getattr(outputs, "shape", None)
    if shape is None or tuple(shape) != (None, spec.n_classes):
        got = f"a {type(outputs).__name__}" if shape is None else tuple(shape)
        raise ValueError(
            "architecture must return a model with one output for each of the "
            f"{spec.n_classes} classes: {expected}. Got {got} instead."
        )
    probe = np.random.default_rng(0).normal(size=(8, *spec.image_shape))
    sums = np.float32(model(probe, training=False).numpy()).sum(axis=1)
    if not np.allclose(sums, 1, atol=0.02):  # the tolerance is float16's
        raise ValueError(
            "architecture must return a model whose outputs are probabilities. Got "
            f"outputs of an image that sum to {sums[0]:.3g} instead of 1. End with "
            'keras.layers.Dense(n_classes, activation="softmax").'
        )
    _used_models.add(model)
