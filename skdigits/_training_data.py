"""Checked training images with their labels, and how they are cut and drawn."""

import dataclasses
from collections.abc import Callable

import numpy as np
from sklearn.model_selection import train_test_split

from ._images import pixel_statistics


@dataclasses.dataclass
class TrainingData:
    """Images as the network takes them.

    Parameters
    ----------
    images : ndarray of shape (n_samples, height, width, channels), uint8 or float32
        Before augmentation.
    labels : ndarray of shape (n_samples,), int32
        Places of the classes.
    weights : ndarray of shape (n_samples,), float32, or None
        Positive, 1 on average.
    draw : callable or None
        ``draw(images, rng)`` gives augmented images.
    """

    images: np.ndarray
    labels: np.ndarray
    weights: np.ndarray | None
    draw: Callable | None

    def __len__(self):
        return len(self.labels)

    def load(self, indices, rng):
        """Give the images of some places, augmented if they shall be."""
        images = self.images[indices]
        return images if self.draw is None else self.draw(images, rng)

    def take(self, indices):
        """Give the part of the data at some places."""
        weights = None if self.weights is None else self.weights[indices]
        return TrainingData(
            self.images[indices], self.labels[indices], weights, self.draw
        )

    def split(self, fraction, classes, seed):
        """Hold a stratified part out.

        Parameters
        ----------
        fraction : float
            In (0, 1), of the part held out.
        classes : ndarray of shape (n_classes,)
            For the error message.
        seed : int

        Returns
        -------
        train, held_out : TrainingData
        """
        counts = np.bincount(self.labels, minlength=len(classes))
        rarest = counts.argmin()
        n_held_out = int(np.ceil(fraction * len(self)))
        if counts[rarest] < 2:
            raise ValueError(
                f"validation_fraction={fraction} needs two samples of each class at "
                f"least. Class {classes.tolist()[rarest]!r} has {counts[rarest]}. Add "
                "samples, leave the class out or pass validation_fraction=None."
            )
        if min(n_held_out, len(self) - n_held_out) < len(classes):
            raise ValueError(
                f"validation_fraction={fraction} of {len(self)} samples is "
                f"{n_held_out}, and both parts must have one of each of the "
                f"{len(classes)} classes at least. Change validation_fraction, add "
                "samples or pass validation_fraction=None."
            )
        parts = train_test_split(
            np.arange(len(self)),
            test_size=n_held_out,
            stratify=self.labels,
            random_state=seed,
        )
        return [self.take(np.sort(part)) for part in parts]

    def statistics(self):
        """Mean and standard deviation of the pixels, before augmentation."""
        return pixel_statistics(self.images)


def effective_weights(sample_weight, class_weight):
    """Multiply weights and scale them to 1 on average.

    Parameters
    ----------
    sample_weight, class_weight : ndarray of shape (n_samples,) or None
        Left as they are.

    Returns
    -------
    keep : ndarray of shape (n_samples,), bool, or None
        The samples that have any weight; None means all.
    weights : ndarray of float32, or None
        Of the samples that are kept.
    """
    given = [w for w in (sample_weight, class_weight) if w is not None]
    if not given:
        return None, None
    weights = np.prod(given, axis=0)
    keep = weights > 0
    weights = weights[keep]
    return keep, (weights / weights.mean()).astype(np.float32)
