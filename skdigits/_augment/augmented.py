"""The array that remembers its source, from which each epoch gets new images.

A Pipeline transforms its training images once, and then fits its last step. A network
wants other augmented copies of them in every epoch. This array makes both possible:

- `ImageAugmenter.fit_transform` makes it. To everything else it is a plain array with
  one augmented copy of every image. It also carries the images as they were, and the
  function that augments them.
- `CNNClassifier.fit` asks `find_augmented` whether the array that it was given is one
  of these. If it is, the network trains on the source, augmented anew in each epoch;
  else on the array as it is.

The link to the source must break as soon as the array no longer is what the augmenter
made, because its rows or pixels are then others than the source's. NumPy calls
``__array_finalize__`` for every slice, copy or result of a computation, which forgets
the source there. A checksum finds changes in place. A DataFrame
(``set_output(transform="pandas")``) keeps the array's memory, so the array is found
again as the owner of that memory. A pickle, as of ``Pipeline(memory=...)`` or of
joblib's workers, keeps the link through ``__reduce__``.
"""

import zlib

import numpy as np


class AugmentedImages(np.ndarray):
    """One augmented copy of every image, linked to its source while it is unchanged.

    Attributes
    ----------
    source : ndarray of shape (n_samples, height, width, channels) or None
        The images before augmentation. None where the link is broken.
    augment : callable or None
        ``augment(images, rng)`` gives new augmented copies of images of the source.
    seed : int or None
        Further copies depend on it, beside the seed of whoever makes them.
    checksum : int or None
        CRC-32 of the pixels as the augmenter made them.
    """

    def __new__(cls, copies, *, source, augment, seed):
        # With memory of its own, because `find_augmented` looks for the memory's owner.
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
    """Find the array of an augmenter that `X` is, or holds, with no pixel changed.

    Parameters
    ----------
    X : array-like or DataFrame

    Returns
    -------
    AugmentedImages or None
    """
    array, owner = _owner_of_memory(X)
    if getattr(owner, "source", None) is None or array.shape != owner.shape:
        return None
    return owner if _checksum(array) == owner.checksum else None


def was_augmented(X):
    """Whether `X` is an array that an ImageAugmenter made, or a part of one.

    Parameters
    ----------
    X : array-like or DataFrame

    Returns
    -------
    bool
        False where another step has made a plain array of it.
    """
    return isinstance(_owner_of_memory(X)[1], AugmentedImages)


def _owner_of_memory(X):
    """Follow an array to the one that owns its memory: (the array, the owner)."""
    array = X.to_numpy() if hasattr(X, "iloc") else X
    owner = array
    while isinstance(owner, np.ndarray) and not isinstance(owner, AugmentedImages):
        owner = owner.base
    return array, owner
