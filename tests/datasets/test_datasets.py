"""The three loaders: what they return, and what they say of every bad file."""

import csv
import gzip
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import pairwise_distances_argmin
from sklearn.utils import Bunch

from skdigits import _competition_csv, datasets
from skdigits.datasets import fetch_mnist, load_competition, load_sample

pytestmark = pytest.mark.filterwarnings("error")

ROOT = Path(__file__).resolve().parents[1]
PIXELS = [f"pixel{i}" for i in range(784)]
N_TRAIN, N_TEST = 5, 3


def competition_path():
    path = Path(os.environ.get("SKDIGITS_DATA") or ROOT.parent / "shared" / "data")
    zipped = path / "digit-recognizer.zip" if path.is_dir() else path
    return path if zipped.exists() or (path / "train.csv").exists() else None


def rows_of(text):
    return [line.split(",") for line in text.splitlines()]


def text_of(rows):
    return "".join(",".join(row) + "\n" for row in rows)


@pytest.fixture(scope="module")
def tables():
    """The text of a small train.csv and test.csv."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, (N_TRAIN, 1))
    train = np.hstack([labels, rng.integers(0, 256, (N_TRAIN, 784))])
    test = rng.integers(0, 256, (N_TEST, 784))
    return Bunch(
        train=text_of([["label", *PIXELS], *train.astype(str).tolist()]),
        test=text_of([PIXELS, *test.astype(str).tolist()]),
    )


@pytest.fixture
def folder(tmp_path, tables):
    folder = tmp_path / "digits"
    folder.mkdir()
    (folder / "train.csv").write_text(tables.train)
    (folder / "test.csv").write_text(tables.test)
    return folder


def zip_of(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def assert_same_as(tables, digits):
    train = np.array(rows_of(tables.train)[1:], dtype=int)
    test = np.array(rows_of(tables.test)[1:], dtype=int)
    np.testing.assert_array_equal(digits.X_train, train[:, 1:])
    np.testing.assert_array_equal(digits.y_train, train[:, 0])
    np.testing.assert_array_equal(digits.X_test, test)


# load_competition: what it returns


def test_competition_result(folder, tables):
    digits = load_competition(folder)
    assert isinstance(digits, Bunch)
    assert set(digits) == {"X_train", "y_train", "X_test", "DESCR"}
    assert_same_as(tables, digits)
    for X, n_rows in ((digits.X_train, N_TRAIN), (digits.X_test, N_TEST)):
        assert isinstance(X, pd.DataFrame)
        assert list(X.columns) == PIXELS
        assert set(X.dtypes) == {np.dtype(np.uint8)}
        assert X.index.equals(pd.RangeIndex(n_rows))
        assert X.to_numpy().flags.c_contiguous
    assert isinstance(digits.y_train, pd.Series)
    assert digits.y_train.name == "label"
    assert digits.y_train.dtype == np.uint8
    assert digits.y_train.index.equals(digits.X_train.index)
    assert "Digit Recognizer" in digits.DESCR


def test_eight_times_smaller_than_pandas(folder):
    digits = load_competition(folder)
    by_default = pd.read_csv(folder / "train.csv").memory_usage(index=False).sum()
    ours = digits.X_train.memory_usage(index=False).sum() + digits.y_train.nbytes
    assert ours * 8 == by_default


def gzipped(text):
    return gzip.compress(text.encode())


def _as_csv_gz(path, t):
    (path / "train.csv.gz").write_bytes(gzipped(t.train))
    (path / "test.csv.gz").write_bytes(gzipped(t.test))
    return path


def _as_mixture(path, t):
    (path / "train.csv").write_text(t.train)
    (path / "test.csv.gz").write_bytes(gzipped(t.test))
    return path


def _as_zip(path, t):
    members = {"sample_submission.csv": "", "test.csv": t.test, "train.csv": t.train}
    return zip_of(path / "renamed.zip", members)


def _as_zip_of_gz(path, t):
    members = {"train.csv.gz": gzipped(t.train), "test.csv.gz": gzipped(t.test)}
    return zip_of(path / "digits.zip", members)


def _as_zip_of_a_folder(path, t):
    members = {
        "__MACOSX/train.csv": "junk",
        "__MACOSX/digits/._train.csv": "junk",
        "digits/old/train.csv": "junk",
        "train.csv/": "",
        "./digits/train.csv": t.train,
        "./digits/test.csv": t.test,
    }
    return zip_of(path / "digits.zip", members)


def _as_folder_of_the_zip(path, t):
    members = {"train.csv": t.train, "test.csv": t.test}
    return zip_of(path / "digit-recognizer.zip", members).parent


@pytest.mark.parametrize(
    "form",
    [
        _as_csv_gz,
        _as_mixture,
        _as_zip,
        _as_zip_of_gz,
        _as_zip_of_a_folder,
        _as_folder_of_the_zip,
    ],
)
def test_every_form_of_the_files(form, tmp_path, tables):
    path = form(tmp_path, tables)
    assert_same_as(tables, load_competition(path))
    assert_same_as(tables, load_competition(str(path)))


def test_home_folder(folder, tables, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    assert_same_as(tables, load_competition("~/digits"))


def test_columns_in_any_order(folder, tables):
    order = list(range(785))
    random.Random(0).shuffle(order)
    rows = [[row[i] for i in order] for row in rows_of(tables.train)]
    assert rows[0].index("label") > 0
    (folder / "train.csv").write_text(text_of(rows))
    digits = load_competition(folder)
    assert list(digits.X_train.columns) == PIXELS
    assert_same_as(tables, digits)


def quoted(text):
    return text_of([[f'"{cell}"' for cell in row] for row in rows_of(text)])


@pytest.mark.parametrize(
    "spelling",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.rstrip("\n").encode(),
        lambda text: text.replace("\n", "\n\n").encode() + b"  \n",
        lambda text: b"\n" + text.encode(),
        lambda text: text.replace(",", " , ").encode(),
        lambda text: quoted(text).encode(),
        lambda text: text.replace(",7,", ",7.0,").encode(),
    ],
    ids=["bom", "crlf", "no-end", "blank", "blank-first", "spaces", "quotes", "7.0"],
)
def test_spellings_that_mean_the_same(spelling, folder, tables):
    (folder / "train.csv").write_bytes(spelling(tables.train))
    assert_same_as(tables, load_competition(folder))


def test_one_row_is_enough(folder, tables):
    (folder / "test.csv").write_text(text_of(rows_of(tables.test)[:2]))
    assert load_competition(folder).X_test.shape == (1, 784)


# load_competition: where it looks


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """A working folder without data, on a machine without data."""
    monkeypatch.delenv("SKDIGITS_DATA", raising=False)
    monkeypatch.setattr(datasets, "_KAGGLE_FOLDERS", (str(tmp_path / "kaggle"),))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


def test_kaggle_folders():
    assert datasets._KAGGLE_FOLDERS == (
        "/kaggle/input/digit-recognizer",
        "/kaggle/input/competitions/digit-recognizer",
    )


def test_found_on_kaggle(nowhere, folder, tables):
    folder.rename(nowhere.parent / "kaggle")
    assert_same_as(tables, load_competition())


def test_found_in_the_working_folder(nowhere, tables):
    _as_mixture(nowhere, tables)
    assert_same_as(tables, load_competition())


def test_zip_found_in_the_working_folder(nowhere, tables):
    _as_folder_of_the_zip(nowhere, tables)
    assert_same_as(tables, load_competition())


def test_found_in_the_folder_of_the_competition(nowhere, folder, tables):
    (nowhere / "train.csv").write_text("of something else, and without a test.csv")
    folder.rename(nowhere / "digit-recognizer")
    assert_same_as(tables, load_competition())


@pytest.mark.parametrize("form", [_as_zip, _as_csv_gz, _as_folder_of_the_zip])
def test_environment_comes_first(form, nowhere, tmp_path, tables, monkeypatch):
    (nowhere / "train.csv").write_text("junk")
    (nowhere / "test.csv").write_text("junk")
    (tmp_path / "named").mkdir()
    monkeypatch.setenv("SKDIGITS_DATA", str(form(tmp_path / "named", tables)))
    assert_same_as(tables, load_competition())


def test_wrong_environment(nowhere, monkeypatch):
    monkeypatch.setenv("SKDIGITS_DATA", "no/such/folder")
    with pytest.raises(
        FileNotFoundError, match=r"SKDIGITS_DATA must be .*no/such/folder.* is nothing"
    ):
        load_competition()


def test_found_nowhere(nowhere):
    with pytest.raises(FileNotFoundError) as caught:
        load_competition()
    for part in (
        str(nowhere.parent / "kaggle"),
        str(nowhere),
        str(nowhere / "digit-recognizer"),
        "SKDIGITS_DATA is not set",
        "kaggle competitions download -c digit-recognizer",
        "https://www.kaggle.com/competitions/digit-recognizer/data",
        "load_sample()",
    ):
        assert part in str(caught.value)


@pytest.mark.parametrize("path", [5, b"digits", io.BytesIO(), ["a", "b"]])
def test_path_of_a_wrong_kind(path):
    with pytest.raises(TypeError, match=r"path must be a str or an os\.PathLike.*Got"):
        load_competition(path)


def test_missing_path(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"Got '.*no\.zip' instead, where there is nothing.*dow"
    ):
        load_competition(tmp_path / "no.zip")


def test_folder_without_the_files(folder):
    (folder / "test.csv").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"train\.csv and test\.csv. Got .* they are not.*downl"
    ):
        load_competition(folder)


def test_path_of_one_csv_file(folder):
    with pytest.raises(ValueError, match=r"Got one file, '.*train\.csv'.* its folder"):
        load_competition(folder / "train.csv")


# load_competition: files that are wrong


def edited(row, column, cell):
    """Return an edit of one cell; row 0 is the header, column 0 the label."""

    def edit(rows):
        rows[row][column] = cell

    return edit


def kept(which, columns):
    """Return an edit that leaves some columns of some rows."""

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
        "Got '256'. Mend the file, or download",
    ),
    "pixel-negative": (edited(4, 1, "-3"), r"row 4 .*column 'pixel0'.*Got '-3'"),
    "pixel-fraction": (edited(4, 784, "0.5"), r"row 4 .*'pixel783'.*Got '0.5'"),
    "pixel-huge": (edited(4, 5, "9" * 30), r"row 4 .*'pixel4'.*Got '999"),
    "pixel-1e300": (edited(4, 5, "1e300"), r"row 4 .*'pixel4'.*Got '1e300'"),
    "pixel-inf": (edited(4, 5, "inf"), r"row 4 .*'pixel4'.*Got 'inf'"),
    "pixel-nan": (edited(4, 5, "NaN"), r"row 4 .*'pixel4'.*Got 'NaN'"),
    "pixel-text": (edited(4, 5, "1_0"), r"row 4 .*'pixel4'.*Got '1_0'"),
    "pixel-empty": (edited(4, 5, ""), r"row 4 .*'pixel4'.*Got an empty cell"),
    "pixel-space": (edited(4, 5, " "), r"row 4 .*'pixel4'.*Got ' '"),
    "pixel-nul": (edited(4, 5, "\0"), r"row 4 .*'pixel4'.*Got '\\x00'"),
    "first-of-two": (
        two_bad_cells,
        r"row 2 .*'pixel699'.*Got '300'",
    ),
    "cut-off": (
        kept(LAST, slice(300)),
        r"row 5 \(line 6\), has 300 cells, 785 expected: the file looks cut off.*downl",
    ),
    "short-row": (
        kept(FIRST, slice(784)),
        r"row 1 \(line 2\), has 784 cells, 785 expected. Mend",
    ),
    "long-row": (
        longer(FIRST),
        r"row 1 \(line 2\), has 786 cells, 785 expected. Mend",
    ),
    "long-rows": (
        longer(slice(1, None)),
        r"row 1 \(line 2\), has 786 cells, 785 expected. Mend",
    ),
    "open-quote": (
        edited(2, 5, '"1'),
        r"line 3: cells and quotes do not fit together \(unexpected end of data\)",
    ),
    "no-pixel5": (
        lambda rows: [row.pop(6) for row in rows],
        r"first line, lacks 'pixel5'. Mend",
    ),
    "many-missing": (
        kept(ALL, slice(100)),
        "lacks 'pixel99', 'pixel100', 'pixel101' and 682 more. Mend",
    ),
    "extra": (
        longer(ALL),
        "first line, has '0', which must not be there",
    ),
    "misspelt": (edited(0, 1, "pixel_0"), "lacks 'pixel0' and has 'pixel_0', which"),
    "twice": (edited(0, 2, "pixel0"), "each column once. Got 'pixel0' more than once"),
    "no-label": (
        kept(ALL, slice(1, None)),
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
def test_faults(fault, zipped, folder, tables):
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


def test_rows_and_lines_differ_after_blank_lines(folder, tables):
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
        # pandas reads such a file in silence, with its first cells as an index.
        (longer(slice(1, None)), r", row 1 \(line 2\), has 785 cells, 784 expected"),
    ],
)
def test_faults_in_test_csv(edit, message, folder, tables):
    rows = rows_of(tables.test)
    edit(rows)
    (folder / "test.csv").write_text(text_of(rows))
    with pytest.raises(ValueError, match=rf"test\.csv{message}"):
        load_competition(folder)


def test_label_in_test_csv(folder):
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
def test_file_that_is_no_csv(content, message, folder):
    (folder / "train.csv").write_bytes(content)
    with pytest.raises(ValueError, match=rf"train\.csv.*{message}.*download it"):
        load_competition(folder)


def test_ten_million_columns(folder):
    places = {
        b"0," * 10_000_000: r"row 3 \(line 4\), has 10000001 cells, 785 expected",
        b"9" * 10_000_000: r"line 4: cells and quotes .* larger than field limit",
    }
    for line, place in places.items():
        path = folder / "train.csv"
        rows = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join([*rows[:3], line, b"\n", *rows[3:]]))
        with pytest.raises(ValueError, match=f"train.csv, {place}"):
            load_competition(folder)
        path.write_bytes(line + b"\n")
        with pytest.raises(ValueError, match=r"train.csv"):
            load_competition(folder)
        path.write_bytes(b"".join(rows))


def test_bytes_that_are_not_utf8(folder, tables):
    rows = rows_of(tables.train)
    rows[2][3] = "é"
    (folder / "train.csv").write_text(text_of(rows), encoding="latin-1")
    with pytest.raises(ValueError, match=r"row 2 .*column 'pixel2'") as caught:
        load_competition(folder)
    str(caught.value).encode()  # can be printed


def test_failure_that_no_cell_explains(folder, monkeypatch):
    def read_csv(*args, **kwargs):
        raise ValueError("as a new pandas may")

    monkeypatch.setattr(_competition_csv.pd, "read_csv", read_csv)
    with pytest.raises(
        ValueError, match=r"train\.csv cannot be read .*as a new pandas"
    ):
        load_competition(folder)


def test_random_faults_against_another_parser(folder):
    """What is accepted is what Python's own csv and float make of the file."""
    generator = random.Random(0)
    cells = np.random.default_rng(0).integers(0, 10, (3, 785)).astype(str).tolist()
    intact = text_of([["label", *PIXELS], *cells])
    body = intact.index("\n")
    bad = ["", "256", "-1", ".5", ",", "\n", '"', "a", "e1", "+"]
    good = ["0", "7", "12", " "]  # in most places
    outcomes = Counter()
    for i in range(100):
        text = intact
        for _ in range(generator.choice([1, 2])):
            start = generator.randrange(body if i % 5 else 0, len(text))
            piece = generator.choice(good if i % 2 else good + bad)
            text = text[:start] + piece + text[start + generator.choice([0, 1]) :]
        (folder / "train.csv").write_text(text)
        expected = independently_read(text)
        outcomes[expected is None] += 1
        if expected is None:
            with pytest.raises(ValueError, match=r"train\.csv.* Mend the file, or"):
                load_competition(folder)
        else:
            digits = load_competition(folder)
            np.testing.assert_array_equal(
                np.column_stack([digits.y_train, digits.X_train]), expected
            )
    assert min(outcomes.values()) > 20, outcomes


def independently_read(text):
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        rows = [row for row in rows if row and row != [" "]]
        cells = np.array([[float(cell) for cell in row] for row in rows[1:]])
    except (ValueError, csv.Error):
        return None
    header = [name.strip() for name in rows[0]]
    if sorted(header) != sorted(["label", *PIXELS]) or cells.shape[1:] != (785,):
        return None
    cells = cells[:, [header.index(name) for name in ["label", *PIXELS]]]
    whole = (cells % 1 == 0) & (cells >= 0) & (cells <= [9] + [255] * 784)
    return cells if whole.all() else None


# load_competition: archives that are wrong


def test_zip_without_the_files(tmp_path, tables):
    path = zip_of(tmp_path / "other.zip", {"train.csv": tables.train})
    with pytest.raises(ValueError, match=r"other\.zip must hold .* without test\.csv"):
        load_competition(path)


def test_file_that_is_no_zip(tmp_path):
    (tmp_path / "digits.zip").write_text("<html>Sign in</html>")
    with pytest.raises(
        ValueError, match=r"digits\.zip cannot be unpacked .*not a zip.*download"
    ):
        load_competition(tmp_path / "digits.zip")


def test_zip_cut_off(tmp_path, tables):
    path = _as_zip(tmp_path, tables)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"renamed\.zip cannot be unpacked .*cut off"):
        load_competition(path)


def test_zip_with_damaged_data(tmp_path, tables):
    path = tmp_path / "digits.zip"
    with zipfile.ZipFile(path, "w") as archive:  # stored: only the CRC tells of damage
        archive.writestr("train.csv", tables.train)
        archive.writestr("test.csv", tables.test)
    content = bytearray(path.read_bytes())
    last_digit = content.index(tables.train.encode()) + len(tables.train) - 2
    content[last_digit] = ord("1" if content[last_digit] == ord("0") else "0")
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"zip: train\.csv cannot .*Bad CRC-32"):
        load_competition(path)


def test_zip_with_a_password(tmp_path, tables):
    path = _as_zip(tmp_path, tables)
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    while content[entry + 46 : entry + 55] != b"train.csv":
        entry = content.index(b"PK\x01\x02", entry + 1)
    local = int.from_bytes(content[entry + 42 : entry + 46], "little")
    content[entry + 8] |= 1  # the flag of an encrypted member, in both its headers
    content[local + 6] |= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"zip: train\.csv cannot .*password"):
        load_competition(path)


def test_gzip_cut_off(tmp_path, tables):
    _as_csv_gz(tmp_path, tables)
    path = tmp_path / "train.csv.gz"
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ValueError, match=r"train\.csv\.gz cannot .*ended before"):
        load_competition(tmp_path)


def test_gz_that_is_no_gzip(tmp_path, tables):
    _as_csv_gz(tmp_path, tables)
    (tmp_path / "train.csv.gz").write_text(tables.train)
    with pytest.raises(ValueError, match=r"train\.csv\.gz cannot .*Not a gzipped file"):
        load_competition(tmp_path)


# load_competition: the files themselves


@pytest.mark.skipif(competition_path() is None, reason="needs the competition's files")
def test_competition_itself(tmp_path):
    path = competition_path()
    digits = load_competition(path)
    train, test = load_by_default(path, "train.csv"), load_by_default(path, "test.csv")
    assert digits.X_train.shape == (42_000, 784)
    assert digits.X_test.shape == (28_000, 784)
    np.testing.assert_array_equal(digits.X_train, train[PIXELS])
    np.testing.assert_array_equal(digits.y_train, train["label"])
    np.testing.assert_array_equal(digits.X_test, test[PIXELS])
    # The counts that the competition publishes.
    assert digits.y_train.value_counts().sort_index().tolist() == [
        4132, 4684, 4177, 4351, 4072, 3795, 4137, 4401, 4063, 4188,
    ]  # fmt: skip


def load_by_default(path, name):
    if (path / name).exists():
        return pd.read_csv(path / name)
    zipped = path / "digit-recognizer.zip" if path.is_dir() else path
    with zipfile.ZipFile(zipped) as archive, archive.open(name) as stream:
        return pd.read_csv(stream)


# load_sample


@pytest.fixture(scope="module")
def sample():
    return load_sample()


def test_sample_result(sample):
    assert set(sample) == {"X_train", "y_train", "X_test", "y_test", "DESCR"}
    for part, n_rows in (("train", 1437), ("test", 360)):
        X, y = sample[f"X_{part}"], sample[f"y_{part}"]
        assert X.shape == (n_rows, 784)
        assert list(X.columns) == PIXELS
        assert set(X.dtypes) == {np.dtype(np.uint8)}
        assert (y.shape, y.name, y.dtype) == ((n_rows,), "label", np.uint8)
        assert X.index.equals(pd.RangeIndex(n_rows))
        assert y.index.equals(X.index)
    assert "Alpaydin" in sample.DESCR
    assert "UCI" in sample.DESCR


def test_sample_is_divided_alike_each_time(sample):
    again = load_sample()
    for name in ("X_train", "X_test"):
        pd.testing.assert_frame_equal(sample[name], again[name])
    for name in ("y_train", "y_test"):
        pd.testing.assert_series_equal(sample[name], again[name])


def test_sample_is_stratified(sample):
    counts = np.bincount(load_digits().target)
    np.testing.assert_allclose(np.bincount(sample.y_test), counts * 360 / 1797, atol=1)


def cubic_weights(n_from, n_to):
    """Weights of cubic convolution with a = -0.75 and edges repeated (Keys, 1981)."""
    weights = np.zeros((n_to, n_from))
    for i in range(n_to):
        centre = (i + 0.5) * n_from / n_to - 0.5
        for j in range(int(np.floor(centre)) - 1, int(np.floor(centre)) + 3):
            x, a = abs(centre - j), -0.75
            near = (a + 2) * x**3 - (a + 3) * x**2 + 1
            far = a * (x**3 - 5 * x**2 + 8 * x - 4)
            weights[i, min(max(j, 0), n_from - 1)] += near if x <= 1 else far
    return weights


def test_sample_is_all_of_the_bundled_digits_enlarged(sample):
    bundled = load_digits()
    weights = cubic_weights(8, 20)
    large = weights @ (bundled.images * 255 / 16) @ weights.T
    expected = np.pad(np.clip(large, 0, 255), ((0, 0), (4, 4), (4, 4)))
    expected = expected.reshape(-1, 784)
    X = np.vstack([sample.X_train, sample.X_test]).astype(float)
    y = np.concatenate([sample.y_train, sample.y_test])
    origin = pairwise_distances_argmin(X, expected)
    assert sorted(origin) == list(range(1797))
    np.testing.assert_allclose(X, expected[origin], atol=0.51)
    np.testing.assert_array_equal(y, bundled.target[origin])


# fetch_mnist


@pytest.fixture
def no_network(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # where nobody listens
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between retries


@pytest.fixture
def openml_cache(tmp_path):
    """The files that fetch_openml keeps of mnist_784, here with 20 images."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (20, 784)), rng.integers(0, 10, 20)
    arff = "@RELATION mnist_784\n"
    arff += "".join(f"@ATTRIBUTE pixel{i} real\n" for i in range(1, 785))
    arff += "@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}\n@DATA\n"
    arff += text_of(np.column_stack([X, y]).astype(str).tolist())
    no = {"is_ignore": "false", "is_row_identifier": "false"}
    features = [
        {
            "index": str(i),
            "name": "class" if i == 784 else f"pixel{i + 1}",
            "data_type": "nominal" if i == 784 else "numeric",
            "is_target": "true" if i == 784 else "false",
            "number_of_missing_values": "0",
            **no,
        }
        for i in range(785)
    ]
    description = {
        "id": "554",
        "name": "mnist_784",
        "version": "1",
        "description": "The MNIST database of handwritten digits",
        "format": "ARFF",
        "status": "active",
        "url": "https://www.openml.org/data/v1/download/52667/mnist_784.arff",
        "md5_checksum": hashlib.md5(arff.encode()).hexdigest(),
    }
    api = "api/v1/json/data"
    files = {
        f"{api}/list/data_name/mnist_784/limit/2/data_version/1": json.dumps(
            {"data": {"dataset": [{"did": 554, "version": 1, "status": "active"}]}}
        ),
        f"{api}/554": json.dumps({"data_set_description": description}),
        f"{api}/features/554": json.dumps({"data_features": {"feature": features}}),
        f"{api}/qualities/554": json.dumps(
            {
                "data_qualities": {
                    "quality": [{"name": "NumberOfInstances", "value": "20"}]
                }
            }
        ),
        "data/v1/download/52667/mnist_784.arff": arff,
    }
    for name, text in files.items():
        path = tmp_path / "openml" / "openml.org" / f"{name}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzipped(text))
    return Bunch(data_home=tmp_path, X=X, y=y)


def test_mnist_result(openml_cache, no_network):
    mnist = fetch_mnist(data_home=openml_cache.data_home)
    assert set(mnist) == {"X", "y", "DESCR"}
    assert list(mnist.X.columns) == PIXELS
    assert set(mnist.X.dtypes) == {np.dtype(np.uint8)}
    assert (mnist.y.name, mnist.y.dtype) == ("label", np.uint8)
    np.testing.assert_array_equal(mnist.X, openml_cache.X)
    np.testing.assert_array_equal(mnist.y, openml_cache.y)
    assert "MNIST" in mnist.DESCR


def test_mnist_return_X_y(openml_cache, no_network):
    X, y = fetch_mnist(data_home=str(openml_cache.data_home), return_X_y=True)
    np.testing.assert_array_equal(X, openml_cache.X)
    np.testing.assert_array_equal(y, openml_cache.y)


def test_mnist_without_network(tmp_path, no_network):
    message = r"needs the network once.*load_sample\(\)"
    with (
        pytest.warns(UserWarning, match="A network error occurred"),  # scikit-learn's
        pytest.raises(ConnectionError, match=message) as caught,
    ):
        fetch_mnist(data_home=tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert caught.value.__cause__ is not None


# The modules


def test_nothing_heavy_is_imported():
    script = (
        "import sys, skdigits.datasets, skdigits.submission\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'cv2'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy))\n"
    )
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    }
    run = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )
    assert run.stderr.strip() == ""
