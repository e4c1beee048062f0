"""Temperature that corrects the probabilities of some trainings.

Label smoothing and the focal loss make probabilities too low. Dividing the logits by a
temperature [1]_ corrects them and changes no label. It is fitted on the validation
images. Without these, it is fitted on the training images, or on new augmented copies
of them, unless the model still makes errors on them: then it makes many more on other
images, and too low probabilities are nearer to the truth.

References
----------
.. [1] C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of Modern Neural
   Networks", ICML 2017.
"""

import numpy as np
from scipy.optimize import minimize_scalar

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.1, 10.0
MAX_IMAGES = 5_000  # to fit the temperature on: a few seconds
MIN_ACCURACY = 0.99  # on training images, to fit the temperature on them
# Errors that are added to those on the images, of which a model may have learned every
# one by heart. Without them, the temperature would fall to its minimum.
EXTRA_ERRORS = 0.5


def with_temperature(probabilities, temperature):
    """Apply a temperature to probabilities.

    Parameters
    ----------
    probabilities : ndarray of shape (n_samples, n_classes), float64
    temperature : float
        Positive. Smaller than 1 raises the largest probability.

    Returns
    -------
    ndarray of the same shape, float64
    """
    if temperature == 1:
        return probabilities
    largest = probabilities.max(axis=1, keepdims=True)
    powers = (probabilities / largest) ** (1 / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


def fit_temperature(probabilities, labels, weights):
    """Find the temperature with the smallest log loss.

    Parameters
    ----------
    probabilities : ndarray of shape (n_samples, n_classes), float64
        For training images.
    labels : ndarray of shape (n_samples,), int
        Indices of the classes.
    weights : ndarray of shape (n_samples,) or None

    Returns
    -------
    float
    """
    n_samples, n_classes = probabilities.shape
    targets = np.full(probabilities.shape, EXTRA_ERRORS / n_classes)
    targets[np.arange(n_samples), labels] += n_samples
    if weights is not None:
        targets *= weights[:, None]
    targets /= targets.sum()
    logits = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))
    logits -= logits.max(axis=1, keepdims=True)

    def log_loss(temperature):
        scaled = logits / temperature
        normalisers = np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return (targets * (normalisers - scaled)).sum()

    bounds = MIN_TEMPERATURE, MAX_TEMPERATURE
    return float(minimize_scalar(log_loss, bounds=bounds, method="bounded").x)
