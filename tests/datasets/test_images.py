"""load_images: the images that it finds, and their pixels."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skdigits.datasets import load_images

pytestmark = pytest.mark.filterwarnings("error")

GREY = np.arange(0, 240, 4, dtype=np.uint8).reshape(6, 10)
COLOUR = np.dstack([GREY, 255 - GREY, GREY // 2])
CLEAR = np.dstack([COLOUR, GREY + 10])


def write(path, array=GREY, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)
    return path


def only(path):
    (image,) = load_images(path).images
    return image


# ------------------------------------------------------------------ where images are

IN_ORDER = [
    *("3/deep/0/x.bmp", "3/x.TIFF", "3/y.webp"),
    *("7/b1.jpg", "7/B2.png", "7/b10.png"),
]
LABELS = [0, 3, 3, 7, 7, 7]
VALUES = [60, 80, 100, 40, 20, 0]


@pytest.fixture
def photos(tmp_path):
    """Folder of drawings, one value each, in folders with the names of digits."""
    folder = tmp_path / "photos"
    names = [
        "7/b10.png",
        "7/B2.png",
        "7/b1.jpg",
        "3/deep/0/x.bmp",
        "3/x.TIFF",
        "3/y.webp",
    ]
    for value, name in enumerate(names):
        write(folder / name, np.full((8, 8), 20 * value, np.uint8))
    for other in ("notes.txt", ".DS_Store", "7/._b1.jpg", "__MACOSX/7/.x.png", "3/x"):
        (folder / other).parent.mkdir(parents=True, exist_ok=True)
        (folder / other).write_text("no image")
    return folder


def values_of(loaded):
    return [round(image[..., 0].mean()) for image in map(np.atleast_3d, loaded.images)]


def test_folder_is_searched_with_its_subfolders(photos):
    for path in (photos, str(photos)):
        loaded = load_images(path)
        assert loaded.filenames == [str(photos / name) for name in IN_ORDER]
        assert values_of(loaded) == pytest.approx(VALUES, abs=2)
        assert loaded.target.dtype == int
        assert loaded.target.tolist() == LABELS
        assert loaded.skipped == []
        assert str(photos) in loaded.DESCR


def test_zip_is_read_like_a_folder(photos, tmp_path):
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(photos.rglob("*.*"), reverse=True):
            if file.is_file():
                archive.write(file, file.relative_to(photos))
    loaded = load_images(path)
    assert loaded.filenames == IN_ORDER
    assert values_of(loaded) == pytest.approx(VALUES, abs=2)
    assert loaded.target.tolist() == LABELS


def test_zip_may_have_backslashes_and_lack_its_suffix(tmp_path):
    image = write(tmp_path / "x.png").read_bytes()
    with zipfile.ZipFile(tmp_path / "download", "w") as archive:
        archive.writestr(r"digits\4\x.png", image)
    assert load_images(tmp_path / "download").target.tolist() == [4]


def test_pattern_selects_files(photos):
    loaded = load_images(str(photos / "7" / "*"))
    assert [Path(name).name for name in loaded.filenames] == [
        "b1.jpg",
        "B2.png",
        "b10.png",
    ]


def test_pattern_may_include_subfolders(photos):
    for pattern in ("**", "**/*.*", "3/**/x.*"):
        expected = [
            str(photos / name)
            for name in IN_ORDER
            if pattern[0] != "3" or (name.startswith("3/") and "/x." in name)
        ]
        loaded = load_images(str(photos / pattern))
        assert loaded.filenames == expected
        assert loaded.target is not None


@pytest.mark.skipif(os.name == "nt", reason="needs the right to make links")
def test_pattern_with_a_linked_folder_finds_each_file_once(photos):
    (photos / "7" / "loop").symlink_to(photos, target_is_directory=True)
    loaded = load_images(str(photos / "**" / "*"))
    assert loaded.filenames == [str(photos / name) for name in IN_ORDER]


def test_file_whose_name_looks_like_a_pattern_is_loaded(tmp_path):
    write(tmp_path / "1.png")
    path = write(tmp_path / "[1].png", COLOUR)
    assert only(path).shape == COLOUR.shape


def test_list_keeps_its_order_and_takes_any_suffix(photos):
    path = photos / "7" / "b10.png"
    renamed = path.rename(path.with_suffix(".scan"))
    loaded = load_images([renamed, str(photos / "3" / "y.webp"), renamed])
    assert values_of(loaded) == pytest.approx([0, 100, 0], abs=2)
    assert loaded.target.tolist() == [7, 3, 7]


def test_paths_may_be_relative_to_the_home_and_working_folder(photos, monkeypatch):
    monkeypatch.setenv("HOME", str(photos))
    monkeypatch.setenv("USERPROFILE", str(photos))
    monkeypatch.chdir(photos / "7")
    assert load_images("~/3/y.webp").filenames == [str(Path("~/3/y.webp").expanduser())]
    assert load_images("b1.jpg").target.tolist() == [7]


@pytest.mark.parametrize("name", ["x.png", "10/x.png", "A/x.png", "٣/x.png"])
def test_target_is_none_if_folders_are_not_labels(photos, name):
    write(photos / name)  # next to digits in subfolders of 3
    assert load_images(photos).target is None


def load_in_folders(top, names):
    """Load images in folders with these names, from the folder and from a zip."""
    for name in names:
        write(top / name / "x.png")
    with zipfile.ZipFile(top.parent / "own.zip", "w") as archive:
        for file in top.rglob("*.png"):
            archive.write(file, file.relative_to(top))
    for path in (top, top.parent / "own.zip", str(top / "**" / "*")):
        yield load_images(path)


@pytest.mark.parametrize(
    "names",
    [
        *(["digit_0", "digit_7"], ["digit-0", "digit-7"], ["Digit0", "digit7"]),
        *(["zero", "seven"], ["Zero", "Seven"], ["first/0", "second/deep/7"]),
    ],
)
def test_folders_named_after_digits_are_digits(tmp_path, names):
    for loaded in load_in_folders(tmp_path / "own", names):
        assert loaded.target.dtype == int
        assert sorted(loaded.target.tolist()) == [0, 7]


@pytest.mark.parametrize(
    "names",
    [["A", "B", "ß"], ["0", "1", "A"], ["0", "9", "10"], ["one", "many"], ["-1", "1"]],
)
def test_other_folders_next_to_each_other_are_labels(tmp_path, names):
    for loaded in load_in_folders(tmp_path / "own", names):
        assert loaded.target.dtype.kind == "U"
        assert sorted(loaded.target.tolist()) == sorted(names)


def test_one_folder_or_nested_folders_are_not_labels(tmp_path):
    for number, names in enumerate((["A"], ["A", "A/B"], ["x/A", "y/B"])):
        for loaded in load_in_folders(tmp_path / str(number) / "own", names):
            assert loaded.target is None


@pytest.mark.parametrize(
    ("names", "named"),
    [
        (["0", "1", "zero"], "Got '0' and 'zero'"),
        (["digit_1", "digit-2", "x"], "Got 'digit-2' and 'digit_1'"),
        (["one", "2", "digit3"], "Got '2' and 'digit3' and 'one'"),
    ],
)
def test_digits_named_in_several_ways_are_an_error(tmp_path, names, named):
    with pytest.raises(ValueError, match=f"in one way.*{named}. Rename"):
        list(load_in_folders(tmp_path / "own", names))


def test_decoder_depends_on_the_content_alone(tmp_path):
    write(tmp_path / "x.png", format="BMP").rename(tmp_path / "x.jpg")
    np.testing.assert_array_equal(only(tmp_path), GREY)


# ------------------------------------------------------------------ pixels


@pytest.mark.parametrize(
    ("name", "array"),
    [
        *((f"x.{suffix}", GREY) for suffix in ("png", "bmp", "tif")),
        *((f"x.{suffix}", COLOUR) for suffix in ("png", "bmp", "tif", "webp")),
        *((f"x.{suffix}", CLEAR) for suffix in ("png", "tif", "webp")),
    ],
)
def test_lossless_files_have_exact_pixels(tmp_path, name, array):
    path = tmp_path / name
    write(path, array, **({"lossless": True, "exact": True} if "webp" in name else {}))
    image = only(path)
    assert image.dtype == np.uint8
    assert image.flags.writeable
    np.testing.assert_array_equal(image, array)


@pytest.mark.parametrize("array", [GREY, COLOUR])
def test_jpeg_has_similar_pixels(tmp_path, array):
    smooth = np.full((16, 16, *array.shape[2:]), array[3, 3])
    image = only(write(tmp_path / "x.jpg", smooth, quality=95))
    assert image.shape == smooth.shape
    np.testing.assert_allclose(image, smooth.astype(int), atol=3)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_are_scaled(tmp_path, suffix):
    image = only(write(tmp_path / f"x.{suffix}", GREY.astype(np.uint16) * 257 + 100))
    np.testing.assert_array_equal(image, GREY)


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        ([[0, 0.5, 1]], [[0, 128, 255]]),
        ([[0, 7, 200]], [[0, 7, 200]]),
        ([[0, 257, 65_535]], [[0, 1, 255]]),
        ([[-1, 0, 1]], [[0, 128, 255]]),
        ([[3e38, 3e38]], [[0, 0]]),
    ],
)
def test_float_tiffs_are_scaled(tmp_path, pixels, expected):
    path = write(tmp_path / "x.tif", np.array(pixels, np.float32))
    np.testing.assert_array_equal(only(path), expected)


def test_integers_of_32_bits_are_scaled(tmp_path):
    for pixels, expected in [
        ([[0, 1, 255]], [[0, 1, 255]]),
        ([[0, 65_535]], [[0, 255]]),
    ]:
        path = write(tmp_path / "x.tif", np.array(pixels, np.int32))
        np.testing.assert_array_equal(only(path), expected)


def test_float_tiff_with_nan_is_refused(tmp_path):
    path = write(tmp_path / "x.tif", np.array([[0, np.nan]], np.float32))
    with pytest.raises(ValueError, match=r"x\.tif.* not finite"):
        load_images(path)


def test_twelve_bits_are_scaled(tmp_path):
    """The test writes the bytes, as Pillow cannot write such a TIFF."""
    tags = {256: 2, 257: 1, 258: 12, 259: 1, 262: 1, 273: 122, 277: 1, 278: 1, 279: 3}
    content = b"II*\0\x08\0\0\0" + len(tags).to_bytes(2, "little")
    for tag, value in tags.items():
        content += b"".join(n.to_bytes(2, "little") for n in (tag, 3, 1, 0, value, 0))
    content += bytes(122 - len(content)) + b"\xff\xf8\x00"  # 4095 and 2048
    (tmp_path / "x.tif").write_bytes(content)
    np.testing.assert_array_equal(only(tmp_path / "x.tif"), [[255, 128]])


def test_palettes_bits_and_cmyk_become_grey_or_colour(tmp_path):
    exact = Image.fromarray(COLOUR).quantize(256, method=Image.Quantize.FASTOCTREE)
    exact.save(tmp_path / "palette.png")
    np.testing.assert_array_equal(only(tmp_path / "palette.png"), exact.convert("RGB"))
    write(tmp_path / "bits.png", GREY > 100)
    np.testing.assert_array_equal(only(tmp_path / "bits.png"), 255 * (GREY > 100))
    ink = Image.fromarray(COLOUR).convert("CMYK")
    ink.save(tmp_path / "ink.tif")
    np.testing.assert_array_equal(only(tmp_path / "ink.tif"), COLOUR)


def test_grey_with_transparency_gets_four_channels(tmp_path):
    write(tmp_path / "x.png", CLEAR[..., 2:])
    expected = np.dstack([CLEAR[..., 2]] * 3 + [CLEAR[..., 3]])
    np.testing.assert_array_equal(only(tmp_path), expected)


@pytest.mark.parametrize("mode", ["L", "P"])
def test_one_value_may_be_transparent(tmp_path, mode):
    drawing = Image.fromarray(GREY).convert(mode)
    drawing.save(tmp_path / "x.png", transparency=drawing.getpixel((3, 2)))
    image = only(tmp_path / "x.png")
    np.testing.assert_array_equal(image[..., 0], GREY)
    np.testing.assert_array_equal(image[..., 3] == 0, GREY == 92)


def save_heic(image, path, **options):
    """Write an image as HEIC, without registering the format with Pillow."""
    pillow_heif = pytest.importorskip("pillow_heif")
    picture = pillow_heif.from_pillow(image)
    picture.save(path, format="HEIF", quality=-1, chroma=444, **options)
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["heic", "jpg", "png", "tif", "webp"])
def test_photos_are_upright(tmp_path, suffix, orientation):
    """The dark corner is at the upper left after any orientation."""
    upright = np.full((16, 32), 255, np.uint8)
    upright[:8, :8] = 0
    as_taken = {  # rows and columns of the file, by EXIF's table
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    taken, path = Image.fromarray(np.ascontiguousarray(as_taken)), tmp_path / "x"
    path = path.with_suffix(f".{suffix}")
    if suffix == "heic":
        save_heic(taken, path, exif=exif.tobytes())
    else:
        taken.save(path, exif=exif)
    image = np.atleast_3d(only(path))[..., 0]
    np.testing.assert_allclose(image, upright.astype(int), atol=40)


@pytest.mark.parametrize("array", [GREY, COLOUR, CLEAR])
def test_heic_is_loaded_without_registering_its_format(tmp_path, array):
    openers = dict(Image.OPEN)
    path = save_heic(Image.fromarray(array), tmp_path / "x.heic")
    image = only(path.rename(tmp_path / "x.jpg"))
    assert image.shape == array.shape
    np.testing.assert_allclose(image, array.astype(int), atol=3)
    assert openers == Image.OPEN


@pytest.mark.parametrize("name", ["x.tif", "x.png", "x.webp"])
def test_first_page_is_loaded(tmp_path, name):
    pages = [Image.fromarray(COLOUR), Image.fromarray(255 - COLOUR)]
    options = {"lossless": True} if name == "x.webp" else {}
    pages[0].save(tmp_path / name, save_all=True, append_images=pages[1:], **options)
    np.testing.assert_array_equal(only(tmp_path / name), COLOUR)


def test_inverted_cmyk_of_jpeg_keeps_its_colours(tmp_path):
    light = Image.new("RGB", (16, 16), (250, 240, 230))
    light.convert("CMYK").save(tmp_path / "x.jpg", quality=95)
    assert np.abs(only(tmp_path / "x.jpg").astype(int) - np.asarray(light)).max() < 6
