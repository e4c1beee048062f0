"""The architectures: (image_shape, n_classes, width, dropout) -> keras.Model.

Each takes standardised pixels, ends in a softmax over the classes, and adapts to the
shape of the images: a window of a pooling is never larger than what it pools.
"""

import keras
from keras import layers

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
    stack = _Stack(image_shape)
    stack.convolution(units(32), padding=padding, activation="relu")
    stack.convolution(units(32), padding=padding, activation="relu")
    stack.pooling()
    stack.dropout(rate(0.2))
    stack.convolution(units(64), activation="relu")
    stack.convolution(units(64), activation="relu")
    stack.pooling()
    stack.dropout(rate(0.25))
    stack.convolution(units(128), activation="relu")
    stack.dropout(rate(0.25))
    stack.add(layers.Flatten(name="flatten"))
    stack.add(layers.Dense(units(128), activation="relu", name="dense"))
    stack.add(layers.BatchNormalization(name="batch_norm"))
    stack.dropout(rate(0.25))
    return stack.classify(n_classes, name="classic")


def fast(image_shape, n_classes, width=1.0, dropout=None):
    """Wide windows first and pooling at once: most of the cost is in small images."""
    units = _channels(width)
    rate = _rates(dropout)
    stack = _Stack(image_shape)
    stack.normalised(units(24), kernel=5)
    stack.normalised(units(48))
    stack.normalised(units(96))
    stack.add(layers.Flatten(name="flatten"))
    stack.dropout(rate(0.2))
    stack.add(layers.Dense(units(128), activation="relu", name="dense"))
    return stack.classify(n_classes, name="fast")


BY_NAME = {"classic": classic, "fast": fast}


class _Stack:
    """Layers one after another, numbered by kind and fitted to the image's size."""

    def __init__(self, image_shape):
        self._size = image_shape[:2]
        self._layers = [keras.Input(image_shape, name="images")]
        self._counts = {}

    def add(self, layer):
        self._layers.append(layer)

    def convolution(self, filters, kernel=3, *, padding="same", **options):
        name = self._numbered("conv")
        options = {"kernel_initializer": "he_normal", **CHANNELS, **options}
        self.add(layers.Conv2D(filters, kernel, padding=padding, name=name, **options))
        if padding == "valid":
            self._size = tuple(n - kernel + 1 for n in self._size)

    def pooling(self):
        window = tuple(min(2, n) for n in self._size)
        self.add(layers.MaxPooling2D(window, name=self._numbered("pool"), **CHANNELS))
        self._size = tuple(n // w for n, w in zip(self._size, window, strict=True))

    def dropout(self, rate):
        self.add(layers.Dropout(rate, name=self._numbered("dropout")))

    def normalised(self, filters, kernel=3):
        """Convolution, pooling, batch norm, ReLU: the later, the fewer pixels."""
        self.convolution(filters, kernel, use_bias=False)
        self.pooling()
        name = self._numbered("batch_norm")
        self.add(layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, name=name))
        self.add(layers.ReLU(name=self._numbered("relu")))

    def classify(self, n_classes, *, name):
        self.add(layers.Dense(n_classes, activation="softmax", name="classes"))
        return keras.Sequential(self._layers, name=name)

    def _numbered(self, kind):
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return f"{kind}{self._counts[kind]}"


def _channels(width):
    return lambda channels: max(1, round(channels * width))


def _rates(dropout):
    return lambda rate: rate if dropout is None else dropout
