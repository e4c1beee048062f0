"""Array of augmented copies that is linked to its source for new copies in each epoch.

A Pipeline transforms its training images once and then fits its last step. A CNN needs
new augmented copies in every epoch. This array makes both possible:

- `ImageAugmenter.fit_transform` returns it. Other code sees a plain array with one
  augmented copy of every image. It also carries the original images and the function
  that augments them.
- `CNNClassifier.fit` calls `find_augmented` on the array that it gets. If the link is
  intact, the model trains on new augmented copies of the source in each epoch;
  otherwise, on the array itself.

The link must break as soon as the rows or pixels are not those that the augmenter
returned. NumPy calls ``__array_finalize__`` for every slice, copy or result of a
computation, which resets the source. A checksum detects changes in place. A DataFrame
(``set_output(transform="pandas")``) shares the memory of the array, so the array is
found as the owner of that memory. Pickles, as of ``Pipeline(memory=...)`` or of
joblib's workers, preserve the link through ``__reduce__``.
"""

import zlib

import numpy as np


class AugmentedImages(np.ndarray):
    """One augmented copy of every image, linked to its source until it is changed.

    Attributes
    ----------
    source : ndarray of shape (n_samples, height, width, channels) or None
        The images before augmentation. None if the link is broken.
    augment : callable or None
        ``augment(images, labels, rng)`` returns new augmented copies of images of the
        source, of which it takes the labels.
    seed : int or None
        Seed of further copies, in addition to the seed of the training.
    checksum : int or None
        CRC-32 of the pixels as the augmenter made them.
    """

    def __new__(cls, copies, *, source, augment, seed):
        # Copy the pixels: `find_augmented` searches for the owner of the memory.
        self = super().__new__(cls, copies.shape, copies.dtype)
        self[...] = copies
        self.source, self.augment, self.seed = source, augment, seed
        self.checksum = _checksum(self)
        return self

    def __array_finalize__(self, obj):
        self.source = self.augment = self.seed = self.checksum = None

    def __reduce__(self):
        if find_augmented(self) is None:
            return np.asarray(self).__reduce__()
        return _restore, (np.asarray(self), self.source, self.augment, self.seed)


def _restore(copies, source, augment, seed):
    return AugmentedImages(copies, source=source, augment=augment, seed=seed)


def _checksum(array):
    return zlib.crc32(np.ascontiguousarray(array).data)


def find_augmented(X):
    """Return the unchanged AugmentedImages that `X` is or contains, or None.

    Parameters
    ----------
    X : array-like or DataFrame
    """
    array, owner = _owner_of_memory(X)
    if getattr(owner, "source", None) is None or array.shape != owner.shape:
        return None
    return owner if _checksum(array) == owner.checksum else None


def was_augmented(X):
    """Whether `X` is an array of an ImageAugmenter, or a part of one.

    False if another step has converted it to a plain array.

    Parameters
    ----------
    X : array-like or DataFrame
    """
    return isinstance(_owner_of_memory(X)[1], AugmentedImages)


def _owner_of_memory(X):
    """Return the array of `X` and the array that owns its memory."""
    array = X.to_numpy() if hasattr(X, "iloc") else X
    owner = array
    while isinstance(owner, np.ndarray) and not isinstance(owner, AugmentedImages):
        owner = owner.base
    return array, owner
