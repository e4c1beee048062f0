"""The layout of our files: three lines of text, then arrays that no code can hide in.

    skdigits model 1
    <SHA-256 of the third line>
    {"arrays": {"bytes": ..., "sha256": ...}, ...}
    <safetensors>

The third line is JSON. Equal contents give equal bytes. A reader looks at the text
before it allocates what the arrays need.

safetensors alone was weighed: its own header holds strings only, and has no checksum.
"""

import hashlib
import json
import os

import numpy as np
import safetensors.numpy

MAX_HEADER = 2**20  # bytes; as Python objects they take twenty times as much
MAX_BRACKETS = 50_000  # in the header: each may be a list or a dict to make
DIGEST = 64  # hexadecimal digits


class DamagedFileError(ValueError):
    """A file has another layout than ours, or is not as it was written."""


def pack(kind, header, arrays):
    """Put a file's content together.

    Parameters
    ----------
    kind : str
        The first line.
    header : dict
        As JSON has it, without the key "arrays".
    arrays : dict of str to ndarray

    Returns
    -------
    bytes
    """
    body = safetensors.numpy.save(
        {name: np.asarray(array, order="C") for name, array in arrays.items()}
    )
    described = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    header = {**header, "arrays": described}
    line = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    if len(line) >= MAX_HEADER or _brackets(line) > MAX_BRACKETS:
        raise ValueError(
            f"All but the arrays must take less than {MAX_HEADER:,} bytes, and have "
            f"{MAX_BRACKETS:,} brackets at most. Got {len(line):,} and "
            f"{_brackets(line):,}: the history or the names of the features are too "
            "long."
        )
    digest = hashlib.sha256(line).hexdigest().encode()
    return b"\n".join([kind.encode(), digest, line, body])


def read_header(file, kind):
    """Read the three lines of text.

    Parameters
    ----------
    file : binary file
        Left at the first byte of the arrays.
    kind : str
        What its first line must be.

    Returns
    -------
    dict
        With the key "arrays", for `read_arrays`.

    Raises
    ------
    DamagedFileError
    """
    first = file.readline(len(kind) + 1)
    if first != kind.encode() + b"\n":
        raise DamagedFileError(f"it does not begin with the line {kind!r}")
    digest = file.readline(DIGEST + 1)
    line = file.readline(MAX_HEADER + 1)
    if not (line.endswith(b"\n") and digest.endswith(b"\n")):
        raise DamagedFileError("its text is cut off, or too long")
    if hashlib.sha256(line[:-1]).hexdigest().encode() != digest[:-1]:
        raise DamagedFileError("its text is not as it was written")
    if _brackets(line) > MAX_BRACKETS:
        raise DamagedFileError("its text has more lists than a model needs")
    try:
        header = json.loads(line, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as exc:
        raise DamagedFileError(f"its text is no JSON of ours: {exc}") from exc
    if not isinstance(header, dict):
        raise DamagedFileError("its text is no JSON object")
    return header


def read_arrays(file, described, *, limit=None):
    """Read the arrays, which are the rest of the file.

    Parameters
    ----------
    file : binary file
    described : object
        The header's "arrays".
    limit : int or None
        The most bytes that they may take.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    DamagedFileError
    """
    match described:
        case {"bytes": int(size), "sha256": str(digest), **others} if not others:
            pass
        case _:
            raise DamagedFileError("its text does not describe its arrays")
    rest = os.fstat(file.fileno()).st_size - file.tell()
    if rest != size:
        raise DamagedFileError(f"its arrays must take {size:,} bytes and take {rest:,}")
    if limit is not None and size > limit:
        raise DamagedFileError(
            f"its arrays take {size:,} bytes, and those of such a model can take "
            f"{limit:,} at most"
        )
    body = file.read(size)
    if hashlib.sha256(body).hexdigest() != digest:
        raise DamagedFileError("its arrays are not as they were written")
    try:
        return safetensors.numpy.load(body)
    except Exception as exc:  # its own, KeyError for a dtype, ValueError for a shape
        raise DamagedFileError(f"its arrays cannot be read: {exc}") from exc


def _brackets(line):
    return line.count(b"[") + line.count(b"{")


def _unique(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in an object")
    return found
