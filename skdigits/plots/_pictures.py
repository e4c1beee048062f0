"""What the Displays of images have in common."""

import numpy as np

from .._images.shapes import resolve_image_shape

BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"  # told apart by the colour-blind


def as_images(X, image_shape=None):
    """Lay out what a user passes as images.

    Parameters
    ----------
    X : array-like of shape (n, pixels), (n, height, width) or \
            (n, height, width, channels)
    image_shape : tuple of 2 or 3 ints, or None

    Returns
    -------
    ndarray of shape (n, height, width, channels)
    """
    X = np.asarray(X)
    if X.ndim not in (2, 3, 4):
        raise ValueError(
            "X must be of shape (n, pixels), (n, height, width) or (n, height, width, "
            f"channels). Got {X.shape} instead. For one image, pass X[:1]."
        )
    tail = X.shape[1:] if X.ndim > 2 else None
    shape = resolve_image_shape(image_shape, int(np.prod(X.shape[1:])), tail)
    return X.reshape(-1, *shape)


def show(ax, image, **options):
    """Draw one image of shape (height, width, channels): its AxesImage.

    Grey ones are drawn dark on light; colours in 0..1 or 0..255.
    """
    ax.set_axis_off()
    if image.shape[-1] in (3, 4):
        if image.dtype.kind == "f" and image.max(initial=0) > 1:
            image = image / 255
        return ax.imshow(image, **options)
    return ax.imshow(image[..., 0], **{"cmap": "gray_r", **options})


def grid_of_axes(axes, n, columns, size):
    """Give at least `n` axes: those of the user, or those of a new figure.

    Parameters
    ----------
    axes : sequence of matplotlib Axes, or None
    n : int
    columns : int
        In a row of a new figure.
    size : tuple of 2 floats
        Width and height of each, in inches.

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
            f"axes must have a place for each of the {n} pictures. Got {len(axes)} "
            "instead. Pass more axes, or ask for fewer."
        )
    for ax in axes:
        ax.set_axis_off()
    return axes
