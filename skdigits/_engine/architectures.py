"""The architectures: (image_shape, n_classes, width, dropout) -> LayerPlan.

Each takes standardised pixels, ends in a softmax over the classes, and adapts to the
shape of the images: a window of a pooling is never larger than what it pools.

A `LayerPlan` only describes. `skdigits._engine.keras.build` builds from it, and a model
file is compared with it before anything of its size is allocated.

References
----------
.. [1] T. Doucet, https://github.com/ttdoucet/mnist, 2019
.. [2] C. Deotte, "25 Million Images! [0.99757] MNIST", Kaggle, 2018
"""

import math
from typing import Literal

# Short trainings need running statistics that follow soon; Keras's 0.99 needs some
# hundred batches.
BATCH_NORM_MOMENTUM = 0.9
CHANNELS = {"data_format": "channels_last"}  # whatever Keras's own default is


def classic(image_shape, n_classes, width=1.0, dropout=None):
    """The network of the 2019 notebook: 730,602 parameters on 28x28x1, ten classes."""
    units = _channels(width)
    rate = _rates(dropout)
    # Two unpadded convolutions leave nothing of a very small image.
    padding = "valid" if min(image_shape[:2]) >= 8 else "same"
    plan = LayerPlan("classic", image_shape)
    plan.convolution(units(32), padding=padding, activation="relu")
    plan.convolution(units(32), padding=padding, activation="relu")
    plan.pooling()
    plan.dropout(rate(0.2))
    plan.convolution(units(64), activation="relu")
    plan.convolution(units(64), activation="relu")
    plan.pooling()
    plan.dropout(rate(0.25))
    plan.convolution(units(128), activation="relu")
    plan.dropout(rate(0.25))
    plan.flatten()
    plan.dense(units(128), name="dense", activation="relu")
    plan.batch_norm("batch_norm")
    plan.dropout(rate(0.25))
    plan.probabilities(n_classes)
    return plan


def fast(image_shape, n_classes, width=1.0, dropout=None):
    """A wide window and half the pixels at once: most of the cost is in small images.

    No dropout of its own: with the augmentation of the presets it brought nothing.
    """
    units = _channels(width)
    rate = _rates(dropout)
    plan = LayerPlan("fast", image_shape)
    plan.halving(units(24))
    for channels in (48, 96):
        plan.convolution(units(channels), use_bias=False)
        plan.pooling()  # the later the rest comes, the fewer pixels it has
        plan.normalised()
    plan.flatten()
    plan.dropout(rate(0.0))
    plan.dense(units(128), name="dense", activation="relu")
    plan.probabilities(n_classes)
    return plan


def pooled(image_shape, n_classes, width=1.0, dropout=None):
    """The network "fast" of the first model files: 5x5 at full size, then pooled."""
    units = _channels(width)
    rate = _rates(dropout)
    plan = LayerPlan("pooled", image_shape)
    for channels, kernel in ((24, 5), (48, 3), (96, 3)):
        plan.convolution(units(channels), kernel, use_bias=False)
        plan.pooling()
        plan.normalised()
    plan.flatten()
    plan.dropout(rate(0.2))
    plan.dense(units(128), name="dense", activation="relu")
    plan.probabilities(n_classes)
    return plan


def residual(image_shape, n_classes, width=1.0, dropout=None):
    """Two convolutions at full size, then blocks that add what they find [1]_."""
    units = _channels(width)
    rate = _rates(dropout)
    padding = "valid" if min(image_shape[:2]) >= 8 else "same"
    plan = LayerPlan("residual", image_shape)
    plan.convolution(units(32), padding=padding, activation="relu")
    plan.convolution(units(32), padding=padding, use_bias=False)
    plan.pooling()
    plan.normalised()
    plan.dropout(rate(0.1))
    plan.convolution(units(64), use_bias=False)
    plan.normalised()
    plan.residual()
    plan.dropout(rate(0.1))
    plan.pooling()
    plan.convolution(units(128), use_bias=False)
    plan.normalised()
    plan.residual()
    plan.dropout(rate(0.1))
    plan.mean()
    plan.probabilities(n_classes)
    return plan


def strided(image_shape, n_classes, width=1.0, dropout=None):
    """Wide convolutions with strides in place of poolings, and much dropout [2]_."""
    units = _channels(width)
    rate = _rates(dropout)
    # Without padding 28x28 becomes a single pixel; less would become nothing.
    padding = "valid" if min(image_shape[:2]) >= 25 else "same"
    plan = LayerPlan("strided", image_shape)
    # No batch norm at full size: it is slow there.
    plan.convolution(units(32), padding=padding, activation="relu")
    plan.convolution(units(32), padding=padding, activation="relu")
    plan.rectified(units(32), 5, stride=2)
    plan.dropout(rate(0.4))
    plan.rectified(units(64), padding=padding)
    plan.rectified(units(64), padding=padding)
    plan.rectified(units(64), 5, stride=2)
    plan.dropout(rate(0.4))
    plan.rectified(units(128), 4, padding=padding)
    plan.flatten()
    plan.dropout(rate(0.4))
    plan.probabilities(n_classes)
    return plan


ARCHITECTURES = {
    "classic": classic,
    "fast": fast,
    "pooled": pooled,
    "residual": residual,
    "strided": strided,
}

# The same names for type checkers, which cannot read the table.
ArchitectureName = Literal["classic", "fast", "pooled", "residual", "strided"]


class LayerPlan:
    """Layers in their order, numbered by kind and fitted to the image's size.

    Parameters
    ----------
    name : str
    image_shape : tuple of 3 ints

    Attributes
    ----------
    layers : list of (str, dict)
        Classes of `keras.layers` and their arguments.
    sums : dict of str to str
        Name of a layer -> name of the earlier one whose output it adds to that of the
        layer before.
    variable_shapes : list of tuple of int
        Shapes of all that the network keeps, in Keras's order.
    """

    def __init__(self, name, image_shape):
        self.name, self.image_shape = name, image_shape
        self.layers, self.variable_shapes, self.sums = [], [], {}
        self._shape = image_shape  # of the last layer's output
        self._counts = {}

    def convolution(self, filters, kernel=3, *, stride=1, padding="same", **options):
        options = {"kernel_initializer": "he_normal", **CHANNELS, **options}
        if stride > 1:
            options["strides"] = stride
        self._add(
            "Conv2D",
            self._numbered("conv"),
            filters=filters,
            kernel_size=kernel,
            padding=padding,
            **options,
        )
        *size, channels = self._shape
        self._keeps((kernel, kernel, channels, filters))
        if options.get("use_bias", True):
            self._keeps((filters,))
        if padding == "valid":
            size = [n - kernel + 1 for n in size]
        self._shape = (*(-(-n // stride) for n in size), filters)

    def pooling(self):
        *size, channels = self._shape
        window = tuple(min(2, n) for n in size)
        name = self._numbered("pool")
        self._add("MaxPooling2D", name, pool_size=window, **CHANNELS)
        self._shape = (*(n // w for n, w in zip(size, window, strict=True)), channels)

    def dropout(self, rate):
        self._add("Dropout", self._numbered("dropout"), rate=rate)
        if rate > 0:
            self._keeps((2,))  # the state of its random generator

    def batch_norm(self, name, **options):
        self._add("BatchNormalization", name, **options)
        for _ in ("gamma", "beta", "moving mean", "moving variance"):
            self._keeps(self._shape[-1:])

    def normalised(self):
        """Batch norm and ReLU."""
        self.batch_norm(self._numbered("batch_norm"), momentum=BATCH_NORM_MOMENTUM)
        self._add("ReLU", self._numbered("relu"))

    def rectified(self, filters, kernel=3, **options):
        """A convolution and its ReLU, then batch norm."""
        self.convolution(filters, kernel, activation="relu", **options)
        self.batch_norm(self._numbered("batch_norm"), momentum=BATCH_NORM_MOMENTUM)

    def halving(self, filters):
        """First layers that leave half the height and width, or a little less."""
        # Without padding 28x28 becomes 12x12, and nothing is left of a small image.
        padding = "valid" if min(self.image_shape[:2]) >= 16 else "same"
        self.convolution(filters, 6, stride=2, padding=padding, use_bias=False)
        self.normalised()

    def residual(self, kernel=3):
        """Add to the images what a batch norm and a convolution make of them."""
        before = self.layers[-1][1]["name"]
        self.batch_norm(self._numbered("batch_norm"), momentum=BATCH_NORM_MOMENTUM)
        self.convolution(self._shape[-1], kernel, activation="relu")
        name = self._numbered("sum")
        self._add("Add", name)
        self.sums[name] = before

    def mean(self):
        """The mean over all pixels, for each channel."""
        self._add("GlobalAveragePooling2D", "mean", **CHANNELS)
        self._shape = self._shape[-1:]

    def flatten(self):
        self._add("Flatten", "flatten")
        self._shape = (math.prod(self._shape),)

    def probabilities(self, n_classes):
        """A softmax, in float32 even where the rest computes in less."""
        self.dense(n_classes, name="classes", activation="softmax", dtype="float32")

    def dense(self, units, *, name, **options):
        self._add("Dense", name, units=units, **options)
        self._keeps((*self._shape, units))
        self._keeps((units,))
        self._shape = (units,)

    def _add(self, kind, name, **options):
        self.layers.append((kind, {"name": name, **options}))

    def _keeps(self, shape):
        self.variable_shapes.append(tuple(shape))

    def _numbered(self, kind):
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return f"{kind}{self._counts[kind]}"


def _channels(width):
    return lambda channels: max(1, round(channels * width))


def _rates(dropout):
    return lambda rate: rate if dropout is None else dropout
