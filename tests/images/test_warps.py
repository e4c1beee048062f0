"""ImageAugmenter alone: what it draws, and what it leaves alone."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from skdigits import ImageAugmenter
from skdigits._images import find_draw


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (30, 144), dtype=np.uint8)


def still(**params):
    """An augmenter that does nothing but what is asked for."""
    return ImageAugmenter(**{"rotation": 0, "zoom": 0, "shift": 0, **params})


def spot(height=21, width=21, at=(10, 15)):
    image = np.zeros((1, height, width), np.uint8)
    image[0, at[0] - 1 : at[0] + 2, at[1] - 1 : at[1] + 2] = 255
    return image


def centre_of(image):
    rows, columns = np.indices(image.shape)
    return np.array([(rows * image).sum(), (columns * image).sum()]) / image.sum()


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


def test_shift_stays_within_its_fraction():
    X = np.repeat(spot(40, 20, at=(20, 10)), 300, axis=0)
    drawn = still(shift=0.2, random_state=0).fit_transform(X)
    moves = np.array([centre_of(image) for image in drawn]) - (20, 10)
    assert np.abs(moves[:, 0]).max() == pytest.approx(0.2 * 40, abs=0.3)
    assert np.abs(moves[:, 1]).max() == pytest.approx(0.2 * 20, abs=0.3)
    assert np.abs(moves.mean(axis=0)).max() < 1


def test_rotation_stays_within_its_angle():
    X = np.repeat(spot(), 300, axis=0)  # 5 pixels to the right of the centre
    drawn = still(rotation=30, random_state=0).fit_transform(X)
    offsets = np.array([centre_of(image) for image in drawn]) - 10
    angles = np.rad2deg(np.arctan2(offsets[:, 0], offsets[:, 1]))
    np.testing.assert_allclose(np.hypot(*offsets.T), 5, atol=0.2)
    assert 28 < angles.max() <= 31
    assert -31 <= angles.min() < -28


def test_zoom_stays_within_its_fraction():
    X = np.repeat(spot(), 300, axis=0)
    drawn = still(zoom=0.4, random_state=0).fit_transform(X)
    distance = np.array([centre_of(image)[1] for image in drawn]) - 10
    assert distance.max() == pytest.approx(5 * 1.4, abs=0.15)
    assert distance.min() == pytest.approx(5 * 0.6, abs=0.15)


def test_shear_moves_rows_by_their_height():
    X = np.repeat(spot(at=(4, 10)), 300, axis=0)  # 6 pixels above the centre
    drawn = still(shear=20, random_state=0).fit_transform(X)
    moves = np.array([centre_of(image) for image in drawn]) - (4, 10)
    np.testing.assert_allclose(moves[:, 0], 0, atol=0.1)
    assert np.abs(moves[:, 1]).max() == pytest.approx(
        6 * np.tan(np.deg2rad(20)), abs=0.2
    )


def test_elastic_moves_by_its_deviation():
    X = np.repeat(spot(28, 28, at=(14, 14)), 500, axis=0)
    one, two = (
        np.array(
            [centre_of(i) for i in still(elastic=e, random_state=0).fit_transform(X)]
        )
        for e in (0.5, 1.0)
    )
    # Between four nodes the displacement is an average, so somewhat less than theirs.
    assert 0.3 < (one - 14).std() / 0.5 < 1
    assert (two - 14).std() / (one - 14).std() == pytest.approx(2, rel=0.2)


def test_images_are_never_mirrored():
    X = np.repeat(spot(at=(10, 17)), 500, axis=0)
    drawn = ImageAugmenter(random_state=0).fit_transform(X)
    assert min(centre_of(image)[1] for image in drawn) > 10


def test_fill_value_comes_in_from_outside():
    X = np.full((50, 10, 10), 200, np.uint8)
    drawn = still(shift=0.5, fill_value=7, random_state=0).fit_transform(X)
    assert drawn.min() == 7
    assert drawn.max() == 200


@pytest.mark.parametrize("elastic", [0, 3.0])
def test_nothing_of_an_image_gets_into_its_neighbours(elastic):
    brightness = np.arange(200, dtype=np.uint8) + 1
    X = np.broadcast_to(brightness[:, None, None], (200, 9, 9)).copy()
    augmenter = still(shift=1, zoom=0.5, elastic=elastic, random_state=0)
    drawn = augmenter.fit_transform(X)
    assert (drawn <= brightness[:, None, None]).all()
    assert len(np.unique(drawn.max(axis=(1, 2)))) > 150


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (5000, 1), (300, 300)])
def test_images_of_any_size_are_drawn(shape):
    X = np.full((9, *shape), 100, np.uint8)
    drawn = ImageAugmenter(elastic=0.1, random_state=0).fit_transform(X)
    assert drawn.shape == X.shape
    assert drawn.max() > 50


@pytest.mark.parametrize(("fill_value", "expected"), [(-5, 0), (300, 255), (7.6, 8)])
def test_fill_value_is_rounded_and_bounded_for_bytes(fill_value, expected):
    X = np.full((50, 10, 10), 100, np.uint8)
    drawn = still(shift=1, fill_value=fill_value, random_state=0).fit_transform(X)
    assert expected in drawn[:, [0, -1]]


@pytest.mark.parametrize("elastic", [0, 1.0])
def test_channels_are_warped_alike(elastic):
    grey = np.random.default_rng(0).random((5, 16, 16, 1), dtype=np.float32)
    X = np.concatenate([grey + i for i in range(6)], axis=3)
    drawn = ImageAugmenter(elastic=elastic, random_state=0, rotation=5, shift=0, zoom=0)
    drawn = drawn.fit_transform(X)[:, 4:-4, 4:-4]
    # OpenCV rounds places to 1/32 of a pixel, not alike for four channels and two.
    for i in range(6):
        np.testing.assert_allclose(drawn[..., i], drawn[..., 0] + i, atol=2 / 32)


def test_a_draw_carries_its_source_until_it_is_changed(images):
    drawn = ImageAugmenter(random_state=0).fit_transform(images)
    assert find_draw(drawn) is drawn
    np.testing.assert_array_equal(drawn.source.reshape(images.shape), images)
    changed = [
        drawn[:10],
        drawn.copy(),
        drawn + 1,
        drawn.astype(float),
        drawn[::-1],
        np.array(drawn),
    ]
    assert not any(find_draw(array) is not None for array in changed)
    drawn[3, 3] ^= 1
    assert find_draw(drawn) is None
    assert find_draw(pickle.loads(pickle.dumps(drawn))) is None


def test_a_draw_is_found_in_a_view_a_frame_and_a_pickle(images):
    frame = pd.DataFrame(images, columns=[f"pixel{i}" for i in range(144)])
    augmenter = ImageAugmenter(random_state=0)
    drawn = augmenter.fit_transform(images)
    as_frame = augmenter.set_output(transform="pandas").fit_transform(frame)
    for form in (np.asarray(drawn), as_frame, pickle.loads(pickle.dumps(drawn))):
        found = find_draw(form)
        np.testing.assert_array_equal(found.source.reshape(images.shape), images)
    as_frame.iloc[0, 0] ^= 1
    assert find_draw(as_frame) is None


def test_integers_are_rounded_and_stay_in_range():
    X = np.full((200, 10, 10), 1001, np.int16)
    drawn = still(rotation=20, fill_value=1e9, random_state=0).fit_transform(X)
    assert drawn.min() >= 1001
    assert drawn.max() == np.iinfo(np.int16).max
    X = np.random.default_rng(0).integers(0, 60_000, (200, 20, 20)).astype(np.uint16)
    turned = still(rotation=20, random_state=0)
    exact = turned.fit_transform(X.astype(np.float64))
    assert abs((turned.fit_transform(X) - exact).mean()) < 0.01


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
