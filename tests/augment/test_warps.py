"""Limits of each warp of an image, and the pixels from outside."""

import numpy as np
import pytest
from helpers.images import centre_of, spot, still

from skdigits import ImageAugmenter


def test_shift_stays_within_its_fraction():
    X = np.repeat(spot(40, 20, at=(20, 10)), 300, axis=0)
    copies = still(shift=0.2, random_state=0).fit_transform(X)
    moves = np.array([centre_of(image) for image in copies]) - (20, 10)
    assert np.abs(moves[:, 0]).max() == pytest.approx(0.2 * 40, abs=0.3)
    assert np.abs(moves[:, 1]).max() == pytest.approx(0.2 * 20, abs=0.3)
    assert np.abs(moves.mean(axis=0)).max() < 1


def test_rotation_stays_within_its_angle():
    X = np.repeat(spot(), 300, axis=0)  # 5 pixels to the right of the centre
    copies = still(rotation=30, random_state=0).fit_transform(X)
    offsets = np.array([centre_of(image) for image in copies]) - 10
    angles = np.rad2deg(np.arctan2(offsets[:, 0], offsets[:, 1]))
    np.testing.assert_allclose(np.hypot(*offsets.T), 5, atol=0.2)
    assert 28 < angles.max() <= 31
    assert -31 <= angles.min() < -28


def test_zoom_stays_within_its_fraction():
    X = np.repeat(spot(), 300, axis=0)
    copies = still(zoom=0.4, random_state=0).fit_transform(X)
    distance = np.array([centre_of(image)[1] for image in copies]) - 10
    assert distance.max() == pytest.approx(5 * 1.4, abs=0.15)
    assert distance.min() == pytest.approx(5 * 0.6, abs=0.15)


def test_shear_moves_rows_by_their_height():
    X = np.repeat(spot(at=(4, 10)), 300, axis=0)  # 6 pixels above the centre
    copies = still(shear=20, random_state=0).fit_transform(X)
    moves = np.array([centre_of(image) for image in copies]) - (4, 10)
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
    # Between four nodes, the displacement is an average and so somewhat smaller.
    assert 0.3 < (one - 14).std() / 0.5 < 1
    assert (two - 14).std() / (one - 14).std() == pytest.approx(2, rel=0.2)


def test_elastic_scales_with_the_side():
    large, small = (
        np.array(
            [
                centre_of(image)
                for image in still(elastic=2, random_state=0).fit_transform(
                    np.repeat(spot(n, n, at=(n // 2, n // 2)), 500, axis=0)
                )
            ]
        ).std(axis=0)
        for n in (28, 14)
    )
    # About 2, depending on the spot's position between the nodes; 1 if in pixels.
    assert ((large / small > 1.6) & (large / small < 3)).all()


def test_images_are_not_mirrored_by_default():
    X = np.repeat(spot(at=(10, 17)), 500, axis=0)
    copies = ImageAugmenter(random_state=0).fit_transform(X)
    assert min(centre_of(image)[1] for image in copies) > 10


@pytest.mark.parametrize(
    ("flip", "axes"),
    [
        ("horizontal", [(), (1,)]),
        ("vertical", [(), (0,)]),
        ("both", [(), (0,), (1,), (0, 1)]),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_flip_mirrors_copies_at_random(flip, axes, dtype):
    image = np.random.default_rng(0).integers(0, 256, (7, 4, 3)).astype(dtype)
    X = np.repeat(image[None], 400, axis=0)
    copies = still(flip=flip, random_state=0).fit_transform(X)
    equal = [(copies == np.flip(image, axis)).all(axis=(1, 2, 3)) for axis in axes]
    np.testing.assert_array_equal(np.sum(equal, axis=0), 1)
    np.testing.assert_allclose(np.mean(equal, axis=1), 1 / len(axes), atol=0.08)


def test_flip_changes_no_other_random_numbers():
    X = np.random.default_rng(0).integers(0, 256, (60, 9, 12, 3), dtype=np.uint8)
    strengths = {"shift": 0.2, "zoom": 0.2, "rotation": 20, "random_state": 0}
    plain = ImageAugmenter(**strengths).fit_transform(X)
    mirrored = ImageAugmenter(flip="horizontal", **strengths).fit_transform(X)
    same = (plain == mirrored).all(axis=(1, 2, 3))
    assert 15 < same.sum() < 45
    # The image is mirrored first, so the motions are those of its mirror image.
    of_mirrored = ImageAugmenter(**strengths).fit_transform(X[:, :, ::-1])
    difference = of_mirrored[~same].astype(int) - mirrored[~same]
    assert np.abs(difference).mean() < 1


def test_cutout_fills_a_square_anywhere():
    X = np.full((3000, 20, 30, 3), 200, np.uint8)
    copies = still(cutout=0.3, fill_value=7, random_state=0).fit_transform(X)
    assert set(np.unique(copies)) == {7, 200}
    filled = copies == 7
    np.testing.assert_array_equal(filled.all(axis=3), filled.any(axis=3))
    rows, columns = filled[..., 0].any(axis=2), filled[..., 0].any(axis=1)
    areas = rows.sum(axis=1) * columns.sum(axis=1)
    np.testing.assert_array_equal(filled[..., 0].sum(axis=(1, 2)), areas)
    assert rows.sum(axis=1).max() == columns.sum(axis=1).max() == 6
    assert rows.sum(axis=1).min() == columns.sum(axis=1).min() == 3  # cut by an edge
    assert filled[..., 0].any(axis=0).all()
    inside = filled[:, 6:-6, 6:-6].mean(axis=0)
    np.testing.assert_allclose(inside, 36 / 600, atol=0.025)


def test_cutout_changes_no_pixel_outside_its_square():
    X = np.random.default_rng(0).random((50, 16, 16), dtype=np.float32) + 1
    options = {"rotation": 10, "elastic": 1, "fill_value": -1, "random_state": 0}
    plain = ImageAugmenter(**options).fit_transform(X)
    copies = ImageAugmenter(cutout=0.5, **options).fit_transform(X)
    np.testing.assert_array_equal(copies[copies != -1], plain[copies != -1])
    assert (copies != plain).any(axis=(1, 2)).all()


def test_pixels_from_outside_have_the_fill_value():
    X = np.full((50, 10, 10), 200, np.uint8)
    copies = still(shift=0.5, fill_value=7, random_state=0).fit_transform(X)
    assert copies.min() == 7
    assert copies.max() == 200


@pytest.mark.parametrize("elastic", [0, 3.0])
def test_images_do_not_leak_into_their_neighbours(elastic):
    brightness = np.arange(200, dtype=np.uint8) + 1
    X = np.broadcast_to(brightness[:, None, None], (200, 9, 9)).copy()
    augmenter = still(shift=1, zoom=0.5, elastic=elastic, random_state=0)
    copies = augmenter.fit_transform(X)
    assert (copies <= brightness[:, None, None]).all()
    assert len(np.unique(copies.max(axis=(1, 2)))) > 150


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (5000, 1), (300, 300)])
def test_images_of_any_size_are_warped(shape):
    X = np.full((9, *shape), 100, np.uint8)
    copies = ImageAugmenter(elastic=0.1, random_state=0).fit_transform(X)
    assert copies.shape == X.shape
    assert copies.max() > 50


@pytest.mark.parametrize(("fill_value", "expected"), [(-5, 0), (300, 255), (7.6, 8)])
def test_fill_value_is_rounded_and_bounded_for_bytes(fill_value, expected):
    X = np.full((50, 10, 10), 100, np.uint8)
    copies = still(shift=1, fill_value=fill_value, random_state=0).fit_transform(X)
    assert expected in copies[:, [0, -1]]


@pytest.mark.parametrize("elastic", [0, 1.0])
def test_channels_are_warped_alike(elastic):
    grey = np.random.default_rng(0).random((5, 16, 16, 1), dtype=np.float32)
    X = np.concatenate([grey + i for i in range(6)], axis=3)
    copies = ImageAugmenter(
        elastic=elastic, random_state=0, rotation=5, shift=0, zoom=0
    )
    copies = copies.fit_transform(X)[:, 4:-4, 4:-4]
    # OpenCV rounds positions to 1/32 of a pixel, differently for four channels and two.
    for i in range(6):
        np.testing.assert_allclose(copies[..., i], copies[..., 0] + i, atol=2 / 32)


def test_integers_are_rounded_and_stay_in_range():
    X = np.full((200, 10, 10), 1001, np.int16)
    copies = still(rotation=20, fill_value=1e9, random_state=0).fit_transform(X)
    assert copies.min() >= 1001
    assert copies.max() == np.iinfo(np.int16).max
    X = np.random.default_rng(0).integers(0, 60_000, (200, 20, 20)).astype(np.uint16)
    turned = still(rotation=20, random_state=0)
    exact = turned.fit_transform(X.astype(np.float64))
    assert abs((turned.fit_transform(X) - exact).mean()) < 0.01
