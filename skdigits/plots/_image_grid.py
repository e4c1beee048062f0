"""Grid of images, which several Displays draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._images.layout import resolve_image_shape
from .._images.ragged import is_one_image, split_images
from ._colours import FRAME, INK, PAPER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage


def as_samples(X: Any) -> Any:
    """Convert images to data with one sample for each index of the first axis.

    Parameters
    ----------
    X : array-like, DataFrame, Pillow image, or sequence of images of any size

    Returns
    -------
    DataFrame, ndarray, or list of ndarray of shape (height, width[, channels])
    """
    if hasattr(X, "columns"):
        return X
    # Arrays with 3 or 4 axes are batches, unless their shape is that of one photo.
    is_array = len(getattr(X, "shape", ())) > 2 and not is_one_image(X)
    images = None if is_array else split_images(X)
    return np.asarray(X) if images is None else images


def as_images(
    X: Any, image_shape: tuple[int, ...] | None = None
) -> np.ndarray | list[np.ndarray]:
    """Convert the user's images to arrays of shape (height, width, channels).

    Parameters
    ----------
    X : array-like of shape (n, pixels), (n, height, width) or \
            (n, height, width, channels), or sequence of images of any size
    image_shape : tuple of 2 or 3 ints, or None

    Returns
    -------
    ndarray of shape (n, height, width, channels)
        Or a list of arrays, if the images differ in shape.
    """
    X = as_samples(X)
    if isinstance(X, list) and len({image.shape for image in X}) != 1:
        return [as_images(image[None], image_shape)[0] for image in X]
    X = np.asarray(X)
    if X.ndim not in (2, 3, 4):
        raise ValueError(
            "X must be of shape (n, pixels), (n, height, width) or (n, height, width, "
            f"channels). Got {X.shape} instead. For one image, pass X[:1]."
        )
    tail = X.shape[1:] if X.ndim > 2 else None
    shape = resolve_image_shape(image_shape, int(np.prod(X.shape[1:])), tail)
    return X.reshape(-1, *shape)


def draw_images(
    images: Sequence[np.ndarray],
    axes: Sequence[Axes] | None,
    *,
    titles: Sequence[str],
    columns: int,
    size: tuple[float, float],
    if_none: str = "",
    **options,
) -> tuple[np.ndarray, list[AxesImage]]:
    """Draw each image with its title and a frame.

    Parameters
    ----------
    images : sequence of ndarrays of shape (height, width, channels)
    axes : sequence of matplotlib Axes, or None for a new figure
    titles : sequence of str
        One for each image.
    columns : int
        Images in a row of a new figure.
    size : tuple of 2 floats
        Width and height of an image with its title in a new figure, in inches.
    if_none : str
        Text to write if `images` is empty.
    **options
        Keyword arguments of ``imshow``.

    Returns
    -------
    axes : ndarray of matplotlib Axes
        The given axes or new ones. There may be more axes than images.
    artists : list of matplotlib AxesImage
        One for each image.
    """
    n = len(images)
    axes = enough_axes(axes, n, columns, size)
    artists = []
    for ax, image, title in zip(axes[:n], images, titles, strict=True):
        artists.append(_draw(ax, image, **options))
        ax.set_title(title, fontsize="medium")
    if n == 0:
        axes[0].set_title(if_none, loc="left")
    return axes, artists


def _draw(ax, image, **options):
    """Draw one image in a frame: dark ink on light paper if grey, else in colour."""
    ax.set_axis_on()
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_color(FRAME)
    if image.shape[-1] == 2:
        from .._vision.ink import as_grey  # OpenCV may be missing

        image = as_grey(image)[..., None]
    if image.shape[-1] in (3, 4):
        if image.dtype == np.uint16:
            image = image / 65_535
        elif image.dtype.kind == "f" and image.max(initial=0) > 1:
            image = image / 255
        return ax.imshow(image, **options)
    from matplotlib.colors import LinearSegmentedColormap

    options = {
        "cmap": LinearSegmentedColormap.from_list("ink", [PAPER, INK]),
        **options,
    }
    return ax.imshow(image[..., 0], **options)


def enough_axes(
    axes: Sequence[Axes] | None, n: int, columns: int, size: tuple[float, float]
) -> np.ndarray:
    """Return at least `n` axes, switched off, from the user or a new figure.

    Parameters
    ----------
    axes : sequence of matplotlib Axes, or None
    n : int
    columns : int
        Axes in a row of a new figure.
    size : tuple of 2 floats
        Width and height of each axes in a new figure, in inches.

    Returns
    -------
    ndarray of matplotlib Axes
    """
    if axes is None:
        import matplotlib.pyplot as plt

        columns = max(1, min(columns, n))
        rows = max(1, -(-n // columns))
        _, axes = plt.subplots(
            rows,
            columns,
            figsize=(size[0] * columns, size[1] * rows),
            layout="constrained",
            squeeze=False,
        )
    axes = np.ravel(axes)
    if len(axes) < n:
        raise ValueError(
            f"axes must have one entry for each of the {n} images. Got "
            f"{len(axes)} instead. Pass more axes, or draw fewer images."
        )
    for ax in axes:
        ax.set_axis_off()
    return axes
