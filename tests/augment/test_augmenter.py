"""ImageAugmenter: shapes, types, seeds and refused parameters."""

import numpy as np
import pandas as pd
import pytest
from helpers.images import spot, still
from sklearn.exceptions import NotFittedError

from skdigits import ImageAugmenter


def test_transform_returns_images_unchanged(images):
    augmenter = ImageAugmenter().fit(images)
    np.testing.assert_array_equal(augmenter.transform(images), images)
    assert augmenter.transform(images.astype(float)).dtype == float
    cube = images.reshape(-1, 12, 12)
    np.testing.assert_array_equal(augmenter.transform(cube), cube)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64"])
@pytest.mark.parametrize("shape", [(30, 144), (30, 12, 12), (30, 12, 12, 1)])
def test_copies_have_the_shape_and_dtype_of_images(images, dtype, shape):
    X = images.astype(dtype).reshape(shape)
    augmenter = ImageAugmenter(random_state=0)
    for copies in (augmenter.fit_transform(X), augmenter.augment(X)):
        assert copies.shape == shape
        assert copies.dtype == dtype
        assert not np.array_equal(copies, X)
        assert copies.min() >= 0
        assert copies.max() <= 255


def test_images_without_strengths_are_unchanged(images):
    np.testing.assert_array_equal(still().fit_transform(images), images)


def test_seeds(images):
    augmenter = ImageAugmenter(random_state=0).fit(images)
    np.testing.assert_array_equal(augmenter.augment(images), augmenter.augment(images))
    assert (augmenter.augment(images, 1) != augmenter.augment(images, 2)).any()
    unseeded = ImageAugmenter().fit(images)
    assert (unseeded.augment(images) != unseeded.augment(images)).any()
    first, second = (
        ImageAugmenter(random_state=np.random.RandomState(i)).fit_transform(images)
        for i in range(2)
    )
    assert (first != second).any()


def test_images_are_augmented_independently():
    X = np.tile(spot().reshape(1, -1), (50, 1))
    copies = ImageAugmenter(random_state=0).fit_transform(X)
    assert len(np.unique(copies, axis=0)) == 50


def test_the_callers_array_is_unchanged(images):
    before = images.copy()
    images.flags.writeable = False
    augmenter = ImageAugmenter(elastic=1)
    augmenter.fit_transform(images)
    augmenter.augment(images)
    np.testing.assert_array_equal(images, before)


def test_pandas_in_and_out(images):
    names = [f"pixel{i}" for i in range(144)]
    frame = pd.DataFrame(images, columns=names)
    augmenter = ImageAugmenter(random_state=0).set_output(transform="pandas")
    copies = augmenter.fit_transform(frame)
    assert list(copies.columns) == names
    assert copies.dtypes.unique() == [np.uint8]
    pd.testing.assert_frame_equal(augmenter.transform(frame), frame)
    assert list(augmenter.get_feature_names_out()) == names


def test_refuses_bad_images(images):
    with pytest.raises(NotFittedError):
        ImageAugmenter().augment(images)
    with pytest.raises(ValueError, match="expecting 144 features"):
        ImageAugmenter().fit(images).transform(images[:, :100])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rotation", 181),
        ("rotation", -5),
        ("zoom", 1),
        ("shift", 1.5),
        ("shear", 90),
        ("elastic", -1),
        ("drawn", -0.1),
        ("drawn", 1.1),
        ("flip", "left"),
        ("flip", True),
        ("cutout", -0.1),
        ("cutout", 1.1),
        ("fill_value", "black"),
        ("fill_value", np.nan),
        ("image_shape", 28),
        ("random_state", "seed"),
    ],
)
def test_refuses_a_parameter_out_of_range(images, name, value):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of ImageAugmenter"):
        ImageAugmenter(**{name: value}).fit_transform(images)


def test_refuses_a_misspelt_parameter():
    with pytest.raises(TypeError, match=r"'rotate'. Did you mean 'rotation'"):
        ImageAugmenter(rotate=3)
