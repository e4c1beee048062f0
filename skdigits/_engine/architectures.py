"""The architectures: (image_shape, n_classes, width, dropout) -> LayerPlan.

Each takes standardised pixels, ends in a softmax over the classes, and adapts to the
shape of the images: a pooling window is never larger than its input.

A `LayerPlan` is a description. `skdigits._engine.keras.build` builds a model from it,
and a model file is compared with it before its arrays are allocated.

References
----------
.. [1] T. Doucet, https://github.com/ttdoucet/mnist, 2019
.. [2] K. Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", 2024,
   https://arxiv.org/abs/2404.00498
"""

import math
from typing import Literal

# Short trainings need running statistics that follow soon; Keras's 0.99 needs some
# hundred batches.
BATCH_NORM_MOMENTUM = 0.9
CHANNELS = {"data_format": "channels_last"}  # also where the default of Keras differs


def classic(image_shape, n_classes, width=1.0, dropout=None):
    """Layers of the 2019 notebook: 730,602 parameters on 28x28x1, ten classes."""
    units = _channels(width)
    rate = _rates(dropout)
    # Two unpadded convolutions would leave no pixel of a very small image.
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
    """Three convolutions, of which the first halves the image to save time.

    Without dropout, which brought nothing with the augmentation of the presets.
    """
    units = _channels(width)
    rate = _rates(dropout)
    plan = LayerPlan("fast", image_shape)
    plan.halving(units(24))
    for channels in (48, 96):
        plan.convolution(units(channels), use_bias=False)
        plan.pooling()  # before the normalisation, which then has fewer pixels
        plan.normalised()
    plan.flatten()
    plan.dropout(rate(0.0))
    plan.dense(units(128), name="dense", activation="relu")
    plan.probabilities(n_classes)
    return plan


def residual(image_shape, n_classes, width=1.0, dropout=None):
    """Two convolutions at full size, then residual blocks [1]_."""
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


def vgg(image_shape, n_classes, width=1.0, dropout=None):
    """Three pairs of convolutions with pooling in each pair, for pictures [2]_.

    Most of the weights and of the time are in the later, small maps of many channels.
    """
    units = _channels(width)
    rate = _rates(dropout)
    plan = LayerPlan("vgg", image_shape)
    plan.convolution(units(16), 2, activation="relu")
    for channels in (48, 192, 192):
        plan.convolution(units(channels), use_bias=False)
        plan.pooling()  # before the normalisation, which then has fewer pixels
        plan.normalised()
        plan.convolution(units(channels), use_bias=False)
        plan.normalised()
        plan.dropout(rate(0.0))
    plan.mean()
    plan.probabilities(n_classes)
    return plan


ARCHITECTURES = {
    "classic": classic,
    "fast": fast,
    "residual": residual,
    "vgg": vgg,
}

# The same names for type checkers, which cannot read the table.
ArchitectureName = Literal["classic", "fast", "residual", "vgg"]


class LayerPlan:
    """Layers in their order, numbered by kind and adapted to the size of the images.

    Parameters
    ----------
    name : str
    image_shape : tuple of 3 ints

    Attributes
    ----------
    layers : list of (str, dict)
        Classes of `keras.layers` and their arguments.
    sums : dict of str to str
        Name of an Add layer -> name of the earlier layer whose output it adds to that
        of the previous one.
    variable_shapes : list of tuple of int
        Shapes of all variables of the model, in the order of Keras.
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
        """Add batch normalization and ReLU."""
        self.batch_norm(self._numbered("batch_norm"), momentum=BATCH_NORM_MOMENTUM)
        self._add("ReLU", self._numbered("relu"))

    def halving(self, filters):
        """Add first layers that halve the height and width, or a little more."""
        # Without padding 28x28 becomes 12x12, and small images have no pixel left.
        padding = "valid" if min(self.image_shape[:2]) >= 16 else "same"
        self.convolution(filters, 6, stride=2, padding=padding, use_bias=False)
        self.normalised()

    def residual(self):
        """Add a residual block of batch normalization and a convolution."""
        before = self.layers[-1][1]["name"]
        self.batch_norm(self._numbered("batch_norm"), momentum=BATCH_NORM_MOMENTUM)
        self.convolution(self._shape[-1], activation="relu")
        name = self._numbered("sum")
        self._add("Add", name)
        self.sums[name] = before

    def mean(self):
        """Add global average pooling."""
        self._add("GlobalAveragePooling2D", "mean", **CHANNELS)
        self._shape = self._shape[-1:]

    def flatten(self):
        self._add("Flatten", "flatten")
        self._shape = (math.prod(self._shape),)

    def probabilities(self, n_classes):
        """Add a softmax in float32, also where other layers compute in bfloat16."""
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
