"""Errors of load_competition for faulty CSV files."""

import gzip
import shutil
import time
import tracemalloc

import pytest
from helpers.competition import rows_of, text_of, zip_of

from skdigits.datasets import load_competition

pytestmark = pytest.mark.filterwarnings("error")


def edited(row, column, cell):
    """Return an edit of one cell; row 0 is the header, column 0 the label."""

    def edit(rows):
        rows[row][column] = cell

    return edit


def only_columns(which, columns):
    """Return an edit that removes the other columns of some rows."""

    def edit(rows):
        for row in rows[which]:
            row[:] = row[columns]

    return edit


def longer(which):
    """Return an edit that adds a cell to some rows."""

    def edit(rows):
        for row in rows[which]:
            row.append("0")

    return edit


def two_bad_cells(rows):
    rows[4][5] = "x"
    rows[2][700] = "300"


def cell_on_the_wrong_line(rows):
    rows[2].append(rows[3].pop(0))


def header_only(rows):
    del rows[1:]


ALL, FIRST, LAST = slice(None), slice(1, 2), slice(-1, None)

FAULTS = {
    "label-10": (
        edited(2, 0, "10"),
        r"row 2 \(line 3\), column 'label': must be a whole number from 0 to 9. "
        "Got '10'",
    ),
    "label-negative": (edited(1, 0, "-1"), r"row 1 \(line 2\), column 'label'.*'-1'"),
    "label-letter": (edited(5, 0, "a"), r"row 5 \(line 6\), column 'label'.*'a'"),
    "label-fraction": (edited(3, 0, "3.5"), r"row 3 \(line 4\), column 'label'.*'3.5'"),
    "label-empty": (edited(3, 0, ""), r"row 3 .*column 'label'.*Got an empty cell"),
    "pixel-256": (
        edited(4, 10, "256"),
        r"row 4 \(line 5\), column 'pixel9': must be a whole number from 0 to 255. "
        "Got '256'. Fix the file, or download",
    ),
    "pixel-negative": (edited(4, 1, "-3"), r"row 4 .*column 'pixel0'.*Got '-3'"),
    "pixel-fraction": (edited(4, 784, "0.5"), r"row 4 .*'pixel783'.*Got '0.5'"),
    "pixel-huge": (edited(4, 5, "9" * 30), r"row 4 .*'pixel4'.*Got '999"),
    "pixel-1e300": (edited(4, 5, "1e300"), r"row 4 .*'pixel4'.*Got '1e300'"),
    "pixel-inf": (edited(4, 5, "inf"), r"row 4 .*'pixel4'.*Got 'inf'"),
    "pixel-nan": (edited(4, 5, "NaN"), r"row 4 .*'pixel4'.*Got 'NaN'"),
    "pixel-text": (edited(4, 5, "1_0"), r"row 4 .*'pixel4'.*Got '1_0'"),
    "pixel-long": (edited(4, 5, "9" * 100_000 + "x"), r"row 4 .*'pixel4'.*Got '999"),
    "pixel-empty": (edited(4, 5, ""), r"row 4 .*'pixel4'.*Got an empty cell"),
    "pixel-space": (edited(4, 5, " "), r"row 4 .*'pixel4'.*Got ' '"),
    "pixel-nul": (edited(4, 5, "\0"), r"row 4 .*'pixel4'.*Got '\\x00'"),
    "first-of-two": (
        two_bad_cells,
        r"row 2 .*'pixel699'.*Got '300'",
    ),
    "cut-off": (
        only_columns(LAST, slice(300)),
        r"row 5 \(line 6\), has 300 cells, 785 expected: the file looks cut off.*downl",
    ),
    "short-row": (
        only_columns(FIRST, slice(784)),
        r"row 1 \(line 2\), has 784 cells, 785 expected. Fix",
    ),
    "long-row": (
        longer(FIRST),
        r"row 1 \(line 2\), has 786 cells, 785 expected. Fix",
    ),
    "wrong-line": (
        cell_on_the_wrong_line,
        r"row 2 \(line 3\), has 786 cells, 785 expected. Fix",
    ),
    "long-rows": (
        longer(slice(1, None)),
        r"row 1 \(line 2\), has 786 cells, 785 expected. Fix",
    ),
    "open-quote": (
        edited(2, 5, '"1'),
        r"row 2 \(line 3\): cells and quotes do not fit together .unexpected end",
    ),
    "no-pixel5": (
        lambda rows: [row.pop(6) for row in rows],
        r"first line, lacks 'pixel5'. Fix",
    ),
    "many-missing": (
        only_columns(ALL, slice(100)),
        "lacks 'pixel99', 'pixel100', 'pixel101' and 682 more. Fix",
    ),
    "extra": (
        longer(ALL),
        "first line, has '0', which is not expected",
    ),
    "misspelt": (edited(0, 1, "pixel_0"), "lacks 'pixel0' and has 'pixel_0', which"),
    "twice": (edited(0, 2, "pixel0"), "each column once. Got 'pixel0' more than once"),
    "no-label": (
        only_columns(ALL, slice(1, None)),
        "lacks the column 'label': train.csv and test.csv may be swapped",
    ),
    "no-header": (
        lambda rows: rows.pop(0),
        "must be a CSV file in UTF-8 with a first line label, pixel0, and so on",
    ),
    "header-only": (
        header_only,
        "has a header and no rows",
    ),
}


@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_located(fault, zipped, folder, tables):
    edit, message = FAULTS[fault]
    rows = rows_of(tables.train)
    edit(rows)
    (folder / "train.csv").write_text(text_of(rows))
    name = r"train\.csv"
    if zipped:
        members = {"train.csv": text_of(rows), "test.csv": tables.test}
        folder = zip_of(folder.parent / "digit-recognizer.zip", members)
        name = r"digit-recognizer\.zip: train\.csv"
    with pytest.raises(ValueError, match=rf"{name}(,| ).*{message}"):
        load_competition(folder)


# With dtype="uint8", pandas.read_csv reads some of these as 0, 1, 44 or 255.
MISREAD = ["256", "300", "-1", "65537", "4294967297", str(2**64 + 1)]
MISREAD += ["True", "TRUE", "true", "False"]


@pytest.mark.parametrize("rows", [slice(3, 4), slice(1, None)], ids=["one", "all"])
@pytest.mark.parametrize("column", ["label", "pixel0", "pixel783"])
@pytest.mark.parametrize("cell", MISREAD)
def test_cells_that_pandas_misreads_are_refused(cell, column, rows, folder, tables):
    lines = rows_of(tables.train)
    for line in lines[rows]:
        line[lines[0].index(column)] = cell
    (folder / "train.csv").write_text(text_of(lines))
    where = rf"row {rows.start} .*column '{column}': .*Got '{cell}'"
    with pytest.raises(ValueError, match=where):
        load_competition(folder)


@pytest.mark.parametrize("cell", ["256", "-1", "True"])
def test_one_wrong_cell_in_a_long_file_is_located(cell, folder, tables):
    header, *rows = rows_of(tables.train)
    rows = [list(row) for row in rows * 40]
    rows[170][300] = cell
    (folder / "train.csv").write_text(text_of([header, *rows]))
    where = rf"row 171 \(line 172\), column 'pixel299': .*Got '{cell}'"
    with pytest.raises(ValueError, match=where):
        load_competition(folder)


def test_errors_count_blank_lines_but_not_as_rows(folder, tables):
    rows = rows_of(tables.train)
    rows[3][1] = "256"
    (folder / "train.csv").write_text("\n" + text_of(rows).replace("\n", "\n\n"))
    with pytest.raises(ValueError, match=r"row 3 \(line 8\), column 'pixel0'"):
        load_competition(folder)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (edited(3, 0, "256"), r", row 3 \(line 4\), column 'pixel0': .*Got '256'"),
        (header_only, " has a header and no rows"),
        # pandas reads such a file without an error, with its first cells as an index.
        (longer(slice(1, None)), r", row 1 \(line 2\), has 785 cells, 784 expected"),
    ],
)
def test_faults_in_test_csv_are_located(edit, message, folder, tables):
    rows = rows_of(tables.test)
    edit(rows)
    (folder / "test.csv").write_text(text_of(rows))
    with pytest.raises(ValueError, match=rf"test\.csv{message}"):
        load_competition(folder)


def test_swapped_files_are_named(folder):
    shutil.copy(folder / "train.csv", folder / "test.csv")
    with pytest.raises(ValueError, match=r"test\.csv has a column 'label'.* swapped"):
        load_competition(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", r"CSV file in UTF-8 .*b'\\x89PNG' instead"),
        (b"<!DOCTYPE html>\n<html>", r"starts with b'<!DOCTYPE html>' instead"),
        (b"\0" * 200_000, r"line 1: cells and quotes do not .*larger than field limit"),
        ("label,pixel0\n1,2\n".encode("utf-16"), r"in UTF-8 .*b'\\xff\\xfel\\x00a"),
        (b"label;pixel0\n1;2\n", "starts with b'label;pixel0' instead"),
    ],
    ids=["empty", "blank", "png", "html", "nul", "utf-16", "semicolons"],
)
def test_other_files_named_csv_are_refused(content, message, folder):
    (folder / "train.csv").write_bytes(content)
    with pytest.raises(ValueError, match=rf"train\.csv.*{message}.*download it"):
        load_competition(folder)


HUGE = 20_000_000
LONG = {
    "cells": b"0," * (HUGE // 2),
    "one cell": b"9" * HUGE,
    "lines in quotes": b'"a\n",' * (HUGE // 5),
    "one line in quotes": b'"' + b"a" * HUGE,
    "lines in one cell": b'"' + b"a\n" * (HUGE // 2),
}


@pytest.mark.parametrize(
    ("kind", "packed"), [*((kind, "zip") for kind in LONG), ("cells", "gzip")]
)
def test_huge_rows_are_refused_without_filling_the_memory(kind, packed, folder, tables):
    *rows, last = (folder / "train.csv").read_bytes().splitlines(keepends=True)
    contents = {
        r"row 4 \(line 5\)": b"".join([*rows[:4], LONG[kind], b"\n", last]),
        "line 1": LONG[kind] + b"\n",
    }
    for where, content in contents.items():
        path = folder
        if packed == "gzip":
            (folder / "train.csv").unlink(missing_ok=True)
            (folder / "train.csv.gz").write_bytes(gzip.compress(content, 1))
        else:
            members = {"train.csv": content, "test.csv": tables.test}
            path = zip_of(folder / "digits.zip", members)
        tracemalloc.start()
        with pytest.raises(ValueError, match=rf"train\.csv.*, {where}.*Fix the file"):
            load_competition(path)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < HUGE


def test_headers_of_many_columns_are_refused_quickly(folder):
    names = ",".join(f"c{i}" for i in range(120_000))
    start = time.process_time()
    for header in (names, "label," + names, ",".join(["c"] * 400_000)):
        (folder / "train.csv").write_text(header + "\n")
        with pytest.raises(ValueError, match=r"train\.csv"):
            load_competition(folder)
    assert time.process_time() - start < 20


def test_bytes_that_are_not_utf8_are_located(folder, tables):
    rows = rows_of(tables.train)
    rows[2][3] = "é"
    (folder / "train.csv").write_text(text_of(rows), encoding="latin-1")
    with pytest.raises(ValueError, match=r"row 2 .*column 'pixel2'") as caught:
        load_competition(folder)
    str(caught.value).encode()  # can be printed
