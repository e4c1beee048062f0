"""Loader of image files as arrays."""

import io
import math
import os
import re
import warnings
from collections.abc import Iterable
from contextlib import ExitStack, contextmanager
from functools import partial
from numbers import Integral
from typing import Literal

import numpy as np
from PIL import Image, UnidentifiedImageError
from sklearn.utils import Bunch

from .._core.bunch import ShortBunch
from ._folder_labels import labels_of_folders
from ._image_files import as_unreadable, find_images

MAX_PIXELS = 50_000_000
# Pillow decodes these itself. For other formats, such as EPS, it starts programs.
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
_HEIC = re.compile(rb"....ftyp(hei|hev|mif1|msf1)", re.DOTALL)  # the first 12 bytes
_BITS_PER_SAMPLE_TAG = 258  # of TIFF
_ORIENTATION_TAG = 274  # of EXIF
_TRANSPOSE_BY_ORIENTATION = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_HOW_TO_FIX = "Save the image again as PNG or JPEG, or remove it"
_MAX_TIFF_TAG_BYTES = 2**22
_DESCR = """\
Images from files
-----------------
{n} images, read by skdigits.datasets.load_images from {origin}.

Each is an array of 8-bit numbers: (height, width) in grey, (height, width, 3) in red,
green and blue, or (height, width, 4) with opacity as the last channel. Photos are
turned upright if their EXIF data contain the orientation.
"""


def load_images(
    path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    on_error: Literal["raise", "skip"] = "raise",
    max_pixels: int = MAX_PIXELS,
) -> Bunch:
    """Load photos, scans or drawings from image files.

    PNG, JPEG, TIFF, BMP and WebP are supported, and HEIC with the extra ``heic``:
    ``pip install "skdigits[heic]"``. Each file is checked before its pixels are
    unpacked. A file that is damaged or would fill the memory raises an error that names
    it.

    Parameters
    ----------
    path : str, os.PathLike or list of them
        A folder, which is searched with its subfolders; a zip; one image; a pattern
        such as ``"photos/*.jpg"``, or ``"photos/**/*.jpg"`` with subfolders; or a list
        of images. ``~`` is the home folder.
    on_error : {"raise", "skip"}, default="raise"
        Whether the first image that cannot be loaded raises an error, or such images
        are left out and listed in `skipped`.
    max_pixels : int, default=50000000
        Maximum number of pixels of an image; a larger one is an error. A pixel takes
        one to four bytes in the result, and a few times as much while it is decoded.
        For all formats but HEIC, Pillow's limit, twice ``PIL.Image.MAX_IMAGE_PIXELS``,
        applies as well.

    Returns
    -------
    loaded : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        images : list of ndarray, dtype uint8
            Each of shape (height, width) if the image is grey, (height, width, 3) if it
            has colours, and (height, width, 4) if it has transparency, with opacity as
            the last channel.
        target : ndarray of shape (n_images,), dtype int or str, or None
            The digits, if each image is in a folder named after its digit: all like
            ``0``, all like ``digit_0``, all like ``digit-0``, or all like ``zero``.
            Otherwise the names of the folders, if there are several and all are in the
            same folder, for example ``A`` and ``B`` in ``letters``. Else None.
        filenames : list of str
            Path of each image or, in a zip, the name of its member.
        skipped : list of tuple (str, str)
            Path and reason of each image that was left out.
        DESCR : str
            Description and origin of the images.

    Raises
    ------
    FileNotFoundError
        If `path` does not exist, or no file matches the pattern.
    OSError
        If the system cannot read a file.
    TypeError
        If a parameter has the wrong type.
    ValueError
        If a file is damaged, too large or not an image, or if it needs the extra
        ``heic``, which is not installed; if no image is found, or all are skipped. The
        message names the file. Also if folders are named after digits in several ways,
        such as ``0`` and ``zero``.

    See Also
    --------
    load_sample : Load digits that are part of the package.
    load_competition : Load the digits of the competition.

    Notes
    -----
    The images of a folder, a zip or a pattern are in natural order, ``2.png`` before
    ``10.png``, regardless of upper and lower case. A list keeps its order.

    In folders, zips and patterns, images are found by their suffix. Other files, and
    names that begin with a dot, are left out; links to folders are not followed. GIF
    and AVIF files are found as well, but raise an error. The decoder depends only on
    the content of a file.

    Photos are turned upright according to their EXIF data; damaged EXIF data are
    ignored. Only the first page or frame of a file is used. Palettes, CMYK and single
    bits become grey or colour. Grey values of 16 bits are divided by 257. In TIFF, grey
    values of 32 bits have their white at 1 (floats only), 255 or 65,535, the first that
    no value exceeds. If there are negative or larger values, the lowest becomes 0 and
    the highest 255.

    Pillow decodes the files. Install its newest version for files from unknown sources:
    with Pillow 11.3, crafted EXIF data can still fill the memory.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from PIL import Image
    >>> from skdigits.datasets import load_images
    >>> with TemporaryDirectory() as folder:
    ...     for digit in (3, 7):
    ...         Path(folder, str(digit)).mkdir()
    ...         drawing = Image.fromarray(np.full((40, 30), 20 * digit, np.uint8))
    ...         drawing.save(Path(folder, str(digit), "drawing.png"))
    ...     loaded = load_images(folder)
    >>> [image.shape for image in loaded.images]
    [(40, 30), (40, 30)]
    >>> loaded.target
    array([3, 7])
    """
    _check_parameters(on_error, max_pixels)
    loaded = ShortBunch(images=[], target=None, filenames=[], skipped=[])
    folders = []
    with ExitStack() as stack:
        for file in find_images(path, stack):
            try:
                image = read_image(file, max_pixels)
            except (OSError, ValueError) as exc:
                if on_error == "raise":
                    raise
                loaded.skipped.append((file.name, str(exc)))
            else:
                loaded.images.append(image)
                loaded.filenames.append(file.name)
                folders.append(file.folder)
    if not loaded.images:
        raise ValueError(
            f"path must lead to an image that can be loaded. Got {len(loaded.skipped)} "
            f"that cannot. The first: {loaded.skipped[0][1]}"
        )
    loaded.target = labels_of_folders(folders)
    origin = path if isinstance(path, str | os.PathLike) else "a list of files"
    loaded.DESCR = _DESCR.format(n=len(folders), origin=origin)
    return loaded


def read_image(file, max_pixels=MAX_PIXELS):
    """Read one image file.

    Parameters
    ----------
    file : ImageFile
    max_pixels : int, default=50000000

    Returns
    -------
    ndarray of shape (height, width) or (height, width, channels), dtype uint8

    Raises
    ------
    OSError, ValueError
        If the file cannot be read. The message names it.
    """
    # A raw image has at most 8 bytes for each pixel; the rest is for metadata.
    max_bytes = 8 * max_pixels + 2**24
    try:
        return _decode(file.read(max_bytes), max_pixels)
    except OSError as exc:
        raise as_unreadable(exc, file.where) from exc
    except ValueError as exc:
        raise ValueError(f"{file.where!r} {exc}.") from exc


def _check_parameters(on_error, max_pixels):
    if on_error not in ("raise", "skip"):
        raise ValueError(
            f"on_error must be 'raise' or 'skip'. Got {on_error!r} instead."
        )
    if not isinstance(max_pixels, Integral) or isinstance(max_pixels, bool):
        raise TypeError(
            f"max_pixels must be an int. Got {type(max_pixels).__name__} instead."
        )
    if max_pixels < 1:
        raise ValueError(f"max_pixels must be at least 1. Got {max_pixels} instead.")


def _decode(content, max_pixels):
    """Return the content of an image file as an array."""
    if not content:
        raise ValueError(f"must be an image. Got an empty file instead. {_HOW_TO_FIX}")
    opener = _opener(content)
    with ExitStack() as stack:
        # Pillow's warnings are harmless, or the code below raises an error.
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stream = _Stream(content)
        with _faults_explained(content):
            image = stack.enter_context(opener(stream))
        stream.max_bytes_left = math.inf
        width, height = image.size
        if not 0 < width * height <= max_pixels:
            raise ValueError(
                f"must have 1 to max_pixels={max_pixels:,} pixels. Got {width:,} x "
                f"{height:,}. Make the image smaller, or raise max_pixels"
            )
        with _faults_explained(content):
            image.load()
            return _as_uint8(_upright(image))


def _opener(content):
    """Return the function that opens a stream of the content."""
    if not _HEIC.match(content):
        return partial(Image.open, formats=_FORMATS)
    try:
        # Its plugin for Image.open would be registered for the whole process.
        from pillow_heif import HeifImageFile
    except ImportError as exc:
        raise ValueError(
            'is a HEIC image, which needs pillow-heif: pip install "skdigits[heic]"'
        ) from exc
    return HeifImageFile


class _Stream(io.BytesIO):
    """Content of a file, of which only `max_bytes_left` may be read.

    Pillow makes objects of all tags of a TIFF before it reports the number of pixels. A
    small file can have millions of strips, or thousands of tags that share their bytes.
    """

    def __init__(self, content):
        super().__init__(content)
        is_tiff = content.startswith((b"II", b"MM"))
        self.max_bytes_left = _MAX_TIFF_TAG_BYTES if is_tiff else math.inf

    def read(self, size=-1, /):
        content = super().read(size)
        self.max_bytes_left -= len(content)
        if self.max_bytes_left < 0:
            raise ValueError("the tags of a TIFF take more than 4 MiB")
        return content


@contextmanager
def _faults_explained(content):
    try:
        yield
    except UnidentifiedImageError as exc:
        raise ValueError(
            "must be a PNG, JPEG, TIFF, BMP, WebP or HEIC image. Got another kind of "
            "file instead, or a damaged one; it starts with "
            f"{content[:16]!r}. {_HOW_TO_FIX}"
        ) from exc
    except Image.DecompressionBombError as exc:
        raise ValueError(
            "must have at most max_pixels pixels and not more than Pillow allows. Got "
            f"more ({exc}). Make the image smaller"
        ) from exc
    except MemoryError:
        raise
    # Pillow's decoders raise errors of many classes for a damaged file.
    except Exception as exc:
        raise ValueError(
            f"cannot be decoded ({str(exc) or type(exc).__name__}): it looks damaged "
            f"or cut off. {_HOW_TO_FIX}"
        ) from exc


def _upright(image):
    """Turn a photo upright according to its EXIF data; Pillow has turned TIFFs already.

    ImageOps.exif_transpose also rewrites the other EXIF data, which fails for those of
    some cameras.
    """
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG)
    except Exception:  # of any class: the pixels can be used
        return image
    method = _TRANSPOSE_BY_ORIENTATION.get(orientation)
    return image if method is None else image.transpose(method)


def _as_uint8(image):
    if image.mode.startswith("I;16"):
        # Pillow does not scale the 12 bits of some TIFFs.
        bits = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE_TAG, (16,))
        return _scaled(np.asarray(image), 0, 2 ** bits[0] - 1)
    if image.mode in ("I", "F"):
        return _scaled(np.asarray(image), *_range_of(np.asarray(image)))
    mode = "L" if image.mode in ("1", "L") else "RGB"
    if image.has_transparency_data:
        mode = "RGBA"
    # Image.convert would copy an image that already has the mode.
    return np.array(image if image.mode == mode else image.convert(mode))


def _range_of(pixels):
    """Return the values of black and white in an image of 32-bit numbers."""
    if not np.isfinite(pixels).all():
        raise ValueError("some pixels are not finite")
    low, high = float(pixels.min()), float(pixels.max())
    whites = (255, 65_535) if pixels.dtype.kind == "i" else (1, 255, 65_535)
    for white in whites:
        if low >= 0 and high <= white:
            return 0, white
    return low, high if high > low else math.inf


def _scaled(pixels, low, high):
    scaled = pixels.astype(np.float64)  # then in place, as the image may be large
    scaled -= low
    scaled *= 255 / (high - low)
    return np.rint(scaled, out=scaled).astype(np.uint8)
