"""load_competition: results, and places where it looks for the files."""

import io
import os
import random
import subprocess
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
from helpers.competition import (
    N_TEST,
    N_TRAIN,
    PIXELS,
    ROOT,
    _as_csv_gz,
    _as_folder_of_the_zip,
    _as_mixture,
    _as_zip,
    _as_zip_of_a_folder,
    _as_zip_of_gz,
    assert_same_as,
    competition_path,
    rows_of,
    text_of,
)
from sklearn.utils import Bunch

from skdigits import datasets
from skdigits.datasets import load_competition

pytestmark = pytest.mark.filterwarnings("error")


# Results


def test_frames_have_the_documented_types(folder, tables):
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
def test_files_may_be_zipped_gzipped_or_in_folders(form, tmp_path, tables):
    path = form(tmp_path, tables)
    assert_same_as(tables, load_competition(path))
    assert_same_as(tables, load_competition(str(path)))


def test_home_folder_is_expanded(folder, tables, monkeypatch):
    for name in ("HOME", "USERPROFILE"):  # the second on Windows
        monkeypatch.setenv(name, str(folder.parent))
    assert_same_as(tables, load_competition("~/digits"))


def test_columns_may_have_any_order(folder, tables):
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


SPELLINGS = {
    "bom": lambda text: text.encode("utf-8-sig"),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "no-end": lambda text: text.rstrip("\n").encode(),
    "blank": lambda text: text.replace("\n", "\n\n").encode() + b"  \n",
    "blank-first": lambda text: b"\n" + text.encode(),
    "spaces": lambda text: text.replace(",", " , ").encode(),
    "quotes": lambda text: quoted(text).encode(),
    "quoted-header": lambda text: text.replace("pixel5,", '"pixel5",').encode(),
    "7.0": lambda text: text.replace(",7,", ",7.0,").encode(),
    "007": lambda text: text.replace(",7,", ",007,").encode(),
    "+0000007": lambda text: text.replace(",7,", ",+0000007,").encode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_other_spellings_are_read_alike(spelling, folder, tables):
    (folder / "train.csv").write_bytes(spelling(tables.train))
    assert_same_as(tables, load_competition(folder))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_long_files_are_read_exactly(end, folder):
    table = np.random.default_rng(0).integers(0, 256, (200, 785))
    table[:, 0] %= 10
    text = text_of([["label", *PIXELS], *table.astype(str).tolist()])
    with open(folder / "train.csv", "w", newline=end) as file:
        file.write(text)
    digits = load_competition(folder)
    np.testing.assert_array_equal(digits.y_train, table[:, 0])
    np.testing.assert_array_equal(digits.X_train, table[:, 1:])


def test_one_row_is_enough(folder, tables):
    (folder / "test.csv").write_text(text_of(rows_of(tables.test)[:2]))
    assert load_competition(folder).X_test.shape == (1, 784)


# Places


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Working folder without data, on a machine without data."""
    monkeypatch.delenv("SKDIGITS_DATA", raising=False)
    monkeypatch.setattr(
        datasets._competition, "_KAGGLE_FOLDERS", (str(tmp_path / "kaggle"),)
    )
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


def test_files_are_found_on_kaggle(nowhere, folder, tables):
    folder.rename(nowhere.parent / "kaggle")
    assert_same_as(tables, load_competition())


@pytest.mark.parametrize("form", [_as_mixture, _as_folder_of_the_zip])
def test_files_are_found_in_the_working_folder(form, nowhere, tables):
    form(nowhere, tables)
    assert_same_as(tables, load_competition())


def test_files_are_found_in_the_competitions_folder(nowhere, folder, tables):
    (nowhere / "train.csv").write_text("of something else, and without a test.csv")
    folder.rename(nowhere / "digit-recognizer")
    assert_same_as(tables, load_competition())


@pytest.mark.parametrize("form", [_as_zip, _as_csv_gz, _as_folder_of_the_zip])
def test_environment_variable_comes_first(form, nowhere, tmp_path, tables, monkeypatch):
    (nowhere / "train.csv").write_text("junk")
    (nowhere / "test.csv").write_text("junk")
    (tmp_path / "named").mkdir()
    monkeypatch.setenv("SKDIGITS_DATA", str(form(tmp_path / "named", tables)))
    assert_same_as(tables, load_competition())


def test_wrong_environment_variable_is_named(nowhere, monkeypatch):
    monkeypatch.setenv("SKDIGITS_DATA", "no/such/folder")
    message = r"SKDIGITS_DATA must be .*no/such/folder.* does not exist"
    with pytest.raises(FileNotFoundError, match=message):
        load_competition()


def test_error_lists_all_places(nowhere):
    with pytest.raises(FileNotFoundError) as caught:
        load_competition()
    for part in (
        str(nowhere.parent / "kaggle"),
        str(nowhere),
        str(nowhere / "digit-recognizer"),
        "SKDIGITS_DATA must be set",
        "kaggle competitions download -c digit-recognizer",
        "https://www.kaggle.com/competitions/digit-recognizer/data",
        "load_sample()",
    ):
        assert part in str(caught.value)


@pytest.mark.parametrize("path", [5, b"digits", io.BytesIO(), ["a", "b"]])
def test_paths_of_a_wrong_type_are_refused(path):
    with pytest.raises(TypeError, match=r"path must be a str or an os\.PathLike.*Got"):
        load_competition(path)


def test_missing_path_is_named(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"Got '.*no\.zip', which does not exist.*download"
    ):
        load_competition(tmp_path / "no.zip")


def test_missing_files_of_a_folder_are_named(folder):
    for name, missing in (("test.csv", "test"), ("train.csv", "train.csv or test")):
        (folder / name).unlink()
        message = rf"Got .*, which does not have {missing}\.csv\..*download"
        with pytest.raises(FileNotFoundError, match=message):
            load_competition(folder)


def test_path_of_one_csv_file_is_refused(folder):
    with pytest.raises(ValueError, match=r"Got one file, '.*train\.csv'.* its folder"):
        load_competition(folder / "train.csv")


# The real files


@pytest.mark.skipif(competition_path() is None, reason="needs the competition's files")
def test_real_files_are_read_as_by_pandas(tmp_path):
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


# The module


def test_heavy_packages_are_not_imported():
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
