"""Find image files in folders, by patterns and in zips, and read their bytes."""

import glob
import io
import os
import re
import shutil
import stat
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath, PureWindowsPath

# Files with the suffixes of the last row cannot be read. They are found nevertheless,
# so that they raise an error instead of being left out silently.
SUFFIXES = {
    *(".apng", ".bmp", ".dib", ".jfif", ".jpe", ".jpeg", ".jpg", ".png"),
    *(".heic", ".heif", ".tif", ".tiff", ".webp"),
    *(".avif", ".gif"),
}

# Enough for some 400,000 members, whose Python objects take more than ten times as many
# bytes.
_MAX_ZIP_DIRECTORY_BYTES = 2**25


@dataclass(frozen=True)
class ImageFile:
    """One image file, not yet read.

    ``read(max_bytes)`` returns its bytes. It raises OSError if the system cannot read
    the file, and ValueError with the end of a sentence whose subject is the file.
    """

    name: str  # as returned to the user
    where: str  # as in error messages
    path: str  # of the file itself, or of its zip
    folder: PurePath  # absolute, or inside the zip
    read: Callable[[int], bytes]


def find_images(path, stack):
    """List the image files of a path.

    Parameters
    ----------
    path : str, path-like or iterable of them
        A file, folder, zip or pattern, or several files.
    stack : ExitStack
        Keeps a zip open until its images are read.

    Returns
    -------
    list of ImageFile
        At least one.
    """
    if isinstance(path, str | os.PathLike):
        return _find_at(_as_str(path), stack)
    if not isinstance(path, Iterable) or isinstance(path, bytes):
        raise _wrong_type(path)
    files = [_file(_as_str(name)) for name in path]
    if not files:
        raise ValueError(
            "path must name at least one image. Got an empty list instead."
        )
    return files


def _as_str(path):
    name = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(name, str):
        raise _wrong_type(path)
    if "\0" in name:
        raise ValueError(f"path must have no null character. Got {name!r} instead.")
    return os.path.expanduser(name)


def _wrong_type(path):
    return TypeError(
        "path must be a str or an os.PathLike, or a list of them. Got "
        f"{type(path).__name__} instead."
    )


def _find_at(path, stack):
    if os.path.isdir(path):
        files, others = _in_folder(path)
    elif _is_zip(path):
        files, others = _in_zip(path, stack)
    elif re.search(r"[*?[]", path) and not os.path.lexists(path):
        files, others = _by_pattern(path)
    else:
        try:
            os.stat(path)
        except OSError as exc:
            raise as_unreadable(exc, path) from exc
        return [_file(path)]
    if not files:
        endings = ", ".join(sorted(others)[:5])
        got = f"where all files end in {endings}" if others else "which has no files"
        raise ValueError(
            f"path must lead to images, which end in {', '.join(sorted(SUFFIXES))}. "
            f"Got {path!r}, {got}."
        )
    return sorted(files, key=lambda file: _natural_key(file.name))


def _suffix(name):
    return PurePath(name).suffix.lower()


def _is_image(name, others):
    """Whether a name has the suffix of an image; if not, add its suffix to `others`."""
    if _suffix(name) not in SUFFIXES:
        others.add(repr(_suffix(name)))
        return False
    return True


def _natural_key(name):
    """Return a sort key: 2.png before 10.png, in the same order on every system."""
    key = []
    for part in PureWindowsPath(name).parts:
        texts = re.split(r"([0-9]+)", part.casefold())
        numbers = [text.lstrip("0") for text in texts[1::2]]
        # Numbers are compared by length first: int() accepts at most 4,300 digits.
        texts[1::2] = [(len(number), number) for number in numbers]
        key.append(texts)
    return key, name


# ------------------------------------------------------------------ files and folders


def _file(path):
    folder = PurePath(os.path.abspath(path)).parent
    return ImageFile(path, path, path, folder, partial(_read_file, path))


def _read_file(path, max_bytes):
    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):  # opening a pipe would wait for its writer
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe or a device"
        raise ValueError(f"must be a file with an image. Got {kind} instead")
    _check_length(found.st_size, max_bytes)
    with open(path, "rb") as file:
        return file.read()


def _check_length(length, max_bytes):
    if length > max_bytes:
        raise ValueError(
            f"must have at most {max_bytes:,} bytes, a limit that grows with "
            f"max_pixels. Got {length:,}. Make the image smaller, or raise max_pixels"
        )


def _in_folder(top):
    files, others, folders = [], set(), [top]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                visible = [entry for entry in entries if entry.name[0] != "."]
        except OSError as exc:
            if folder == top:
                raise as_unreadable(exc, top) from exc
            # An entry whose reading fails, so that the error comes in the usual order.
            read, where = partial(_fail, exc), PurePath(os.path.abspath(folder))
            files.append(ImageFile(folder, folder, folder, where, read))
            continue
        for entry in visible:
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and _suffix(entry.name) not in SUFFIXES:
                folders.append(entry.path)
            elif _is_image(entry.name, others):
                files.append(_file(entry.path))
    return files, others


def _fail(error, max_bytes):
    raise error


def as_unreadable(error, where):
    """Return an OSError of the same class whose message names the file."""
    return OSError(
        error.errno,
        "An image, or the folder or zip with images, cannot be read "
        f"({error.strerror or error}). Check that it exists and that you may read it",
        where,
    )


def _by_pattern(pattern):
    others = set()
    # With links to folders, "**" finds a file more than once. Keep one name for each.
    found = {
        (os.path.realpath(os.path.dirname(name)), os.path.basename(name)): name
        for name in sorted(glob.glob(pattern, recursive=True), key=len, reverse=True)
    }
    if not found:
        raise FileNotFoundError(
            f"path must be a pattern that matches some files. Got {pattern!r}, which "
            f"matches none; the working folder is {os.getcwd()!r}."
        )
    return [_file(name) for name in found.values() if _is_image(name, others)], others


# ------------------------------------------------------------------ zips


class _ZipReader(io.BufferedReader):
    """Reader that refuses a list of members that would fill the memory."""

    def read(self, size=-1):
        if size is not None and size > _MAX_ZIP_DIRECTORY_BYTES:
            raise zipfile.BadZipFile("it has too many files")
        return super().read(size)


def _is_zip(path):
    # An image may have a zip appended, so files with an image's suffix are not opened.
    return os.path.isfile(path) and (
        _suffix(path) == ".zip"
        or (_suffix(path) not in SUFFIXES and zipfile.is_zipfile(path))
    )


def _in_zip(path, stack):
    try:
        stream = io.FileIO(path)
    except OSError as exc:
        raise as_unreadable(exc, path) from exc
    try:
        reader = stack.enter_context(_ZipReader(stream))
        archive = stack.enter_context(zipfile.ZipFile(reader))
    # zipfile raises many undocumented classes of errors for a damaged zip.
    except Exception as exc:
        raise ValueError(
            f"{path!r} cannot be unpacked ({exc}): it is not a zip, or it is damaged "
            "or cut off. Create the zip again, or unpack it and pass the folder."
        ) from exc
    members, others = [], set()
    for info in archive.infolist():
        parts = PureWindowsPath(info.filename).parts  # some zips have backslashes
        is_hidden = any(part[0] == "." and part != ".." for part in parts)
        if info.is_dir() or is_hidden or "__MACOSX" in parts:
            continue
        if _is_image(info.filename, others):
            members.append(info)
    counts = Counter(info.filename for info in members)
    files = []
    for info in members:
        name = info.filename
        read = partial(_read_member, archive, info, counts[name] > 1)
        folder = PureWindowsPath(name).parent
        files.append(ImageFile(name, f"{path}: {name}", path, folder, read))
    return files, others


def _read_member(archive, info, is_duplicate, max_bytes):
    inside = PureWindowsPath(info.filename)
    if inside.anchor or ".." in inside.parts:
        fault = "has a name that leads out of the zip"
    elif is_duplicate:
        fault = "is in the zip more than once"
    elif stat.S_ISLNK(info.external_attr >> 16):
        fault = "is a link instead of a file"
    elif info.flag_bits & 1:
        fault = "is encrypted"
    # zipfile does not limit the size to which a few bytes of other methods expand.
    elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        fault = "has an unusual compression method"
    else:
        _check_length(info.file_size, max_bytes)
        content = io.BytesIO()
        try:
            # In parts, as a single read can unpack more than file_size.
            with archive.open(info) as packed:
                shutil.copyfileobj(packed, content, 2**20)
        except Exception as exc:  # see _in_zip
            fault = f"cannot be unpacked ({str(exc) or 'it ends too early'})"
        else:
            return content.getvalue()
    raise ValueError(f"{fault}. Create the zip again, with plain image files")
