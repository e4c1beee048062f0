"""Plain data that describes a model and what it has learned.

A fitted estimator holds these objects, so it is copied, pickled and sent to other
processes without TensorFlow.
"""

import dataclasses
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np

from .architectures import ARCHITECTURES
from .parameters import MODEL_PARAMETERS


@dataclasses.dataclass(frozen=True)
class ModelSpec:
    """Everything that affects which functions TensorFlow traces for a model.

    Parameters
    ----------
    architecture : str or callable
    image_shape : tuple of 3 ints
    n_classes : int
    width : float
    dropout : float or None
    optimizer : str
    loss : str or keras.losses.Loss
    label_smoothing : float
    dtype_policy : str or None
        "auto" is resolved when a model is built. None means the policy of Keras at
        that time.
    key : str or None
        Unique key for a callable architecture, two calls of which may build different
        models, and for a Keras loss, which may be changed: fits never share these.
    """

    architecture: str | Callable
    image_shape: tuple
    n_classes: int
    width: float
    dropout: float | None
    optimizer: str
    loss: Any
    label_smoothing: float
    dtype_policy: str | None = None
    key: str | None = None

    @classmethod
    def of(cls, params, image_shape, n_classes):
        """Make it from a dict with the parameters of a `CNNClassifier`."""
        params = {name: params[name] for name in MODEL_PARAMETERS}
        return cls(image_shape=image_shape, n_classes=n_classes, **params)

    def layer_plan(self):
        """Describe the layers of an architecture that has a name."""
        architecture = ARCHITECTURES[self.architecture]
        return architecture(self.image_shape, self.n_classes, self.width, self.dropout)

    def for_one_fit(self):
        """Return the specification for a new fit, with a key if it needs one."""
        if isinstance(self.architecture, str) and isinstance(self.loss, str):
            return self
        return dataclasses.replace(self, key=uuid.uuid4().hex)

    def check_same_model(self, other):
        """Raise a ValueError unless a fit with `other` can continue this model."""
        if dataclasses.replace(other, key=self.key) != self:
            *first, last = MODEL_PARAMETERS
            raise ValueError(
                f"{', '.join(first)} and {last} must not change when a fit continues "
                "the previous one. Use sklearn.base.clone for a new start."
            )


# Compared and hashed by identity: comparing the arrays would take longer than loading
# them.
@dataclasses.dataclass(frozen=True, eq=False)
class Weights:
    """The weights of a model and its optimizer; immutable.

    Parameters
    ----------
    model : list of ndarray
        Weights, statistics and the states of random generators, in Keras's order.
    optimizer : list of ndarray
        Moments, counters and the learning rate.
    """

    model: list[np.ndarray]
    optimizer: list[np.ndarray]


@dataclasses.dataclass(frozen=True)
class PixelStatistics:
    """Statistics of all training pixels, in their unit.

    Parameters
    ----------
    mean, std : float
        The model standardises images with them. `std` is positive.
    min, max : float
        Smallest and largest pixel.
    """

    mean: float
    std: float
    min: float
    max: float

    def extended(self, low, high):
        """Return the statistics with a range that includes two more pixels."""
        return dataclasses.replace(
            self, min=min(self.min, low), max=max(self.max, high)
        )


@dataclasses.dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """Result of a fit without TensorFlow: specification, weights and statistics.

    Parameters
    ----------
    spec : ModelSpec
    weights : Weights or None
        None before the first training, which starts with random weights.
    pixels : PixelStatistics
    seed : int
        Seed of all random numbers of its trainings.
    temperature : float, default=1.0
        Probabilities are raised to the power of its inverse and scaled to sum to 1.
    """

    spec: ModelSpec
    weights: Weights | None
    pixels: PixelStatistics
    seed: int
    temperature: float = 1.0

    def with_weights(self, weights):
        """Return a copy with other weights."""
        return dataclasses.replace(self, weights=weights)

    def to_arrays(self):
        """Return the weights as named arrays, for a file.

        Returns
        -------
        dict of str to ndarray
            Named "model/0", "model/1" and so on, and "optimizer/0" and so on.
        """
        return {
            f"{part}/{i}": array
            for part, arrays in vars(self.weights).items()
            for i, array in enumerate(arrays)
        }

    def with_arrays(self, arrays):
        """Return a copy with the weights of `to_arrays`.

        Parameters
        ----------
        arrays : dict of str to ndarray
            Arrays with other names are ignored.

        Returns
        -------
        TrainedNetwork
        """
        weights = Weights(
            **{
                field.name: numbered_arrays(arrays, field.name)
                for field in dataclasses.fields(Weights)
            }
        )
        return self.with_weights(weights)


@dataclasses.dataclass(frozen=True)
class Learned:
    """Result of a training and of those that it continued.

    Parameters
    ----------
    trained : TrainedNetwork
    history : dict of lists of float
        Logs of each epoch.
    trained_with : dict
        Software and settings that the weights depend on.
    callbacks : list of keras.callbacks.Callback
        The copies of the user's callbacks that took part in the last training.
    """

    trained: TrainedNetwork
    history: dict
    trained_with: dict
    callbacks: list = dataclasses.field(default_factory=list)

    @property
    def n_iter(self):
        """Number of epochs."""
        return len(self.history["loss"])


def numbered_arrays(arrays, part):
    """Collect the arrays "part/0", "part/1" and so on: a list, in this order."""
    n = sum(name.startswith(f"{part}/") for name in arrays)
    return [arrays[f"{part}/{i}"] for i in range(n)]
