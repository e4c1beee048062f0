"""Loader of scikit-learn's bundled digits in the competition's format."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

from .._core.bunch import ShortBunch
from ._frames import as_frame, as_labels

_SAMPLE_DESCR = """\
A sample of handwritten digits
------------------------------
1,797 digits by 43 people, in the columns of the Digit Recognizer competition: 1,437
for training and 360 for testing, with the same share of each digit in both.

They are the 8x8 images that scikit-learn bundles (`sklearn.datasets.load_digits`),
enlarged to 20x20 by cubic interpolation and centred in 28x28, so they are smoother
than the competition's images. The source is the test set of "Optical Recognition of
Handwritten Digits" by E. Alpaydin and C. Kaynak, UCI Machine Learning Repository,
1998, https://doi.org/10.24432/C50P49, under CC BY 4.0.
"""


def load_sample() -> Bunch:
    """Load 1,797 handwritten digits without a download.

    They have the size, the columns and the data types of the competition's images. The
    split into training and test images is always the same.

    Returns
    -------
    digits : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        X_train : DataFrame of shape (1437, 784), dtype uint8
            Training images, with columns ``pixel0`` to ``pixel783``.
        y_train : Series of shape (1437,), dtype uint8
            Digits of the training images, named ``label``.
        X_test : DataFrame of shape (360, 784), dtype uint8
            Test images.
        y_test : Series of shape (360,), dtype uint8
            Digits of the test images.
        DESCR : str
            Description and origin of the digits.

    Raises
    ------
    ImportError
        If OpenCV is not installed.

    See Also
    --------
    load_competition : Load the digits of the competition.

    Examples
    --------
    >>> from skdigits.datasets import load_sample
    >>> digits = load_sample()
    >>> digits.X_train.shape, digits.X_test.shape
    ((1437, 784), (360, 784))
    >>> sorted(set(digits.y_test.tolist()))
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    from .._images.opencv import cv2

    bundled = load_digits()
    images = np.zeros((len(bundled.images), 28, 28), np.uint8)
    for image, small in zip(images, bundled.images * (255 / 16), strict=True):
        large = cv2.resize(small, (20, 20), interpolation=cv2.INTER_CUBIC)
        # As in MNIST, the digit fills the middle 20x20 pixels.
        image[4:24, 4:24] = np.clip(np.rint(large), 0, 255)
    X_train, X_test, y_train, y_test = train_test_split(
        images, bundled.target, test_size=360, stratify=bundled.target, random_state=0
    )
    return ShortBunch(
        X_train=as_frame(X_train),
        y_train=as_labels(y_train),
        X_test=as_frame(X_test),
        y_test=as_labels(y_test),
        DESCR=_SAMPLE_DESCR,
    )
