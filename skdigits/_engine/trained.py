"""What describes a network and what it has learned, as plain data.

A fitted estimator keeps these, so it is copied, pickled and sent to other processes
without TensorFlow.
"""

import dataclasses
import uuid
from collections.abc import Callable

import numpy as np

from .architectures import ARCHITECTURES
from .parameters import NETWORK_PARAMETERS


@dataclasses.dataclass(frozen=True)
class NetworkSpec:
    """All that decides which functions TensorFlow traces for a network.

    Parameters
    ----------
    architecture : str or callable
    image_shape : tuple of 3 ints
    n_classes : int
    width : float
    dropout : float or None
    optimizer : str
    label_smoothing : float
    dtype_policy : str or None
        "auto" is decided where a network is built. None means Keras's own, whichever
        it is then.
    key : str or None
        Set for a callable architecture, whose networks are never shared by fits: two
        calls of it need not build the same.
    """

    architecture: str | Callable
    image_shape: tuple
    n_classes: int
    width: float
    dropout: float | None
    optimizer: str
    label_smoothing: float
    dtype_policy: str | None = None
    key: str | None = None

    @classmethod
    def of(cls, params, image_shape, n_classes):
        """Make it from a dict with the parameters of a `CNNClassifier`."""
        params = {name: params[name] for name in NETWORK_PARAMETERS}
        return cls(image_shape=image_shape, n_classes=n_classes, **params)

    def layer_plan(self):
        """Describe the layers, for an architecture of ours."""
        architecture = ARCHITECTURES[self.architecture]
        return architecture(self.image_shape, self.n_classes, self.width, self.dropout)

    def for_one_fit(self):
        """Give the specification for a new fit, with a key where it needs one."""
        if isinstance(self.architecture, str):
            return self
        return dataclasses.replace(self, key=uuid.uuid4().hex)

    def check_same_network(self, other):
        """Raise a ValueError if a fit with `other` may not go on from this network."""
        if dataclasses.replace(other, key=self.key) != self:
            *first, last = NETWORK_PARAMETERS
            raise ValueError(
                f"To go on with a fitted network, {', '.join(first)} and {last} must "
                "be as they were. Use clone for a new start."
            )


# Compared and hashed by identity: the pool of networks asks whether it holds this very
# state, and to compare the arrays would take longer than to load them.
@dataclasses.dataclass(frozen=True, eq=False)
class NetworkState:
    """What a network has learned; never changed once it is made.

    Parameters
    ----------
    network : list of ndarray
        Weights, statistics and the states of random generators, in Keras's order.
    optimizer : list of ndarray
        Moments, counters and the learning rate.
    """

    network: list[np.ndarray]
    optimizer: list[np.ndarray]


@dataclasses.dataclass(frozen=True)
class PixelStatistics:
    """Statistics of all training pixels, in their unit.

    Parameters
    ----------
    mean, std : float
        The network standardises images with them. `std` is positive.
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
    """All that a fitted classifier keeps of its network.

    Parameters
    ----------
    spec : NetworkSpec
    state : NetworkState or None
        None before the first training, which starts from random weights.
    pixels : PixelStatistics
    seed : int
        All random numbers of its trainings are made from it.
    """

    spec: NetworkSpec
    state: NetworkState | None
    pixels: PixelStatistics
    seed: int

    def with_state(self, state):
        """Give the same network after some training."""
        return dataclasses.replace(self, state=state)

    def to_arrays(self):
        """Give the state as arrays with names, for a file.

        Returns
        -------
        dict of str to ndarray
            Named "network/0", "network/1" and so on, and "optimizer/0" and so on.
        """
        return {
            f"{part}/{i}": array
            for part, arrays in vars(self.state).items()
            for i, array in enumerate(arrays)
        }

    @classmethod
    def from_arrays(cls, arrays, *, spec, pixels, seed):
        """Make it from the arrays of `to_arrays`, and what they do not hold.

        Parameters
        ----------
        arrays : dict of str to ndarray
            Others than those of a state are left aside.
        spec : NetworkSpec
        pixels : PixelStatistics
        seed : int

        Returns
        -------
        TrainedNetwork
        """
        state = NetworkState(
            **{
                field.name: numbered_arrays(arrays, field.name)
                for field in dataclasses.fields(NetworkState)
            }
        )
        return cls(spec=spec, state=state, pixels=pixels, seed=seed)


@dataclasses.dataclass(frozen=True)
class Learned:
    """What a classifier has learned by a training and those before it.

    Parameters
    ----------
    network : TrainedNetwork
    history : dict of lists of float
        What each epoch logged.
    trained_with : dict
        Versions and settings that the weights depend on.
    callbacks : list of keras.callbacks.Callback
        The copies of the user's callbacks that took part in the last training.
    """

    network: TrainedNetwork
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
