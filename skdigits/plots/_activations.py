"""ActivationsDisplay: the outputs of layers for one image."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..pipelines import find_classifiers
from ._constructor import explain_arguments
from ._image_grid import as_images, as_samples, enough_axes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike
    from sklearn.base import BaseEstimator

CHANNELS_PER_ROW = 16
MAX_DEFAULT_LAYERS = 8  # drawn if the user chooses none
LAYER_KINDS = {"conv": "Conv", "pooling": "Pooling", "dropout": "Dropout"}


class ActivationsDisplay:
    """The channels of some layers for one image, each with its own colour scale.

    Make one with `from_estimator` or `from_activations`.

    Parameters
    ----------
    activations : dict of str to ndarray of shape (height, width, channels)
        The outputs of the layers, by the name of the layer.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    axes_ : ndarray of matplotlib Axes
        One for each layer.
    images_ : list of matplotlib AxesImage
        The channels of each layer, side by side.

    Examples
    --------
    >>> from skdigits import CNNClassifier
    >>> from skdigits.datasets import load_sample
    >>> from skdigits.plots import ActivationsDisplay
    >>> digits = load_sample()
    >>> X, y = digits.X_train[:100], digits.y_train[:100]
    >>> model = CNNClassifier(epochs=1, random_state=0).fit(X, y)
    >>> display = ActivationsDisplay.from_estimator(model, X[:1], layers="conv")
    >>> list(display.activations)
    ['conv1', 'conv2', 'conv3']
    """

    @explain_arguments
    def __init__(self, *, activations: dict[str, np.ndarray]) -> None:
        self.activations = activations

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: ArrayLike,
        *,
        layers: str | int | list[str | int] | None = None,
        channel: int | None = None,
        axes: Sequence[Axes] | None = None,
    ) -> Self:
        """Compute and draw the outputs of layers for the first image.

        Parameters
        ----------
        estimator : CNNClassifier, or Pipeline or search with one
            Fitted. Steps before the classifier transform the image first.
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels), or sequence of images
            Images that the estimator accepts. Only the first is used.
        layers : str, int, list of these, or None, default=None
            "conv", "pooling" or "dropout" for all layers of that kind; the name of a
            layer; or its index, from 0, among the layers whose outputs are images. None
            means the first eight of these. Dropout does nothing in a prediction.
        channel : int, default=None
            The only channel of each layer to draw. None means all.
        axes : sequence of matplotlib Axes, default=None
            Axes to draw in, one for each layer. None makes a figure.

        Returns
        -------
        display : ActivationsDisplay
            The display, with its artists.
        """
        first, *others = find_classifiers(estimator)
        if others:
            member = re.sub(r"(\[-1\])+$", "", first.path)  # with its other steps
            raise TypeError(
                "estimator must have one CNNClassifier. Got "
                f"{type(estimator).__name__} with {1 + len(others)} instead. Pass one "
                f"of its members, such as estimator{member}"
                f"{' with estimator[:-1].transform(X)' * member.startswith('[-1]')}."
            )
        classifier = first.classifier
        check_is_fitted(classifier)
        from .._engine.keras.model import image_layers, layer_outputs

        image = first.transform(as_samples(X)[:1])
        image = np.asarray(as_images(image, classifier.image_shape_))
        found = image_layers(classifier.model_)
        if not found:
            raise ValueError(
                "The architecture must be a functional or a Sequential model with "
                "layers whose outputs are images. Got one without such layers, or a "
                "subclass of keras.Model, whose layers Keras cannot inspect."
            )
        names = _choose(found, layers)
        outputs = layer_outputs(classifier.model_, image.astype(np.float32), names)
        activations = {name: output[0] for name, output in outputs.items()}
        return cls.from_activations(activations, channel=channel, axes=axes)

    @classmethod
    def from_activations(
        cls,
        activations: dict[str, ArrayLike],
        *,
        channel: int | None = None,
        axes: Sequence[Axes] | None = None,
    ) -> Self:
        """Draw the outputs of layers.

        Parameters
        ----------
        activations : dict of str to array-like of shape (height, width, channels)
            The outputs of the layers, by the name of the layer.
        channel : int, default=None
            The only channel of each layer to draw. None means all.
        axes : sequence of matplotlib Axes, default=None
            Axes to draw in, one for each layer. None makes a figure.

        Returns
        -------
        display : ActivationsDisplay
            The display, with its artists.
        """
        activations = {name: np.asarray(a) for name, a in activations.items()}
        return cls(activations=activations).plot(channel=channel, axes=axes)

    def plot(
        self, *, channel: int | None = None, axes: Sequence[Axes] | None = None
    ) -> Self:
        """Draw.

        Parameters
        ----------
        channel : int, default=None
            As in `from_activations`.
        axes : sequence of matplotlib Axes, default=None
            As in `from_activations`.

        Returns
        -------
        self : ActivationsDisplay
        """
        tiles = {
            name: tile_channels(scale_channels(a))
            if channel is None
            else _one_channel(name, a, channel)
            for name, a in self.activations.items()
        }
        if axes is None:
            axes = _new_axes(tiles, alone=channel is not None)
        axes = enough_axes(axes, len(tiles), 1, (1, 1))
        self.axes_, self.figure_ = axes[: len(tiles)], axes[0].figure
        self.images_ = []
        for ax, (name, tile) in zip(self.axes_, tiles.items(), strict=True):
            drawn = ax.imshow(tile, cmap="viridis", interpolation="nearest")
            self.images_.append(drawn)
            height, width, channels = self.activations[name].shape
            which = f"channel {channel} of {channels}"
            which = f"{channels} channels" if channel is None else which
            ax.set_title(f"{name}: {which}, {height} x {width}", fontsize="medium")
        return self


def _choose(found, wanted):
    """Return the names of the layers that the user chose."""
    if wanted is None:
        return list(found)[:MAX_DEFAULT_LAYERS]
    names = []
    for one in wanted if isinstance(wanted, list | tuple) else [wanted]:
        if one in LAYER_KINDS:
            kind = LAYER_KINDS[one]
            matching = [n for n, la in found.items() if kind in type(la).__name__]
        elif isinstance(one, int | np.integer) and -len(found) <= one < len(found):
            matching = [list(found)[one]]
        else:
            matching = [name for name in found if name == one]
        if not matching:
            raise ValueError(
                f"layers must be among {', '.join(LAYER_KINDS)}, the names "
                f"{list(found)} or their indices 0 to {len(found) - 1}. Got {one!r} "
                "instead."
            )
        names += [name for name in matching if name not in names]
    return names


def scale_channels(activation):
    """Scale each channel to 0..1; a constant channel becomes 0."""
    low = activation.min(axis=(0, 1), keepdims=True)
    span = activation.max(axis=(0, 1), keepdims=True) - low
    return (activation - low) / np.where(span > 0, span, 1)


def tile_channels(channels, per_row=CHANNELS_PER_ROW):
    """Lay channels side by side in one array, with gaps of NaN between them."""
    height, width, n = channels.shape
    rows = -(-n // per_row)
    columns = min(n, per_row)
    tiled = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
    for i in range(n):
        top, left = i // columns * (height + 1), i % columns * (width + 1)
        tiled[top : top + height, left : left + width] = channels[..., i]
    return tiled


def _one_channel(name, activation, channel):
    n = activation.shape[-1]
    if not -n <= channel < n:
        raise ValueError(
            f"channel must be in 0..{n - 1} for the layer {name!r}. Got {channel} "
            "instead."
        )
    return activation[..., channel]


def _new_axes(tiles, *, alone):
    """Make a figure whose axes are as high as the tiles they show."""
    import matplotlib.pyplot as plt

    width = 4 if alone else 9
    heights = [
        max(0.5, width * tile.shape[0] / tile.shape[1]) + 0.3 for tile in tiles.values()
    ]
    _, axes = plt.subplots(
        len(tiles),
        figsize=(width, sum(heights)),
        height_ratios=heights,
        layout="constrained",
        squeeze=False,
    )
    return axes
