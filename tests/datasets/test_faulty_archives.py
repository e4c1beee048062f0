"""Errors of load_competition for damaged archives."""

import zipfile

import pytest
from helpers.competition import _as_csv_gz, _as_zip, zip_of

from skdigits.datasets import load_competition

pytestmark = pytest.mark.filterwarnings("error")


def test_zip_without_test_csv_is_refused(tmp_path, tables):
    path = zip_of(tmp_path / "other.zip", {"train.csv": tables.train})
    with pytest.raises(ValueError, match=r"other\.zip must hold .* without test\.csv"):
        load_competition(path)


def test_other_files_named_zip_are_refused(tmp_path):
    (tmp_path / "digits.zip").write_text("<html>Sign in</html>")
    with pytest.raises(
        ValueError, match=r"digits\.zip cannot be unpacked .*not a zip.*download"
    ):
        load_competition(tmp_path / "digits.zip")


def test_zip_cut_off_is_refused(tmp_path, tables):
    path = _as_zip(tmp_path, tables)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"renamed\.zip cannot be unpacked .*cut off"):
        load_competition(path)


def test_zip_with_damaged_data_is_refused(tmp_path, tables):
    path = tmp_path / "digits.zip"
    with zipfile.ZipFile(path, "w") as archive:  # stored: only the CRC shows damage
        archive.writestr("train.csv", tables.train)
        archive.writestr("test.csv", tables.test)
    content = bytearray(path.read_bytes())
    last_digit = content.index(tables.train.encode()) + len(tables.train) - 2
    content[last_digit] = ord("1" if content[last_digit] == ord("0") else "0")
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"zip: train\.csv cannot .*Bad CRC-32"):
        load_competition(path)


def test_zip_with_a_password_is_refused(tmp_path, tables):
    path = _as_zip(tmp_path, tables)
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    while content[entry + 46 : entry + 55] != b"train.csv":
        entry = content.index(b"PK\x01\x02", entry + 1)
    local = int.from_bytes(content[entry + 42 : entry + 46], "little")
    content[entry + 8] |= 1  # the flag of an encrypted member, in both of its headers
    content[local + 6] |= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"zip: train\.csv cannot .*password"):
        load_competition(path)


def test_gzip_cut_off_is_refused(tmp_path, tables):
    _as_csv_gz(tmp_path, tables)
    path = tmp_path / "train.csv.gz"
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ValueError, match=r"train\.csv\.gz cannot .*ended before"):
        load_competition(tmp_path)


def test_other_files_named_gz_are_refused(tmp_path, tables):
    _as_csv_gz(tmp_path, tables)
    (tmp_path / "train.csv.gz").write_text(tables.train)
    with pytest.raises(ValueError, match=r"train\.csv\.gz cannot .*Not a gzipped file"):
        load_competition(tmp_path)
