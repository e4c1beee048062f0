"""Number of epochs that suits an architecture and a number of training images."""

import math

# Architecture -> epochs, and the number of images on which they were chosen. More
# images get no fewer epochs.
EPOCHS = {
    "fast": (7, 33_600),
    "classic": (20, 33_600),
    "residual": (24, 33_600),
    "vgg": (20, 10_000),  # 37 epochs made no fewer errors
}
EPOCHS_OF_CALLABLE = 10, 33_600
# Fewer images need more epochs, but not as many steps: with "fast", 200 to 1,400 images
# gained next to nothing from twice as many epochs.
MAX_EPOCHS = 100


def number_of_epochs(epochs, architecture, n_images):
    """Return the number of epochs that "auto" means.

    Parameters
    ----------
    epochs : int or "auto"
    architecture : str or callable
    n_images : int
        Number of training images.

    Returns
    -------
    int
        `epochs`, if it is a number.
    """
    if epochs != "auto":
        return epochs
    chosen, enough = (
        EPOCHS_OF_CALLABLE if callable(architecture) else EPOCHS[architecture]
    )
    return min(round(chosen * math.sqrt(max(1, enough / n_images))), MAX_EPOCHS)
