"""DigitNormalizer: convert photos, scans and drawings to MNIST's form."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL.Image import Image
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from ._core.parameters import suggest_parameters
from ._core.sklearn_compat import (
    CallbackSupportMixin,
    DocumentedMixin,
    Interval,
    StrOptions,
    fit_context,
    one_task,
)
from ._core.warnings import warn_user
from ._images.layout import resolve_image_shape
from ._images.mistakes import (
    check_not_one_photo,
    check_not_one_row,
    warn_of_column_order,
)
from ._images.ragged import split_images

MAX_LISTED_INDICES = 10  # of blank images, in a message


class DigitNormalizer(
    DocumentedMixin, CallbackSupportMixin, TransformerMixin, BaseEstimator
):
    """Convert images of single digits to MNIST's form.

    The images may be photos, scans or drawings of any size: grey or in colour, dark ink
    on light paper or light on dark, in uneven light, with noise, lines or frames.
    The result has the form of MNIST's images [1]_: light strokes on black, the longer
    side of the digit 20 pixels, its centre of mass in the middle of 28x28. Images that
    have this form are unchanged up to rounding and single specks.

    The transformer is stateless: ``fit`` only stores the number of features, and
    ``transform`` works without it.

    Parameters
    ----------
    output_shape : tuple of 2 ints, default=(28, 28)
        Height and width of the result, in pixels.
    background : {"auto", "dark", "light"}, default="auto"
        Whether the background is darker or lighter than the strokes. "auto" takes
        the thinner parts of each image for strokes.
    box_size : int, default=None
        Longer side of the digit in the result, in pixels. None means 5/7 of the shorter
        side of `output_shape`: 20 of 28.
    centering : {"mass", "box"}, default="mass"
        Which point is moved to the middle: the centre of mass of the ink, or the middle
        of the smallest box around it.
    stroke_width : float, default=2
        Width to which thinner strokes are broadened in images that are reduced, in
        pixels of the result: a ballpoint's line would almost vanish. 0 disables it.
    on_blank : {"raise", "warn", "ignore"}, default="raise"
        How to handle images in which no digit can be seen: raise an error, or return
        rows of zeros, with or without a warning.
    image_shape : tuple of 2 or 3 ints, default=None
        Height, width and, unless 1, the channels of images that are passed as rows.
        One of them may be -1. None means square and grey.

    Attributes
    ----------
    n_features_in_ : int
        Pixels of a row. Defined only if the `X` of ``fit`` has a row for each image.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, if the `X` of ``fit`` is a DataFrame with string names.

    See Also
    --------
    skdigits.make_digit_pipeline : Preset "robust": a Pipeline with this first step.
    skdigits.find_digits : Find the digits of a photo with several digits.
    skdigits.datasets.load_images : Read photos from files.

    Notes
    -----
    Everything broader than half of an image's longer side is paper. If its shade
    changes along the rim of the image, the lighting is evened out first. Strokes are
    pieces of ink, each with a part above Otsu's threshold and the noise of the paper.
    Specks are left out. Pieces at the border are left out if a large piece is clear of
    it. A line through the digit stays.

    Images that are smaller than the box are enlarged by Lanczos interpolation, larger
    ones are averaged.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning
       Applied to Document Recognition", Proceedings of the IEEE 86(11), 1998,
       section III-A.

    Examples
    --------
    >>> from skdigits import DigitNormalizer
    >>> from skdigits.datasets import make_digit_photo
    >>> photo = make_digit_photo("7", random_state=0)
    >>> photo.image.shape
    (198, 176, 3)
    >>> DigitNormalizer().transform([photo.image]).shape
    (1, 784)
    """

    # Set by scikit-learn's validation; declared for type checkers and editors.
    n_features_in_: int
    feature_names_in_: NDArray[Any]

    _parameter_constraints: dict = {
        "output_shape": [tuple, list],
        "background": [StrOptions({"auto", "dark", "light"})],
        "box_size": [Interval(Integral, 1, None, closed="left"), None],
        "centering": [StrOptions({"mass", "box"})],
        "stroke_width": [Interval(Real, 0, None, closed="left")],
        "on_blank": [StrOptions({"raise", "warn", "ignore"})],
        "image_shape": [tuple, list, None],
    }

    @suggest_parameters
    def __init__(
        self,
        *,
        output_shape: tuple[int, int] = (28, 28),
        background: str = "auto",
        box_size: int | None = None,
        centering: str = "mass",
        stroke_width: float = 2,
        on_blank: str = "raise",
        image_shape: tuple[int, ...] | None = None,
    ) -> None:
        self.output_shape = output_shape
        self.background = background
        self.box_size = box_size
        self.centering = centering
        self.stroke_width = stroke_width
        self.on_blank = on_blank
        self.image_shape = image_shape

    @one_task
    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: ArrayLike | Image | Sequence[ArrayLike | Image], y: Any = None
    ) -> Self:
        """Check the parameters and the images.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels), or sequence of images
            Images, as in `transform`.
        y : Ignored
            Present for API consistency.

        Returns
        -------
        self : DigitNormalizer

        Raises
        ------
        TypeError, ValueError
            If a parameter is invalid, or `X` does not contain images. Names of files
            are not images; `skdigits.datasets.load_images` reads them.
        """
        self._check_sizes()
        self._images(X, reset=True)
        return self

    def transform(
        self, X: ArrayLike | Image | Sequence[ArrayLike | Image]
    ) -> NDArray[np.uint8]:
        """Convert images to MNIST's form.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels), or sequence of images
            Images, each with one digit. Rows must be as long as those seen in ``fit``.
            A sequence, such as a list, a Series or an array of objects, may contain
            images of different sizes: arrays or tensors of shape (height, width) or
            (height, width, channels), or Pillow images, which are rotated as their EXIF
            orientation requires. With two or four channels, the last one is the
            opacity. An array of three dimensions is one image if the last of them is 1
            to 4 and the others are greater: (height, width, channels). A single Pillow
            image is one sample as well. A single array of shape (height, width) must be
            passed as ``[image]``, because two dimensions mean rows.

        Returns
        -------
        digits : ndarray of shape (n_samples, height * width), dtype uint8
            Light strokes on black, of the height and width of `output_shape`.

        Raises
        ------
        TypeError, ValueError
            If a parameter is invalid, if `X` does not contain images or contains NaN or
            infinity, or if no digit can be seen in an image and `on_blank` is "raise".
        ImportError
            If OpenCV is not installed.
        """
        self._validate_params()
        box_size = self._check_sizes()
        images = self._images(X, reset=False)
        from ._vision.mnist_form import to_mnist_form  # OpenCV may be missing

        shape = tuple(self.output_shape)
        digits = np.zeros((len(images), shape[0] * shape[1]), np.uint8)
        blank = []
        for index, image in enumerate(images):
            digit = to_mnist_form(
                image,
                shape=shape,
                background=self.background,
                box_size=box_size,
                centering=self.centering,
                stroke_width=self.stroke_width,
            )
            if digit is None:
                blank.append(index)
            else:
                digits[index] = digit.ravel()
        if blank and self.on_blank != "ignore":
            self._report_blank(blank, len(images))
        return digits

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the output columns, as in the competition's files.

        Parameters
        ----------
        input_features : Ignored
            Present for API consistency.

        Returns
        -------
        names : ndarray of shape (height * width,), dtype object
            "pixel0", "pixel1" and so on.
        """
        height, width = self.output_shape
        names = [f"pixel{number}" for number in range(height * width)]
        return np.array(names, dtype=object)

    def _images(self, X, reset):
        """Check `X` and return its images as a list or an array."""
        images = split_images(X)
        if images is not None:
            if reset:  # they may be from an earlier fit
                for name in ("n_features_in_", "feature_names_in_"):
                    vars(self).pop(name, None)
            if not images:
                raise ValueError("X must hold at least one image. Got none.")
            return images
        check_not_one_row(X)
        n_pixels = None if reset else getattr(self, "n_features_in_", None)
        if n_pixels is not None or self.image_shape is None:
            check_not_one_photo(X, n_pixels, type(self).__name__, "pass [X]")
        if n_pixels is None:
            warn_of_column_order(X)
        if reset or n_pixels is not None:
            X = validate_data(self, X, reset=reset)
        else:
            X = check_array(X, estimator=self)
        shape = resolve_image_shape(self.image_shape, X.shape[1])
        return X.reshape(len(X), *shape)

    def _check_sizes(self):
        """Check the sizes and return the size of the box."""
        shape = self.output_shape
        if len(shape) != 2 or not all(isinstance(n, Integral) and n > 0 for n in shape):
            raise ValueError(
                "output_shape must be two positive integers, height and width. Got "
                f"{shape!r} instead."
            )
        if self.box_size is None:
            return max(1, round(min(shape) * 5 / 7))
        if self.box_size > min(shape):
            raise ValueError(
                f"box_size must be at most {min(shape)} to fit into output_shape="
                f"{shape!r}. Got {self.box_size!r} instead."
            )
        return self.box_size

    def _report_blank(self, blank, n):
        names = ", ".join(map(str, blank[:MAX_LISTED_INDICES]))
        names += ", ..." if len(blank) > MAX_LISTED_INDICES else ""
        message = (
            f"No digit can be seen in {len(blank)} of {n} images, at indices {names}."
        )
        if self.on_blank == "raise":
            raise ValueError(
                f"{message} Leave them out, or pass on_blank='warn' or 'ignore' to "
                "get rows of zeros for them."
            )
        warn_user(f"{message} Their rows are zeros.")

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = []
        return tags
