"""Safetensors files with JSON in their metadata: model files and checkpoints.

Every program that reads safetensors opens them. Their metadata has four strings:

    format          such as "skdigits model 3"
    content         JSON
    content_sha256  digest of the content
    tensors_sha256  digest of the tensors' descriptions in the header, and of their data

Equal contents give equal bytes.
"""

import dataclasses
import hashlib
import json
import math
import os

import numpy as np
import safetensors.numpy

MAX_HEADER_BYTES = 2**21  # as Python objects they take about twenty times as much
MAX_BRACKETS = 100_000  # in JSON: each may be a list or a dict to create
MAX_DIMENSIONS = 8
BYTES_PER_VALUE = {"BOOL": 1} | {f"{k}{8 * n}": n for k in "FIU" for n in (1, 2, 4, 8)}


class DamagedFileError(ValueError):
    """The file is corrupt or not a skdigits file."""


class OtherFormatError(DamagedFileError):
    """The file has another format; `found` is the one in its metadata, or None."""

    def __init__(self, found, expected):
        what = "it has none" if found is None else f"it is {found[:40]!r}"
        super().__init__(f"its format must be {expected!r}, and {what}")
        self.found = found


@dataclasses.dataclass(frozen=True)
class Header:
    """Header of a file, with the content that it describes."""

    content: dict
    shapes: dict  # name of a tensor -> tuple of int
    n_bytes: int  # size of the tensors' data, which is the rest of the file
    start: bytes  # the file up to the data
    tensors: dict  # descriptions of the tensors
    tensors_sha256: str


def pack(kind, content, arrays):
    """Return the bytes of a file of format `kind`, with JSON content and arrays."""
    plain = safetensors.numpy.save(
        {name: np.asarray(array, order="C") for name, array in arrays.items()}
    )
    start = 8 + int.from_bytes(plain[:8], "little")
    tensors, data = json.loads(plain[8:start]), plain[start:]
    text = _dumps(content)
    metadata = {
        "format": kind,
        "content": text.decode(),
        "content_sha256": hashlib.sha256(text).hexdigest(),
        "tensors_sha256": _tensors_sha256(tensors, data),
    }
    header = _dumps({"__metadata__": metadata, **tensors})
    header += b" " * (-len(header) % 8)  # the data are aligned
    if len(header) > MAX_HEADER_BYTES or _brackets(header) > MAX_BRACKETS:
        raise ValueError(
            f"Everything except the weights must take at most {MAX_HEADER_BYTES:,} "
            f"bytes and {MAX_BRACKETS:,} brackets. Got {len(header):,} bytes and "
            f"{_brackets(header):,} brackets instead. Shorten history_ or the names of "
            "the features."
        )
    return b"".join([len(header).to_bytes(8, "little"), header, data])


def read_header(file, kind):
    """Read and check the header of a file, which is left at the data of its tensors.

    Its size is checked before anything is allocated. `read_arrays` checks the digest of
    the tensors.

    Raises
    ------
    OtherFormatError
        If the file is not a safetensors file, or its format is not `kind`.
    DamagedFileError
    """
    start = file.read(9)
    if len(start) < 9 or not start.strip(b"\0"):  # zeros: after a power failure
        raise DamagedFileError("it is empty or cut off")
    length = int.from_bytes(start[:8], "little")
    if not start.endswith(b"{") or length > MAX_HEADER_BYTES:
        raise OtherFormatError(None, kind)
    start += file.read(length - 1)
    if len(start) != 8 + length:
        raise DamagedFileError("its header is cut off")
    tensors = _loads(start[8:])
    metadata = tensors.pop("__metadata__", None)
    found = metadata.get("format") if isinstance(metadata, dict) else None
    if found != kind:
        raise OtherFormatError(found if isinstance(found, str) else None, kind)
    match metadata:
        case {
            "content": str(content),
            "content_sha256": str(content_sha256),
            "tensors_sha256": str(tensors_sha256),
        } if len(metadata) == 4 and content.isascii():
            text = content.encode()
        case _:
            raise DamagedFileError("its metadata must have a content and two digests")
    if hashlib.sha256(text).hexdigest() != content_sha256:
        raise DamagedFileError("its content does not match its digest")
    n_bytes = sum(map(_n_bytes, tensors.values()))
    rest = os.fstat(file.fileno()).st_size - len(start)
    if rest != n_bytes:
        raise DamagedFileError(f"its tensors must take {n_bytes:,} bytes. Got {rest:,}")
    shapes = {name: tuple(tensor["shape"]) for name, tensor in tensors.items()}
    return Header(_loads(text), shapes, n_bytes, start, tensors, tensors_sha256)


def read_arrays(file, header):
    """Return the arrays of a file by their names, or raise a DamagedFileError."""
    data = file.read(header.n_bytes)
    if _tensors_sha256(header.tensors, data) != header.tensors_sha256:
        raise DamagedFileError("its tensors do not match their digest")
    try:
        return safetensors.numpy.load(header.start + data)
    except Exception as exc:  # SafetensorError, and ValueError for a shape
        raise DamagedFileError(f"its tensors cannot be read: {exc}") from exc


def _n_bytes(tensor):
    """Return the size of the data of a tensor, after a check of its description."""
    match tensor:
        case {
            "dtype": str(dtype),
            "shape": list(shape),
            "data_offsets": [int(), int()],
        } if (
            len(tensor) == 3
            and dtype in BYTES_PER_VALUE
            and len(shape) <= MAX_DIMENSIONS
            and all(type(n) is int and 0 <= n < 2**40 for n in shape)
        ):
            return BYTES_PER_VALUE[dtype] * math.prod(shape)
    raise DamagedFileError("its tensors must have a dtype, a shape and two offsets")


def _tensors_sha256(tensors, data):
    return hashlib.sha256(_dumps(tensors) + data).hexdigest()


def _dumps(content):
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def _loads(text):
    """Return the JSON object of a text in an untrusted file."""
    if _brackets(text) > MAX_BRACKETS:
        raise DamagedFileError("its JSON has more lists and objects than a model needs")
    try:
        found = json.loads(text.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as exc:
        raise DamagedFileError(f"its JSON is not valid: {exc}") from exc
    if not isinstance(found, dict):
        raise DamagedFileError("its JSON must be an object")
    return found


def _brackets(text):
    return text.count(b"[") + text.count(b"{")


def _unique(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice in an object")
    return found
