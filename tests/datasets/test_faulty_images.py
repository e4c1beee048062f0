"""Errors of load_images for damaged and hostile files."""

import io
import os
import struct
import sys
import warnings
import zipfile
import zlib
from importlib.util import find_spec

import numpy as np
import pytest
from helpers.competition import zip_of
from helpers.rights import as_nobody, has_modes
from PIL import Image, ImageFile

from skdigits.datasets import load_images

pytestmark = pytest.mark.filterwarnings("error")

FORMATS = ["PNG", "JPEG", "TIFF", "BMP", "WEBP"]
has_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")


def encoded(kind="PNG", **options):
    """Encode a small image with EXIF data."""
    exif = Image.Exif()
    exif[274] = 6
    stream = io.BytesIO()
    drawing = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    Image.fromarray(drawing).save(stream, kind, exif=exif, **options)
    return stream.getvalue()


GOOD = encoded()


def heic(height, width):
    pillow_heif = pytest.importorskip("pillow_heif")
    stream = io.BytesIO()
    picture = pillow_heif.from_pillow(Image.new("RGB", (width, height)))
    picture.save(stream, format="HEIF")
    return stream.getvalue()


def chunk(name, content):
    crc = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + crc


def png(width, height, *between, pixels=None):
    """Encode a grey PNG, with the chunks `between` before the pixels."""
    if pixels is None:
        pixels = zlib.compress(bytes(height * (width + 1)))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    end = chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(between) + end


def tiff(*tags, behind=b""):
    """Encode a TIFF with these tags: number, type, count, value or offset."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + behind


def tiff_of_strips(n):
    plain = [(256, 4, 1, 20), (257, 4, 1, 20), (258, 3, 1, 8), (259, 3, 1, 1)]
    offset = 8 + 2 + 12 * 8 + 4
    strips = [(262, 3, 1, 1), (273, 4, n, offset), (278, 4, 1, 1), (279, 4, n, offset)]
    return tiff(*plain, *strips, behind=bytes(4 * n))


def test_helpers_make_images(tmp_path):
    for content in (GOOD, png(5, 7), tiff_of_strips(20)):
        (tmp_path / "x.png").write_bytes(content)
        assert len(load_images(tmp_path).images) == 1


BOMB = zlib.compress(bytes(2**27))
HOSTILE = {
    "empty": (b"", "empty file"),
    "text": (b"Dear diary, ", "PNG, JPEG, .* or HEIC.*starts with b'Dear diary"),
    "GIF": (b"GIF89a" + bytes(40), "PNG, JPEG, TIFF, BMP, WebP or HEIC.*GIF89a"),
    "AVIF": (b"\0\0\0 ftypavif" + bytes(40), "PNG, JPEG, TIFF, BMP, WebP or HEIC"),
    "beginning of a PNG": (GOOD[:8], "damaged"),
    "PNG without its end": (GOOD[: len(GOOD) // 2], "damaged or cut off"),
    "wide header": (png(30_000, 30_000, pixels=b""), r"max_pixels.*900000000"),
    "moderate header": (png(10_000, 10_000, pixels=b""), "50,000,000.*10,000 x 10,000"),
    "profile": (png(5, 5, chunk(b"iCCP", b"x\0\0" + BOMB)), "too large"),
    "text bomb": (png(5, 5, chunk(b"zTXt", b"x\0\0" + BOMB)), "too large"),
    "no pixels": (png(0, 5), "damaged"),
    "tags": (tiff(*((i + 300, 7, 700_000, 8) for i in range(60_000))), "TIFF|damaged"),
    "strips": (tiff_of_strips(2**20), "tags of a TIFF take more than 4 MiB"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_named_or_skipped(tmp_path, name):
    content, fault = HOSTILE[name]
    (tmp_path / "bad.png").write_bytes(content)
    (tmp_path / "good.png").write_bytes(GOOD)
    with pytest.raises(ValueError, match=rf"bad\.png.*{fault}"):
        load_images(tmp_path)
    loaded = load_images(tmp_path, on_error="skip")
    assert loaded.filenames == [str(tmp_path / "good.png")]
    ((file, reason),) = loaded.skipped
    assert file == str(tmp_path / "bad.png")
    assert "bad.png" in reason


def test_more_pixels_than_the_header_says_are_not_unpacked(tmp_path):
    (tmp_path / "x.png").write_bytes(png(5, 5, pixels=BOMB))
    assert load_images(tmp_path).images[0].shape == (5, 5)


def test_images_may_have_max_pixels(tmp_path):
    (tmp_path / "x.png").write_bytes(png(5, 7))
    assert load_images(tmp_path, max_pixels=35).images[0].shape == (7, 5)
    with pytest.raises(ValueError, match=r"x\.png.* max_pixels=34 .* 5 x 7"):
        load_images(tmp_path, max_pixels=34)


def test_heic_has_the_same_limits(tmp_path):
    content = heic(70, 70)
    (tmp_path / "x.heic").write_bytes(content)
    assert load_images(tmp_path, max_pixels=4900).images[0].shape == (70, 70, 3)
    with pytest.raises(ValueError, match=r"x\.heic.* max_pixels=4,899 .* 70 x 70"):
        load_images(tmp_path, max_pixels=4899)
    size = content.index(b"ispe") + 8
    lying = content[:size] + struct.pack(">II", 1, 1) + content[size + 8 :]
    for damaged in (content[:-20], content[:40], lying):
        (tmp_path / "x.heic").write_bytes(damaged)
        with pytest.raises(ValueError, match=r"x\.heic' cannot be decoded"):
            load_images(tmp_path)


def test_heic_without_its_decoder_is_named_or_skipped(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "good.png").write_bytes(GOOD)
    (tmp_path / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    with pytest.raises(ValueError, match=r'photo\.heic.*install "skdigits\[heic\]"'):
        load_images(tmp_path)
    assert load_images(tmp_path, on_error="skip").filenames == [
        str(tmp_path / "good.png")
    ]


def test_images_that_pillow_warns_about_are_loaded(tmp_path, monkeypatch):
    (tmp_path / "x.png").write_bytes(png(5, 7))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 30)
    assert len(load_images(tmp_path).images) == 1


def test_files_of_too_many_bytes_are_refused(tmp_path):
    with open(tmp_path / "x.png", "wb") as file:
        file.truncate(2**40)
    with pytest.raises(ValueError, match=r"x\.png' must have at most 16,778,000 bytes"):
        load_images(tmp_path, max_pixels=98)


def test_other_formats_are_not_decoded(tmp_path, monkeypatch):
    """For some formats, such as EPS, Pillow starts programs."""
    started = tmp_path / "started"
    for program in ("gs", "gswin64c"):
        path = tmp_path / "bin" / program
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch {started}\n")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(path.parent), prepend=os.pathsep)
    Image.init()
    read = {"PNG", "JPEG", "TIFF", "BMP", "WEBP"}
    for kind in sorted(Image.SAVE.keys() - read - {"IM"}):  # Pillow 13 deprecates IM
        for mode in ("RGB", "L", "1"):
            content = io.BytesIO()
            try:
                Image.new(mode, (16, 16)).save(content, kind)
            except (OSError, ValueError, KeyError):  # the format does not have the mode
                continue
            (tmp_path / "x.png").write_bytes(content.getvalue())
            if kind not in ("DIB", "MPO"):  # read as BMP and JPEG
                with pytest.raises(ValueError, match="PNG, JPEG, TIFF, BMP, WebP or H"):
                    load_images(tmp_path / "x.png")
    assert not started.exists()


def test_global_settings_are_unchanged(tmp_path):
    (tmp_path / "x.png").write_bytes(GOOD)
    (tmp_path / "y.png").write_bytes(GOOD[:100])
    filters, limit = warnings.filters[:], Image.MAX_IMAGE_PIXELS
    load_images(tmp_path, on_error="skip")
    assert (filters, limit) == (warnings.filters, Image.MAX_IMAGE_PIXELS)
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("tags", "is_turned"),
    [
        (b"no tags at all", False),
        (b"II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x05\0\xff\xff\xff\x7f" * 9, False),
        # The orientation, and the camera's name as a number.
        (
            b"II*\0\x08\0\0\0"
            + struct.pack("<H", 2)
            + struct.pack("<HHIHH", 274, 3, 1, 6, 0)
            + struct.pack("<HHIHHI", 271, 3, 1, 7, 0, 0),
            True,
        ),
    ],
)
def test_broken_exif_is_ignored(tmp_path, kind, tags, is_turned):
    path = tmp_path / "x.png"
    Image.new("RGB", (20, 30)).save(path, kind, exif=b"Exif\0\0" + tags)
    shape = load_images(path).images[0].shape
    assert shape == ((20, 30, 3) if is_turned else (30, 20, 3))


# ------------------------------------------------------------------ the file system


def test_error_names_the_first_bad_file(tmp_path):
    for name in ("10.png", "2.png", "1.png"):
        (tmp_path / name).write_bytes(GOOD if name == "1.png" else b"no image")
    with pytest.raises(ValueError, match=r"2\.png"):
        load_images(tmp_path)
    skipped = load_images(tmp_path, on_error="skip").skipped
    assert [file[-6:] for file, _ in skipped] == ["/2.png", "10.png"]


@pytest.mark.parametrize("name", ["nothing.png", "nothing", "nothing-*.png"])
@pytest.mark.parametrize("on_error", ["raise", "skip"])
def test_missing_files_are_named(tmp_path, name, on_error):
    with pytest.raises(FileNotFoundError, match=name.replace("*", r"\*")):
        load_images(tmp_path / name, on_error=on_error)


def test_places_without_images_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"which has no files"):
        load_images(tmp_path)
    (tmp_path / "notes.txt").write_text("")
    for path in (tmp_path, tmp_path / "*", zip_of(tmp_path / "x.zip", {"x.txt": ""})):
        with pytest.raises(ValueError, match=r"where all files end in .*'\.txt'"):
            load_images(path)
    with pytest.raises(ValueError, match="at least one image"):
        load_images([])


def test_skipping_every_image_is_refused(tmp_path):
    (tmp_path / "x.png").write_text("no image")
    with pytest.raises(ValueError, match=r"1 that cannot\. The first: .*x\.png"):
        load_images(tmp_path, on_error="skip")


@pytest.mark.parametrize("path", [None, 3, b"x.png", [3], [b"x.png"], [None]])
def test_paths_of_a_wrong_type_are_refused(path):
    with pytest.raises(TypeError, match="path must be a str"):
        load_images(path)


def test_wrong_parameters_are_refused(tmp_path):
    with pytest.raises(ValueError, match="on_error must be"):
        load_images(tmp_path, on_error="ignore")
    with pytest.raises(TypeError, match="max_pixels must be an int"):
        load_images(tmp_path, max_pixels=1e6)
    with pytest.raises(ValueError, match="max_pixels must be at least 1"):
        load_images(tmp_path, max_pixels=0)
    with pytest.raises(ValueError, match="null character"):
        load_images("x\0.png")


def test_folder_with_the_name_of_an_image_is_refused(tmp_path):
    (tmp_path / "x.png").mkdir()
    for path in (tmp_path, [tmp_path / "x.png"], tmp_path / "*"):
        with pytest.raises(ValueError, match=r"x\.png' must be a file .* Got a folder"):
            load_images(path)


@has_pipes
def test_pipes_are_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "x.png")
    os.mkfifo(tmp_path / "y")
    for path in (tmp_path, tmp_path / "x.png", tmp_path / "*.png"):
        with pytest.raises(ValueError, match=r"x\.png' must be a file .* Got a pipe"):
            load_images(path)
    with pytest.raises(ValueError, match=r"y' must be a file"):
        load_images(tmp_path / "y")


@pytest.mark.skipif(os.name == "nt", reason="Windows asks for rights to make links")
def test_links_to_files_are_followed_and_to_folders_are_not(tmp_path):
    (tmp_path / "1.png").write_bytes(GOOD)
    (tmp_path / "2.png").symlink_to("1.png")
    (tmp_path / "round").symlink_to(".")
    assert len(load_images(tmp_path).images) == 2
    (tmp_path / "3.png").symlink_to("3.png")
    (tmp_path / "4.png").symlink_to("nothing")
    with pytest.raises(OSError, match=r"3\.png"):
        load_images(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"4\.png"):
        load_images(tmp_path / "4.png")
    skipped = load_images(tmp_path, on_error="skip").skipped
    assert [file[-5:] for file, _ in skipped] == ["3.png", "4.png"]


@has_modes
def test_files_without_read_permission_are_named_or_skipped(tmp_path):
    for folder in (*tmp_path.parents[:3], tmp_path):
        if folder != folder.parent and folder.owner() == "root":
            folder.chmod(folder.stat().st_mode | 0o055)
    (tmp_path / "good.png").write_bytes(GOOD)
    (tmp_path / "secret.png").write_bytes(GOOD)
    (tmp_path / "secret.png").chmod(0)
    zip_of(tmp_path / "secret.zip", {"x.png": GOOD}).chmod(0)
    (tmp_path / "closed").mkdir(mode=0)
    with as_nobody():
        for name in ("secret.png", "secret.zip", "closed"):
            with pytest.raises(PermissionError, match=rf"may read it.*{name}"):
                load_images(tmp_path / name)
        with pytest.raises(PermissionError, match="closed"):
            load_images(tmp_path)
        loaded = load_images(tmp_path, on_error="skip")
    assert [file for file, _ in loaded.skipped] == [
        str(tmp_path / name) for name in ("closed", "secret.png")
    ]
    assert len(loaded.images) == 1


# ------------------------------------------------------------------ zips


def with_flag(content, flag=1):
    """Set a flag of the only member, in both of its headers."""
    changed = bytearray(content)
    changed[6] |= flag
    changed[changed.index(b"PK\x01\x02") + 8] |= flag
    return bytes(changed)


def shortened(content):
    """Declare that the only member has 100 bytes, in both of its headers."""
    changed = bytearray(content)
    for offset in (22, changed.index(b"PK\x01\x02") + 24):
        changed[offset : offset + 4] = struct.pack("<I", 100)
    return bytes(changed)


@pytest.mark.parametrize("name", ["/x.png", "../x.png", r"a\..\..\x.png", r"C:\x.png"])
def test_member_whose_name_leads_outside_is_refused(tmp_path, name):
    path = zip_of(tmp_path / "x.zip", {name: GOOD})
    with pytest.raises(ValueError, match=r"x\.zip: .*x\.png' has a name that leads"):
        load_images(path)


@pytest.mark.parametrize(
    ("change", "fault"),
    [(with_flag, "is encrypted"), (shortened, "cannot be unpacked .*Bad CRC-32")],
)
def test_member_with_a_hostile_header_is_refused(tmp_path, change, fault):
    path = zip_of(tmp_path / "x.zip", {"x.png": bytes(2**20)})
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ValueError, match=rf"x\.zip: x\.png' {fault}"):
        load_images(path)


def test_members_other_than_plain_files_are_skipped(tmp_path):
    path = tmp_path / "x.zip"
    link = zipfile.ZipInfo("link.png")
    link.external_attr, link.create_system = 0o120777 << 16, 3
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.png", GOOD)
        archive.writestr("large.png", bytes(2**25))
        archive.writestr(link, "/etc/passwd")
        archive.writestr("odd.png", GOOD, zipfile.ZIP_BZIP2)
        archive.writestr("twice.png", GOOD)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("twice.png", GOOD)
    loaded = load_images(path, on_error="skip", max_pixels=1000)
    assert loaded.filenames == ["good.png"]
    reasons = [reason for _, reason in loaded.skipped]
    faults = [
        *("must have at most 16,785,216", "is a link", "unusual compression"),
        *["in the zip more than once"] * 2,
    ]
    for fault in faults:
        assert any(fault in reason for reason in reasons), (fault, reasons)
    assert len(reasons) == len(faults)


@pytest.mark.parametrize("content", [b"", b"<html>Sign in</html>", b"cut off"])
def test_damaged_zips_are_refused(tmp_path, content):
    path = zip_of(tmp_path / "x.zip", {"x.png": GOOD})
    path.write_bytes(path.read_bytes()[:-30] if content == b"cut off" else content)
    for on_error in ("raise", "skip"):
        with pytest.raises(ValueError, match=r"x\.zip' cannot be unpacked"):
            load_images(path, on_error=on_error)


def test_zip_with_a_list_of_members_that_would_fill_the_memory(tmp_path):
    length = 2**25 + 1
    with open(tmp_path / "x.zip", "wb") as file:
        file.truncate(length)
        file.seek(length)
        file.write(b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 1, 1, length, 0, 0))
    with pytest.raises(ValueError, match=r"x\.zip'.* too many files"):
        load_images(tmp_path / "x.zip")


# ------------------------------------------------------------------ chance


def changed(content, rng):
    """Change, cut or repeat some bytes."""
    changed = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        # The beginning and the end of a file have most of its structure.
        index = int(rng.choice([rng.integers(60), rng.integers(len(changed))]))
        kind = rng.integers(5)
        if kind == 0:
            changed = changed[: max(index, 1)]
        elif kind == 1:
            index = max(0, len(changed) - 1 - index)
        elif kind == 2:
            changed[index:index] = changed[index : index + 12]
        value = rng.choice([0, 1, 127, 255, rng.integers(256)])
        changed[min(index, len(changed) - 1)] = value
    return bytes(changed)


def good_files():
    """Return intact files: name -> content."""
    files = {kind: encoded(kind) for kind in FORMATS}
    files["LZW"] = encoded("TIFF", compression="tiff_lzw")
    files["deflate"] = encoded("TIFF", compression="tiff_adobe_deflate")
    files["progressive"] = encoded("JPEG", progressive=True)
    files["lossless"] = encoded("WEBP", lossless=True)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("3/x.png", GOOD)
        archive.writestr("4/y.png", png(5, 7))
    files["zip"] = stream.getvalue()
    if find_spec("pillow_heif") is not None:
        files["HEIC"] = heic(20, 30)
    return files


def test_randomly_damaged_files_load_or_raise_an_error_that_names_them(tmp_path):
    rng = np.random.default_rng(0)
    files = good_files()
    n_loaded = 0
    for _ in range(1000):
        kind = rng.choice(list(files))
        path = tmp_path / ("case.zip" if kind == "zip" else "case.png")
        path.write_bytes(changed(files[kind], rng))
        try:
            loaded = load_images(path, max_pixels=10**6)
        except (ValueError, OSError) as exc:
            assert path.name in str(exc)
        else:
            n_loaded += 1
            assert all(image.dtype == np.uint8 for image in loaded.images)
    assert 100 < n_loaded < 900  # both happened
