"""Find the competition's two CSV files, read them, and say what is wrong with them."""

import csv
import gzip
import io
import re
import string
import zipfile
import zlib
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

PIXELS = [f"pixel{i}" for i in range(784)]
NAMES = ("train.csv", "test.csv")
ZIP_NAME = "digit-recognizer.zip"
DOWNLOAD = (
    "download it with `kaggle competitions download -c digit-recognizer` or from "
    "https://www.kaggle.com/competitions/digit-recognizer/data"
)

# In bytes. The arrays of a larger block are so large that the C library fetches the
# memory for each from the system anew: twice as slow in a fresh process.
_BLOCK_SIZE = 2**16
# In characters. 785 cells take 3,000, or 20,000 in the longest of usual formats. A file
# of a few megabytes can unpack to one line of gigabytes.
_LONGEST_ROW = 2**20
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_UNPACKING_ERRORS = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,  # a gzip stream that is cut off
    RuntimeError,  # a zip with a password, or packed by a method Python lacks
)


@contextmanager
def _damage_explained(name, *also):
    try:
        yield
    except (*_UNPACKING_ERRORS, *also) as exc:
        raise ValueError(
            f"{name} cannot be unpacked ({str(exc) or 'it ends too early'}): the file "
            f"looks damaged or cut off. If it should be the competition's, {DOWNLOAD}."
        ) from exc


@dataclass(frozen=True)
class CSVSource:
    """A CSV file in a folder, or a member of a zip; gzipped if its name ends so."""

    path: Path
    member: str | None = None

    @property
    def name(self):
        return f"{self.path}: {self.member}" if self.member else str(self.path)

    @contextmanager
    def open(self):
        """Open as a stream of bytes; damage met while it is read is a ValueError."""
        with ExitStack() as stack:
            enter = stack.enter_context
            # A zip with a damaged directory makes zipfile raise ValueError as well.
            with _damage_explained(self.name, ValueError):
                if self.member is None:
                    stream = enter(self.path.open("rb"))
                else:
                    stream = enter(enter(zipfile.ZipFile(self.path)).open(self.member))
                if self.name.endswith(".gz"):
                    stream = enter(gzip.GzipFile(fileobj=stream))
            with _damage_explained(self.name):
                yield stream


def find_in_folder(folder):
    """Return a folder's sources (train, test), or None if they are not there."""
    pair = tuple(find_csv(folder, name) for name in NAMES)
    if all(pair):
        return pair
    archive = folder / ZIP_NAME
    return find_in_zip(archive) if archive.is_file() else None


def find_csv(folder, name):
    """Return the source of that name in a folder, gzipped or not; None if none is."""
    paths = (folder / name, folder / f"{name}.gz")
    return next((CSVSource(path) for path in paths if path.is_file()), None)


def find_in_zip(path):
    """Return a zip's sources (train, test), from whatever folder inside it."""
    with _damage_explained(path, ValueError), zipfile.ZipFile(path) as archive:
        files = [name for name in archive.namelist() if not name.endswith("/")]
    paths = {name: PurePosixPath(name) for name in files}
    pair = []
    for name in NAMES:
        matches = [
            member
            for member, path_inside in paths.items()
            if path_inside.name in (name, f"{name}.gz")
            and "__MACOSX" not in path_inside.parts
        ]
        if not matches:
            raise ValueError(
                f"{path} must hold train.csv and test.csv. Got a zip without {name}. "
                f"If it should be the competition's, {DOWNLOAD}."
            )
        best = min(matches, key=lambda member: (len(paths[member].parts), member))
        pair.append(CSVSource(path, best))
    return tuple(pair)


def read_digits(source, *, labelled):
    """Read a file as a DataFrame, its columns in the order of the file.

    Parameters
    ----------
    source : CSVSource
        The file.
    labelled : bool
        Whether the column ``label`` must be there, or must not.

    Returns
    -------
    frame : DataFrame of shape (n_rows, 784) or (n_rows, 785), dtype uint8
        Whole and valid, with at least one row.

    Raises
    ------
    ValueError
        If anything in the file is not as the competition has it. The message names
        the file, and the first row and column at fault.
    """
    header = _read_header(source, labelled)
    values = _read_plain(source, header) or _read_carefully(source, header)
    table = np.frombuffer(values, dtype=np.uint8).reshape(-1, len(header))
    return pd.DataFrame(table, columns=header, copy=False)


def _read_plain(source, header):
    """Return the values row by row if all are plain numbers such as 7; else None.

    This is faster than pandas.read_csv with dtype uint8, which reads True as 1 and,
    before version 3, 256 as 0.
    """
    values = bytearray()
    highest = np.array(_highest_values(header), dtype=np.int16)
    with source.open() as stream:
        first_line = stream.readline(_LONGEST_ROW).decode("utf-8-sig", "replace")
        if first_line.replace('"', "").strip().split(",") != header:
            return None
        while lines := stream.read(_BLOCK_SIZE):
            rest = stream.readline(_LONGEST_ROW)
            is_whole = len(rest) < _LONGEST_ROW
            table = _plain_table(lines + rest, highest) if is_whole else None
            if table is None:
                return None
            values += table.tobytes()
    return values


def _plain_table(lines, highest):
    """Return whole lines of plain numbers as an array, uint8; else None."""
    lines = lines.replace(b"\r\n", b"\n").removesuffix(b"\n") + b"\n"
    text = np.frombuffer(lines, dtype=np.uint8)
    ends = np.flatnonzero(text < ord("0"))
    lengths = np.diff(ends, prepend=-1) - 1
    row = b"," * (len(highest) - 1) + b"\n"
    if (
        text[ends].tobytes() != row * (len(ends) // len(row))
        or text.max() > ord("9")
        or lengths.min() < 1
        or lengths.max() > 3
    ):
        return None
    digits = text.astype(np.int16) - ord("0")
    # In a short cell, what stands in the place of tens or hundreds is another cell's.
    values = digits[ends - 1]
    values += digits[ends - 2] * (lengths > 1) * 10
    values += digits[ends - 3] * (lengths > 2) * 100
    table = values.reshape(-1, len(row))
    return table.astype(np.uint8) if (table <= highest).all() else None


def _read_carefully(source, header):
    """Return the values row by row, however they are written, or raise."""
    values = bytearray()
    highest = _highest_values(header)
    whole_number = cache(_whole_number)
    rows = _rows(source)
    next(rows)
    for number, (line, cells) in enumerate(rows, start=1):
        where = f", row {number} (line {line})"
        if len(cells) != len(header):
            is_cut = len(cells) < len(header) and next(rows, None) is None
            reason = ": the file looks cut off" if is_cut else ""
            fault = f", has {len(cells)} cells, {len(header)} expected{reason}"
            raise _refusal(source, where + fault)
        numbers = list(map(whole_number, cells, highest))
        if None in numbers:
            column = numbers.index(None)
            cell = cells[column]
            fault = (
                f", column {header[column]!r}: must be a whole number from 0 to "
                f"{highest[column]}. Got {repr(cell[:40]) if cell else 'an empty cell'}"
            )
            raise _refusal(source, where + fault)
        values += bytes(numbers)
    if not values:
        raise _refusal(source, " has a header and no rows")
    return values


def _highest_values(header):
    return [9 if name == "label" else 255 for name in header]


def _whole_number(cell, highest):
    """Return the value of a cell, or None unless it is whole, from 0 to `highest`."""
    if not _NUMBER.fullmatch(cell):
        return None
    value = float(cell)
    return int(value) if value.is_integer() and 0 <= value <= highest else None


def _refusal(source, fault):
    return ValueError(f"{source.name}{fault}. Fix the file, or {DOWNLOAD}.")


def _rows(source):
    """Yield (first line, cells) of every row that is not blank, the header first.

    Bytes that are not UTF-8 come out as lone surrogates, so that the cell in which
    they stand can be named.
    """
    with source.open() as stream:
        text = io.TextIOWrapper(
            stream, encoding="utf-8-sig", errors="surrogateescape", newline=""
        )
        line, number, length = 1, 0, 0

        def lines():
            nonlocal length
            while part := text.readline(_LONGEST_ROW + 1):
                length += len(part)
                if length > _LONGEST_ROW:  # a row of several lines, too
                    raise _refusal(
                        source,
                        f"{where()}: must be a row of 784 or 785 short cells. Got a "
                        f"row of more than {_LONGEST_ROW:,} characters",
                    )
                yield part

        def where():
            return f", row {number} (line {line})" if number else f", line {line}"

        reader = csv.reader(lines(), strict=True)
        try:
            for cells in reader:
                if len(cells) > 1 or "".join(cells).strip(string.whitespace):
                    yield line, cells
                    number += 1
                line, length = reader.line_num + 1, 0
        except csv.Error as exc:
            fault = f"{where()}: cells and quotes do not fit together ({exc})"
            raise _refusal(source, fault) from exc


def _read_header(source, labelled):
    """Return the names of the columns: the right ones, in the order of the file."""
    _, cells = next(_rows(source), (1, []))
    header = [cell.strip() for cell in cells]
    fault = _header_fault(header, ["label", *PIXELS] if labelled else PIXELS)
    if fault:
        raise _refusal(source, fault)
    return header


def _header_fault(header, expected):
    """Say what is wrong with the names of the columns, or return None."""
    if not header:
        return " is empty"
    present, allowed = dict.fromkeys(header), set(expected)
    missing = [name for name in expected if name not in present]
    extra = [name for name in present if name not in allowed]
    twice = [name for name, count in Counter(header).items() if count > 1]
    if len(missing) == len(expected):
        start = ",".join(header).encode("utf-8", "surrogateescape")[:40]
        return (
            f" must be a CSV file in UTF-8 with a first line {expected[0]}, "
            f"{expected[1]}, and so on to pixel783. Got a file that starts with "
            f"{start!r} instead"
        )
    if twice:
        return f" must have each column once. Got {_some(twice)} more than once"
    if missing == ["label"] and not extra:
        return " lacks the column 'label': train.csv and test.csv may be swapped"
    if extra == ["label"] and not missing:
        return " has a column 'label': train.csv and test.csv may be swapped"
    if missing or extra:
        faults = [
            f"lacks {_some(missing)}" if missing else "",
            f"has {_some(extra)}, which must not be there" if extra else "",
        ]
        return f", in its first line, {' and '.join(filter(None, faults))}"
    return None


def _some(names, most=3):
    shown = ", ".join(map(repr, names[:most]))
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
