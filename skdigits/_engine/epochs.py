"""Number of epochs that suits an architecture and a number of training images."""

import math

# Chosen on 33,600 images. More images get no fewer epochs.
EPOCHS = {"fast": 7, "classic": 20, "residual": 24, "strided": 24, "vgg": 20}
EPOCHS_OF_CALLABLE = 10
N_IMAGES = 33_600
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
    chosen = EPOCHS_OF_CALLABLE if callable(architecture) else EPOCHS[architecture]
    factor = max(1, math.sqrt(N_IMAGES / n_images))
    return min(round(chosen * factor), MAX_EPOCHS)
