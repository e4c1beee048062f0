"""Find, read and check the two CSV files of the competition."""

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

_BLOCK_BYTES = 2**18
# 785 cells take 3,000 characters, or 20,000 in the longest of the usual formats. A file
# of a few megabytes can unpack to one line of gigabytes.
_MAX_ROW_CHARACTERS = 2**20
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_UNPACKING_ERRORS = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,  # a gzip stream that is cut off
    RuntimeError,  # a password, or a compression method that Python does not have
)


@contextmanager
def _damage_explained(name, *more_errors):
    try:
        yield
    except (*_UNPACKING_ERRORS, *more_errors) as exc:
        raise ValueError(
            f"{name} cannot be unpacked ({str(exc) or 'it ends too early'}): the file "
            f"looks damaged or cut off. If it is the competition's file, {DOWNLOAD}."
        ) from exc


@dataclass(frozen=True)
class CSVSource:
    """CSV file in a folder or in a zip, gzipped if its name ends in ``.gz``."""

    path: Path
    member: str | None = None

    @property
    def name(self):
        return f"{self.path}: {self.member}" if self.member else str(self.path)

    @contextmanager
    def open(self):
        """Open the file as bytes; damage found while reading is a ValueError."""
        with ExitStack() as stack:
            enter = stack.enter_context
            # zipfile also raises ValueError for a zip whose directory is damaged.
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
    """Return the sources (train, test) in a folder, or None."""
    pair = tuple(find_csv(folder, name) for name in NAMES)
    if all(pair):
        return pair
    archive = folder / ZIP_NAME
    return find_in_zip(archive) if archive.is_file() else None


def find_csv(folder, name):
    """Return the source with that name in a folder, gzipped or not, or None."""
    paths = (folder / name, folder / f"{name}.gz")
    return next((CSVSource(path) for path in paths if path.is_file()), None)


def find_in_zip(path):
    """Return the sources (train, test) in any folder of a zip."""
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
                f"If it is the competition's zip, {DOWNLOAD}."
            )
        best = min(matches, key=lambda member: (len(paths[member].parts), member))
        pair.append(CSVSource(path, best))
    return tuple(pair)


def read_digits(source, *, labelled):
    """Read and check a CSV file of the competition.

    Parameters
    ----------
    source : CSVSource
    labelled : bool
        Whether the file must have the column ``label``. If False, it must not.

    Returns
    -------
    DataFrame of shape (n_rows, 784) or (n_rows, 785), dtype uint8
        At least one row. The columns are in the order of the file.

    Raises
    ------
    ValueError
        If the file differs from the competition's format. The message names the file
        and the first wrong row and column.
    """
    header = _read_header(source, labelled)
    values = _read_plain(source, header) or _read_carefully(source, header)
    table = np.frombuffer(values, dtype=np.uint8).reshape(-1, len(header))
    return pd.DataFrame(table, columns=header, copy=False)


def _read_plain(source, header):
    """Return the values row by row, or None unless NumPy reads all of them.

    The numbers are read as floats: with integers, np.loadtxt and pandas.read_csv accept
    some of 256, -1, 0.5 and True and return other values for them.
    """
    values = bytearray()
    highest = _highest_values(header)
    with source.open() as stream:
        first_line = stream.readline(_MAX_ROW_CHARACTERS).decode("utf-8-sig", "replace")
        if first_line.replace('"', "").strip().split(",") != header:
            return None
        while lines := stream.read(_BLOCK_BYTES):
            rest = stream.readline(_MAX_ROW_CHARACTERS)
            lines += rest
            if len(rest) == _MAX_ROW_CHARACTERS or not lines.strip():
                return None
            try:
                text = io.StringIO(lines.decode("ascii"))
                table = np.loadtxt(text, delimiter=",", comments=None, ndmin=2)
            except ValueError:
                return None
            if table.shape[1] != len(header):
                return None
            is_valid = (table == np.rint(table)) & (table >= 0) & (table <= highest)
            if not is_valid.all():
                return None
            values += table.astype(np.uint8).tobytes()
    return values


def _read_carefully(source, header):
    """Return the values row by row, or raise an error that names the first fault."""
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
    """Return the value of a cell, or None unless it is an integer in range."""
    if not _NUMBER.fullmatch(cell):
        return None
    value = float(cell)
    return int(value) if value.is_integer() and 0 <= value <= highest else None


def _refusal(source, fault):
    return ValueError(f"{source.name}{fault}. Fix the file, or {DOWNLOAD}.")


def _rows(source):
    """Yield (number of the first line, cells) of each row that is not blank.

    Bytes that are not UTF-8 become lone surrogates, so that an error can name the cell.
    """
    with source.open() as stream:
        text = io.TextIOWrapper(
            stream, encoding="utf-8-sig", errors="surrogateescape", newline=""
        )
        line, number, length = 1, 0, 0

        def lines():
            nonlocal length
            while part := text.readline(_MAX_ROW_CHARACTERS + 1):
                length += len(part)
                if length > _MAX_ROW_CHARACTERS:  # quoted cells may have several lines
                    raise _refusal(
                        source,
                        f"{where()}: must be a row of 784 or 785 short cells. Got a "
                        f"row of more than {_MAX_ROW_CHARACTERS:,} characters",
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
    """Return the checked names of the columns, in the order of the file."""
    _, cells = next(_rows(source), (1, []))
    header = [cell.strip() for cell in cells]
    fault = _header_fault(header, ["label", *PIXELS] if labelled else PIXELS)
    if fault:
        raise _refusal(source, fault)
    return header


def _header_fault(header, expected):
    """Describe the fault in the names of the columns, or return None."""
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
            f"has {_some(extra)}, which is not expected" if extra else "",
        ]
        return f", in its first line, {' and '.join(filter(None, faults))}"
    return None


def _some(names, n_shown=3):
    shown = ", ".join(map(repr, names[:n_shown]))
    more = len(names) - n_shown
    return f"{shown} and {more} more" if more > 0 else shown
