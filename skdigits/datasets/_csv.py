"""Find the competition's two CSV files, read them, and say what is wrong with them."""

import csv
import gzip
import io
import re
import signal
import string
import threading
import zipfile
import zlib
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from operator import contains
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

PIXELS = [f"pixel{i}" for i in range(784)]
ZIP_NAME = "digit-recognizer.zip"
DOWNLOAD = (
    "download it with `kaggle competitions download -c digit-recognizer` or from "
    "https://www.kaggle.com/competitions/digit-recognizer/data"
)

_USUAL_LABELS = {str(value) for value in range(10)}
_USUAL_PIXELS = {str(value) for value in range(256)}
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
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
    pair = []
    for name in ("train.csv", "test.csv"):
        paths = (folder / name, folder / f"{name}.gz")
        pair += [CSVSource(path) for path in paths if path.is_file()][:1]
    if len(pair) == 2:
        return tuple(pair)
    archive = folder / ZIP_NAME
    return find_in_zip(archive) if archive.is_file() else None


def find_in_zip(path):
    """Return a zip's sources (train, test), from whatever folder inside it."""
    with _damage_explained(path, ValueError), zipfile.ZipFile(path) as archive:
        files = [name for name in archive.namelist() if not name.endswith("/")]
    paths = {name: PurePosixPath(name) for name in files}
    pair = []
    for name in ("train.csv", "test.csv"):
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
    frame, cause = None, None
    # A cell such as 1e300 would make NumPy warn before pandas raises.
    with source.open() as stream, np.errstate(invalid="ignore"), _signals_heeded():
        try:
            frame = pd.read_csv(stream, header=0, names=header, dtype="uint8")
        except (ValueError, OverflowError) as exc:
            cause = exc
    if frame is not None and _is_sound(frame):
        return frame
    fault = _first_fault(source, header) or f" cannot be read as numbers ({cause})"
    raise _refusal(source, fault) from cause


@contextmanager
def _signals_heeded():
    """Raise what Ctrl-C raised in the middle of a file, whatever became of it.

    pandas takes a KeyboardInterrupt that reaches its parser for an error in the file.
    """
    handler = signal.getsignal(signal.SIGINT)
    is_main = threading.current_thread() is threading.main_thread()
    if not (is_main and callable(handler)):
        yield
        return
    raised = []

    def remember(number, frame):
        try:
            handler(number, frame)
        except BaseException as exc:
            raised.append(exc)
            raise

    signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if raised:
            raise raised[0]


def _is_sound(frame):
    # Where every row is too long, pandas takes the first cells for an index.
    return (
        len(frame) > 0
        and isinstance(frame.index, pd.RangeIndex)
        and ("label" not in frame or frame["label"].max() <= 9)
    )


def _refusal(source, fault):
    return ValueError(f"{source.name}{fault}. Mend the file, or {DOWNLOAD}.")


def _rows(source):
    """Yield (first line, cells) of every row that is not blank, the header first.

    Bytes that are not UTF-8 come out as lone surrogates, so that the cell in which
    they stand can be named.
    """
    with source.open() as stream:
        text = io.TextIOWrapper(
            stream, encoding="utf-8-sig", errors="surrogateescape", newline=""
        )
        reader = csv.reader(text, strict=True)
        line = 1
        try:
            for cells in reader:
                if len(cells) > 1 or "".join(cells).strip(string.whitespace):
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as exc:
            fault = f", line {line}: cells and quotes do not fit together ({exc})"
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
    missing = sorted(set(expected) - set(header), key=expected.index)
    extra = sorted(set(header) - set(expected), key=header.index)
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


def _first_fault(source, header):
    """Say where the first row that is wrong lies, and what is wrong; else None."""
    usual = [_USUAL_LABELS if name == "label" else _USUAL_PIXELS for name in header]
    rows = _rows(source)
    next(rows)
    number = 0
    for number, (line, cells) in enumerate(rows, start=1):
        if len(cells) == len(header) and all(map(contains, usual, cells)):
            continue
        where = f", row {number} (line {line})"
        if len(cells) != len(header):
            is_cut = len(cells) < len(header) and next(rows, None) is None
            reason = ": the file looks cut off" if is_cut else ""
            return f"{where}, has {len(cells)} cells, {len(header)} expected{reason}"
        for name, cell in zip(header, cells, strict=True):
            highest = 9 if name == "label" else 255
            if not _is_whole_number(cell, highest):
                return (
                    f"{where}, column {name!r}: must be a whole number from 0 to "
                    f"{highest}. Got {repr(cell[:40]) if cell else 'an empty cell'}"
                )
    return None if number else " has a header and no rows"


def _is_whole_number(cell, highest):
    if not _NUMBER.fullmatch(cell):
        return False
    value = float(cell)
    return value.is_integer() and 0 <= value <= highest
