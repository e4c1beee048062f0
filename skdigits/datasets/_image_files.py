"""Finds image files in folders, by patterns and in zips, and reads their bytes."""

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

# Those of the last row cannot be read. But whoever has such photos must hear of it,
# rather than get fewer images than there are.
SUFFIXES = {
    *(".apng", ".bmp", ".dib", ".jfif", ".jpe", ".jpeg", ".jpg", ".png"),
    *(".tif", ".tiff", ".webp"),
    *(".avif", ".gif", ".heic", ".heif"),
}

# In bytes, enough for some 400,000 members. Python's objects for them take more than
# ten times as much.
_MAX_ZIP_LIST = 2**25


@dataclass(frozen=True)
class ImageFile:
    """One image file, not yet read.

    ``read(limit)`` gives its bytes, `limit` at most. It raises OSError if the system
    refuses them, and ValueError with the end of a sentence that begins with the file.
    """

    name: str  # in the list that the user gets
    where: str  # in messages
    path: str  # of the file itself, or of the zip that it is in
    folder: str  # the last name of the folder in which it is, or ""
    read: Callable[[int], bytes]


def find_images(path, stack):
    """List the image files that `path` means.

    Parameters
    ----------
    path : str, path-like or iterable of them
    stack : ExitStack
        Holds a zip open while its images are read.

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
        got = f"all files end in {endings}" if others else "there are no files"
        raise ValueError(
            f"path must lead to images, which end in {', '.join(sorted(SUFFIXES))}. "
            f"Got {path!r} instead, where {got}."
        )
    return sorted(files, key=lambda file: _natural_key(file.name))


def _suffix(name):
    return PurePath(name).suffix.lower()


def _is_image(name, others):
    """Tell an image by its suffix; the suffix of another file is noted in `others`."""
    if _suffix(name) not in SUFFIXES:
        others.add(repr(_suffix(name)))
        return False
    return True


def _natural_key(name):
    """Put 2.png before 10.png, and the same files in one order on every system."""
    key = []
    for part in PureWindowsPath(name).parts:
        texts = re.split(r"([0-9]+)", part.casefold())
        numbers = [text.lstrip("0") for text in texts[1::2]]
        # By their length: int refuses text of more than 4,300 digits.
        texts[1::2] = [(len(number), number) for number in numbers]
        key.append(texts)
    return key, name


# ------------------------------------------------------------------ files and folders


def _file(path):
    folder = os.path.basename(os.path.dirname(os.path.abspath(path)))
    return ImageFile(path, path, path, folder, partial(_read_file, path))


def _read_file(path, limit):
    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):  # to open a pipe would wait for its writer
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe or a device"
        raise ValueError(f"must be a file with an image. Got {kind} instead")
    _check_length(found.st_size, limit)
    with open(path, "rb") as file:
        return file.read()


def _check_length(length, limit):
    if length > limit:
        raise ValueError(
            f"must have at most {limit:,} bytes, a limit that grows with max_pixels. "
            f"Got {length:,}. Save the image smaller, or raise max_pixels"
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
            # It stands in the list, so that it is told of in its place.
            files.append(ImageFile(folder, folder, folder, "", partial(_fail, exc)))
            continue
        for entry in visible:
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and _suffix(entry.name) not in SUFFIXES:
                folders.append(entry.path)
            elif _is_image(entry.name, others):
                files.append(_file(entry.path))
    return files, others


def _fail(error, limit):
    raise error


def as_unreadable(error, where):
    """Return an error of the system as one of the same class that names the file."""
    return OSError(
        error.errno,
        "An image, or the folder or zip with images, cannot be read "
        f"({error.strerror or error}). Check that it exists and that you may read it",
        where,
    )


def _by_pattern(pattern):
    others = set()
    # By the real folder, as "**" finds the files of a linked folder more than once.
    found = {
        (os.path.realpath(os.path.dirname(name)), os.path.basename(name)): name
        for name in sorted(glob.glob(pattern, recursive=True), key=len, reverse=True)
    }
    if not found:
        raise FileNotFoundError(
            f"path must be a pattern that fits some files. Got {pattern!r}, which fits "
            f"none; the working folder is {os.getcwd()!r}."
        )
    return [_file(name) for name in found.values() if _is_image(name, others)], others


# ------------------------------------------------------------------ zips


class _ZipReader(io.BufferedReader):
    """Refuses to read a list of members that would fill the memory."""

    def read(self, size=-1):
        if size is not None and size > _MAX_ZIP_LIST:
            raise zipfile.BadZipFile("it has too many files")
        return super().read(size)


def _is_zip(path):
    # Only an ordinary file is opened; an image may have a zip behind it.
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
    # zipfile raises errors of many classes for a damaged zip, and promises none.
    except Exception as exc:
        raise ValueError(
            f"{path!r} cannot be unpacked ({exc}): it is no zip, or damaged or cut "
            "off. Make it anew, or unpack it and pass the folder."
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
        folder = PureWindowsPath(name).parent.name
        files.append(ImageFile(name, f"{path}: {name}", path, folder, read))
    return files, others


def _read_member(archive, info, is_double, limit):
    inside = PureWindowsPath(info.filename)
    if inside.anchor or ".." in inside.parts:
        fault = "has a name that leads out of the zip"
    elif is_double:
        fault = "is there more than once"
    elif stat.S_ISLNK(info.external_attr >> 16):
        fault = "is a link and no file"
    elif info.flag_bits & 1:
        fault = "is encrypted"
    # zipfile has no bound for what a few bytes of another method grow to.
    elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        fault = "is packed by an unusual method"
    else:
        _check_length(info.file_size, limit)
        content = io.BytesIO()
        try:
            # In parts: in one read, more than file_size would be unpacked.
            with archive.open(info) as packed:
                shutil.copyfileobj(packed, content, 2**20)
        except Exception as exc:  # as above
            fault = f"cannot be unpacked ({str(exc) or 'it ends too early'})"
        else:
            return content.getvalue()
    raise ValueError(f"{fault}. Make the zip anew, with plain image files")
