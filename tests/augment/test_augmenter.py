"""ImageAugmenter alone: what it changes, and what it leaves alone."""

import numpy as np
import pandas as pd
import pytest
from helpers.images import spot, still
from sklearn.exceptions import NotFittedError

from skdigits import ImageAugmenter


def test_transform_gives_the_images_as_they_came(images):
    augmenter = ImageAugmenter().fit(images)
    np.testing.assert_array_equal(augmenter.transform(images), images)
    assert augmenter.transform(images.astype(float)).dtype == float
    cube = images.reshape(-1, 12, 12)
    np.testing.assert_array_equal(augmenter.transform(cube), cube)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64"])
@pytest.mark.parametrize("shape", [(30, 144), (30, 12, 12), (30, 12, 12, 1)])
def test_draws_keep_shape_and_dtype(images, dtype, shape):
    X = images.astype(dtype).reshape(shape)
    augmenter = ImageAugmenter(random_state=0)
    for drawn in (augmenter.fit_transform(X), augmenter.augment(X)):
        assert drawn.shape == shape
        assert drawn.dtype == dtype
        assert not np.array_equal(drawn, X)
        assert drawn.min() >= 0
        assert drawn.max() <= 255


def test_no_strength_is_no_change(images):
    np.testing.assert_array_equal(still().fit_transform(images), images)


PENS = {
    "thickness": 1.5,
    "gaps": 3,
    "low_resolution": 0.8,
    "blur": 2,
    "contrast": 1,
}


@pytest.mark.parametrize("name", PENS)
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64"])
def test_other_pens_are_off_until_asked_for(images, name, dtype):
    assert ImageAugmenter().get_params()[name] == 0
    X = images.astype(dtype)
    before = X.copy()
    augmenter = still(**{name: PENS[name]}, random_state=0)
    drawn = augmenter.fit_transform(X)
    assert (drawn.shape, drawn.dtype) == (X.shape, X.dtype)
    assert (drawn != X).any(axis=1).mean() > 0.5
    assert drawn.min() >= 0 and drawn.max() <= 255
    np.testing.assert_array_equal(augmenter.augment(X), drawn)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(augmenter.transform(X), X)


@pytest.mark.parametrize("params", [{"gaps": 9}, {"contrast": 1}])
def test_gaps_and_contrast_go_to_the_fill_value(params):
    X = np.full((99, 10, 10), 250, np.uint8)
    X[:, 0] = 100
    drawn = still(**params, fill_value=100, random_state=0).fit_transform(X)
    assert drawn.min() == 100
    assert (drawn[:, 1:] < 110).any()
    assert (drawn[:, 0] == 100).all()


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


def test_images_are_drawn_independently():
    X = np.tile(spot().reshape(1, -1), (50, 1))
    drawn = ImageAugmenter(random_state=0).fit_transform(X)
    assert len(np.unique(drawn, axis=0)) == 50


def test_the_callers_array_stays(images):
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
    drawn = augmenter.fit_transform(frame)
    assert list(drawn.columns) == names
    assert drawn.dtypes.unique() == [np.uint8]
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
        ("thickness", -1),
        ("gaps", -1),
        ("gaps", 0.5),
        ("low_resolution", 1),
        ("blur", -1),
        ("contrast", 1.1),
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
