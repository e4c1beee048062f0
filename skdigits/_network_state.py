"""What describes a network and what it has learned, as plain data.

Estimators keep these, so a fitted one is copied, pickled and sent to other processes
without TensorFlow.
"""

import dataclasses
import uuid
from collections.abc import Callable

import numpy as np

from . import _networks

# Parameters of `CNNClassifier` that a network depends on, beside its images and labels.
OF_PARAMETERS = (
    "architecture",
    "width",
    "dropout",
    "optimizer",
    "label_smoothing",
    "dtype_policy",
)


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
        None means Keras's own, whichever it is when a network is built.
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
    def of(cls, classifier, image_shape, n_classes):
        """Read the rest off a `CNNClassifier`."""
        params = {name: getattr(classifier, name) for name in OF_PARAMETERS}
        return cls(image_shape=image_shape, n_classes=n_classes, **params)

    def stack(self):
        """Describe the network of an architecture of ours."""
        describe = _networks.BY_NAME[self.architecture]
        return describe(self.image_shape, self.n_classes, self.width, self.dropout)

    def for_one_fit(self):
        """Make the specification of a new fit."""
        if isinstance(self.architecture, str):
            return self
        return dataclasses.replace(self, key=uuid.uuid4().hex)

    def check_same_network(self, other):
        """Raise a ValueError if a fit with `other` may not go on from this network."""
        if dataclasses.replace(other, key=self.key) != self:
            raise ValueError(
                f"To go on with a fitted network, {', '.join(OF_PARAMETERS[:-1])} and "
                f"{OF_PARAMETERS[-1]} must be as they were. Use clone for a new start."
            )


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

    @classmethod
    def of(cls, network):
        """Copy it out of a compiled `keras.Model`."""
        return cls(_values(network.variables), _values(network.optimizer.variables))


def _values(variables):
    return [np.array(variable.numpy()) for variable in variables]
