"""ImageAugmenter: random augmentation of images as a Pipeline step."""

from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import check_consistent_length, check_random_state, column_or_1d
from sklearn.utils.validation import check_is_fitted

from ._augment.augmented import AugmentedImages
from ._core.parameters import suggest_parameters
from ._core.sklearn_compat import (
    CallbackSupportMixin,
    DocumentedMixin,
    Interval,
    StrOptions,
    fit_context,
    one_task,
)
from ._images.flips import FLIPS, FlipName
from ._images.layout import as_pixels, like_pixels, validate_images

DIGITS = tuple("0123456789")
ELASTIC_SIDE_PX = 28  # side of the images for which `elastic` is in pixels


class ImageAugmenter(
    DocumentedMixin,
    CallbackSupportMixin,
    OneToOneFeatureMixin,
    TransformerMixin,
    BaseEstimator,
):
    """Random augmentation of training images, as a step of a Pipeline.

    ``transform`` returns images unchanged, so validation and test images are never
    altered. ``fit_transform``, which a Pipeline calls in ``fit``, returns one augmented
    copy of every image. If the next step is a `CNNClassifier`, it trains on new
    augmented copies in each epoch; any other estimator is trained on the one copy.

    Each strength is the largest change in either direction. The change of each image is
    drawn uniformly up to this limit. By default, images are never mirrored: a mirrored
    digit is another sign. For pictures of things, set `flip` and perhaps `cutout`.

    Parameters
    ----------
    rotation : float, default=15
        Largest angle, in degrees, in [0, 180].
    zoom : float, default=0.1
        Largest change of height and of width, as a fraction in [0, 1). The two are
        chosen independently of each other.
    shift : float, default=0.1
        Largest shift, as a fraction of the height and of the width, in [0, 1].
    shear : float, default=0
        Largest angle of shear, in degrees, in [0, 90).
    elastic : float, default=0
        Elastic distortion [1]_: standard deviation of the displacements of a 4 by 4
        grid of nodes with which the image is stretched. The unit is 1/28 of the smaller
        of height and width: pixels, for 28x28.
    drawn : float, default=0
        Share of the augmented copies, in [0, 1], that are made from drawn digits of the
        same labels instead of the images. The digits are drawn in many handwritings and
        have the form of MNIST's digits, in the range of the images' pixels on
        `fill_value`. The images must be grey, and the labels digits from 0 to 9, as
        ints or as str. Each epoch of a `CNNClassifier` has new drawn digits.
    flip : {"horizontal", "vertical", "both"} or None, default=None
        Directions in which a copy is mirrored, with probability 1/2. "horizontal" swaps
        left and right. "both" draws the two directions independently.
    cutout : float, default=0
        Side of a square that is filled with `fill_value` in each copy [2]_, as a
        fraction of the smaller of height and width, in [0, 1]. Its centre is anywhere
        in the image, so a part of the square may be outside.
    fill_value : float, default=0
        Value of the pixels of `cutout`, and of those shifted in from outside the image.
    image_shape : tuple of 2 or 3 ints, default=None
        Height, width and, unless 1, the channels of an image. One of them may be -1,
        as in `numpy.reshape`. None means square and grey for `X` of two dimensions,
        and the shape of `X` itself for more. If the number of pixels is not a square,
        each image is taken as one row, with a warning.
    random_state : int, RandomState instance or None, default=None
        Seed of ``fit_transform`` and ``augment``. Pass an int for the same augmented
        copies at each call.

    Attributes
    ----------
    image_shape_ : tuple of 3 ints
        Height, width and channels.
    n_features_in_ : int
        Pixels of an image, all channels counted.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, if `X` was a DataFrame with string names.

    See Also
    --------
    CNNClassifier : The classifier for the next step.
    skdigits.make_digit_pipeline : Make a Pipeline of both with tested settings.

    Notes
    -----
    The array that ``fit_transform`` returns carries the original images as long as no
    pixel is changed. It still does as a pandas DataFrame or in the cache of
    ``Pipeline(memory=...)``. A step between the augmenter and the classifier turns it
    into a plain array: the classifier then sees the same augmented copies in every
    epoch.

    Meta-estimators that encode labels, such as `sklearn.ensemble.VotingClassifier`,
    pass encoded labels to the augmenter. They are those of the digits only if all ten
    digits occur in the training data.

    As in `sklearn.preprocessing.TargetEncoder`, ``fit_transform`` differs from ``fit``
    followed by ``transform``.

    References
    ----------
    .. [1] P. Y. Simard, D. Steinkraus and J. C. Platt, "Best Practices for
       Convolutional Neural Networks Applied to Visual Document Analysis", ICDAR 2003.
    .. [2] T. DeVries and G. W. Taylor, "Improved Regularization of Convolutional Neural
       Networks with Cutout", 2017, https://arxiv.org/abs/1708.04552

    Examples
    --------
    >>> from skdigits import ImageAugmenter
    >>> from skdigits.datasets import load_sample
    >>> digits = load_sample()
    >>> augmenter = ImageAugmenter(rotation=10, random_state=0).fit(digits.X_train)
    >>> augmenter.augment(digits.X_train[:3]).shape
    (3, 784)
    """

    # Set by scikit-learn's validation; declared for type checkers and editors.
    image_shape_: tuple[int, int, int]
    n_features_in_: int
    feature_names_in_: NDArray[Any]

    _parameter_constraints: dict = {
        "rotation": [Interval(Real, 0, 180, closed="both")],
        "zoom": [Interval(Real, 0, 1, closed="left")],
        "shift": [Interval(Real, 0, 1, closed="both")],
        "shear": [Interval(Real, 0, 90, closed="left")],
        "elastic": [Interval(Real, 0, None, closed="left")],
        "drawn": [Interval(Real, 0, 1, closed="both")],
        "flip": [StrOptions(set(FLIPS)), None],
        "cutout": [Interval(Real, 0, 1, closed="both")],
        "fill_value": [Interval(Real, None, None, closed="neither")],
        "image_shape": [tuple, list, None],
        "random_state": ["random_state"],
    }

    @suggest_parameters
    def __init__(
        self,
        *,
        rotation: float = 15,
        zoom: float = 0.1,
        shift: float = 0.1,
        shear: float = 0,
        elastic: float = 0,
        drawn: float = 0,
        flip: FlipName | None = None,
        cutout: float = 0,
        fill_value: float = 0,
        image_shape: tuple[int, ...] | None = None,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.rotation = rotation
        self.zoom = zoom
        self.shift = shift
        self.shear = shear
        self.elastic = elastic
        self.drawn = drawn
        self.flip = flip
        self.cutout = cutout
        self.fill_value = fill_value
        self.image_shape = image_shape
        self.random_state = random_state

    @one_task
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn the shape of the images.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels)
            Images.
        y : Ignored
            Present for API consistency.

        Returns
        -------
        self : ImageAugmenter
            The fitted augmenter.

        Raises
        ------
        ValueError
            If `X` does not match `image_shape`, or contains NaN or infinity.
        """
        validate_images(self, X, image_shape=self.image_shape, reset=True)
        return self

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Return the images unchanged.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels)
            Images of the shape seen in ``fit``.

        Returns
        -------
        X : ndarray of the same shape and dtype
            The images, not copied if possible.
        """
        check_is_fitted(self)
        return validate_images(self, X, image_shape=self.image_shape_, reset=False)

    @one_task
    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X: ArrayLike, y: Any = None) -> NDArray[Any]:
        """Learn the shape of the images and augment each of them once.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels)
            Images.
        y : array-like of shape (n_samples,), default=None
            Labels, which only `drawn` needs.

        Returns
        -------
        copies : ndarray of the same shape and dtype
            An augmented copy of every image. From this array, `CNNClassifier.fit`
            makes new augmented copies for each epoch.

        Raises
        ------
        ValueError
            As in ``fit``, or if `drawn` is positive and `y` has labels that are not
            digits, or the images are not grey.
        ImportError
            If OpenCV is not installed.
        """
        X = validate_images(self, X, image_shape=self.image_shape, reset=True)
        labels = self._labels_to_draw(X, y)
        rng, seed = self._generator(self.random_state)
        images = as_pixels(X, self.image_shape_)
        return AugmentedImages(
            like_pixels(self._augment(images, labels, rng), X),
            source=images,
            augment=self._augment,
            # Without a random_state, the copies depend only on the classifier's seed.
            seed=None if self.random_state is None else seed,
        )

    def augment(
        self, X: ArrayLike, random_state: int | RandomState | None = None
    ) -> NDArray[Any]:
        """Make a new augmented copy of every image, without drawn digits.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels)
            Images of the shape seen in ``fit``.
        random_state : int, RandomState instance or None, default=None
            None means the ``random_state`` of the augmenter.

        Returns
        -------
        copies : ndarray of the same shape and dtype
            An augmented copy of every image.

        Raises
        ------
        ValueError
            If the images have another shape, or contain NaN or infinity.
        ImportError
            If OpenCV is not installed.
        """
        check_is_fitted(self)
        X = validate_images(self, X, image_shape=self.image_shape_, reset=False)
        if random_state is None:
            random_state = self.random_state
        rng, _ = self._generator(random_state)
        images = as_pixels(X, self.image_shape_)
        return like_pixels(self._augment(images, None, rng), X)

    def _labels_to_draw(self, X, y):
        """Check the labels of which digits are drawn, or return None without them."""
        if self.drawn == 0:
            return None
        if self.image_shape_[2] != 1:
            raise ValueError(
                f"drawn={self.drawn!r} needs grey images. Got images of shape "
                f"{self.image_shape_}. Pass drawn=0 for images in colour."
            )
        if y is None:
            raise ValueError(
                f"drawn={self.drawn!r} needs the labels of the images. Got y=None. "
                "Pass y, or drawn=0."
            )
        check_consistent_length(X, y)
        labels = column_or_1d(y)
        others = [v for v in np.unique(labels).tolist() if str(v) not in DIGITS]
        if others:
            raise ValueError(
                f"drawn={self.drawn!r} needs labels that are digits from 0 to 9, as "
                f"ints or as str. Got {others[0]!r} instead. Pass drawn=0 for other "
                "labels."
            )
        return labels

    def _augment(self, images, labels, rng):
        # Only this method needs OpenCV, which may be missing.
        from ._augment.warps import warp

        if self.drawn > 0 and labels is not None:
            from ._augment.drawn import replace_by_drawn

            images = replace_by_drawn(images, labels, rng, self.drawn, self.fill_value)
        return warp(
            images,
            rng,
            rotation=self.rotation,
            zoom=self.zoom,
            shift=self.shift,
            shear=self.shear,
            elastic=self.elastic * min(images.shape[1:3]) / ELASTIC_SIDE_PX,
            flip=self.flip,
            cutout=self.cutout,
            fill_value=self.fill_value,
        )

    @staticmethod
    def _generator(random_state):
        # scikit-learn takes RandomStates; NumPy's newer generator is faster and can be
        # seeded with several numbers.
        seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
        return np.random.default_rng(seed), seed
