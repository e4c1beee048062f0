"""Training images with labels and weights, and their augmentation and split."""

import dataclasses
from collections.abc import Callable

import numpy as np
from sklearn import config_context
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.utils.class_weight import compute_sample_weight

from .._core.sklearn_compat import check_sample_weight
from .._images.layout import pixel_statistics
from .trained import PixelStatistics

# Of pixels. Keras's Normalization keeps the square in float32, and takes no root below
# 1e-7.
MIN_STD, MAX_STD = 1e-6, 1e18
GROUP_SPLITS = 100  # random splits by group, of which the best is taken


@dataclasses.dataclass
class TrainingData:
    """Images, labels and weights in the form that training takes.

    Parameters
    ----------
    images : ndarray of shape (n_samples, height, width, channels), uint8 or float32
        Before augmentation.
    labels : ndarray of shape (n_samples,), int32
        Indices of the classes.
    weights : ndarray of shape (n_samples,), float32, or None
        Positive, 1 on average.
    classes : ndarray of shape (n_classes,)
        Their labels.
    augment : callable or None
        ``augment(images, labels, rng)`` returns augmented copies.
    augment_seeds : tuple of int
        Seeds of the augmented copies, in addition to the seed of the classifier.
    groups : ndarray of shape (n_samples,), or None
        Samples of one group are not split.
    validation : TrainingData or None
        Images to validate on, of which only images and labels are used.
    """

    images: np.ndarray
    labels: np.ndarray
    weights: np.ndarray | None
    classes: np.ndarray
    augment: Callable | None = None
    augment_seeds: tuple = ()
    groups: np.ndarray | None = None
    validation: "TrainingData | None" = None

    def __len__(self):
        return len(self.labels)

    def load(self, indices, rng):
        """Return the images at some indices, augmented if there is an augmenter."""
        images = self.images[indices]
        if self.augment is None:
            return images
        return self.augment(images, self.classes[self.labels[indices]], rng)

    def take(self, indices):
        """Return the data at some indices."""
        taken = {
            name: getattr(self, name)[indices]
            for name in ("images", "labels", "weights", "groups")
            if getattr(self, name) is not None
        }
        return dataclasses.replace(self, **taken)

    def split(self, fraction, seed):
        """Split off a part: a stratified one, or whole groups.

        Parameters
        ----------
        fraction : float
            Share of that part, in (0, 1).
        seed : int

        Returns
        -------
        train, held_out : TrainingData
        """
        if self.groups is None:
            parts = self._stratified_parts(fraction, seed)
        else:
            parts = self._group_parts(fraction, seed)
        # In their order: the feed shuffles them in each epoch.
        return [self.take(np.sort(part)) for part in parts]

    def _stratified_parts(self, fraction, seed):
        counts = np.bincount(self.labels, minlength=len(self.classes))
        rarest, n_classes = counts.argmin(), len(self.classes)
        n_held_out = int(np.ceil(fraction * len(self)))
        if counts[rarest] < 2:
            raise ValueError(
                f"validation_fraction={fraction} needs at least two samples of each "
                f"class. Class {self.classes.tolist()[rarest]!r} has {counts[rarest]}. "
                "Add samples, leave the class out or pass validation_fraction=None."
            )
        if min(n_held_out, len(self) - n_held_out) < n_classes:
            raise ValueError(
                f"validation_fraction={fraction} of {len(self)} samples is "
                f"{n_held_out}, and both parts must have at least one of each of the "
                f"{n_classes} classes. Change validation_fraction, add samples or pass "
                "validation_fraction=None."
            )
        return train_test_split(
            np.arange(len(self)),
            test_size=n_held_out,
            stratify=self.labels,
            random_state=seed,
        )

    def _group_parts(self, fraction, seed):
        n_groups, n_classes = len(np.unique(self.groups)), len(self.classes)
        if np.ceil(fraction * n_groups) >= n_groups:
            raise ValueError(
                f"validation_fraction={fraction} of the groups must leave some for the "
                f"training. Got {n_groups} in all. Change validation_fraction, or pass "
                "groups=None."
            )
        counts = np.bincount(self.labels, minlength=n_classes)

        def badness(parts):
            """Return the number of lost classes, and the distance from `fraction`."""
            held_out = np.bincount(self.labels[parts[1]], minlength=n_classes)
            n_lost = np.count_nonzero(held_out == counts)
            return n_lost, np.abs(held_out - fraction * counts).sum()

        splitter = GroupShuffleSplit(
            GROUP_SPLITS, test_size=fraction, random_state=seed
        )
        splits = splitter.split(self.labels, groups=self.groups)
        train, held_out = min(splits, key=badness)
        lost = np.setdiff1d(self.labels, self.labels[train])
        if len(lost):
            raise ValueError(
                f"validation_fraction={fraction} of the {n_groups} groups must leave "
                "each class in the training part. Class "
                f"{self.classes.tolist()[lost[0]]!r} is in too few groups. Add groups "
                "with it, or pass groups=None."
            )
        return train, held_out

    def range(self):
        """Return the smallest and the largest pixel."""
        return float(self.images.min()), float(self.images.max())

    def statistics(self):
        """Compute the `PixelStatistics` of the images before augmentation."""
        mean, std, *limits = pixel_statistics(self.images)
        if not MIN_STD < std < MAX_STD:
            raise ValueError(
                "The pixels of X must have a standard deviation between "
                f"{MIN_STD:g} and {MAX_STD:g}. Got {std:g}. Scale them, for example to "
                "0..255."
            )
        return PixelStatistics(mean, std, *limits)


def make_training_data(
    images,
    y,
    *,
    classes,
    sample_weight=None,
    class_weight=None,
    groups=None,
    augment=None,
    augment_seeds=(),
):
    """Encode labels and combine weights; samples of weight 0 are left out.

    Parameters
    ----------
    images : ndarray of shape (n_samples, height, width, channels), uint8 or float32
    y : ndarray of shape (n_samples,)
    classes : ndarray of shape (n_classes,) or None
        None means those that occur in `y`.
    sample_weight : array-like of shape (n_samples,) or None
    class_weight : dict, "balanced" or None
    groups : array-like of shape (n_samples,) or None
    augment : callable or None
    augment_seeds : tuple of int

    Returns
    -------
    TrainingData

    Raises
    ------
    ValueError
        If there are fewer than two classes, labels that are not in `classes`, or
        weights that are negative or not finite.
    """
    classes, labels = _encode(y, classes)
    weights = _weights(images, y, sample_weight, class_weight)
    if groups is not None:
        groups = _encode_groups(groups, len(labels))
    data = TrainingData(
        images, labels, weights, classes, augment, augment_seeds, groups
    )
    if weights is not None:
        keep = weights > 0
        if len(np.unique(labels[keep])) < min(2, len(np.unique(labels))):
            raise ValueError(
                "sample_weight and class_weight must be positive for samples of at "
                "least two classes. Got weights of 0 for all others."
            )
        if not keep.all():
            data = data.take(keep)
        weights = data.weights / data.weights.max()  # or their sum may overflow
        data.weights = (weights / weights.mean()).astype(np.float32)
    return data


def _encode_groups(groups, n_samples):
    try:
        groups = np.unique(groups, return_inverse=True)[1]
    except TypeError as exc:
        raise TypeError(
            "groups must be of one type that can be sorted, such as numbers or "
            f"strings, and not None: {exc}."
        ) from exc
    if groups.shape != (n_samples,):
        raise ValueError(
            f"groups must have one group for each sample, shape ({n_samples},). Got "
            f"shape {groups.shape} instead."
        )
    return groups


def _weights(X, y, sample_weight, class_weight):
    """Multiply sample and class weights: a new array of float64, or None."""
    weights = None
    if sample_weight is not None:
        # Arrays of other libraries become NumPy arrays, as the images do.
        with config_context(array_api_dispatch=False):
            weights = check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
    if class_weight is not None:
        by_class = compute_sample_weight(class_weight, y)
        if not (np.isfinite(by_class) & (by_class >= 0)).all():
            raise ValueError(
                "class_weight must be finite and not negative. Got "
                f"{class_weight} instead."
            )
        with np.errstate(over="ignore"):
            weights = by_class if weights is None else weights * by_class
        if not np.isfinite(weights).all():
            raise ValueError(
                "sample_weight times class_weight must be finite. Got a product that "
                "float64 cannot represent. Pass smaller weights."
            )
    return weights


def _encode(y, classes):
    """Convert labels to indices of the classes: (classes, int32 indices)."""
    found = np.unique(y)
    if classes is None:
        classes = found
    unknown = np.setdiff1d(found, classes)
    if len(unknown):
        raise ValueError(
            f"y must have labels that are in classes: {classes.tolist()}. Got "
            f"{unknown.tolist()}. Pass all labels as classes in the first call of "
            "partial_fit."
        )
    if len(classes) < 2:
        raise ValueError(
            "y must have labels of at least two classes. Got one class: "
            f"{classes.tolist()[0]!r}."
        )
    return classes, np.searchsorted(classes, y).astype(np.int32)
