"""The competition's files: the path of the real ones, and small ones in all forms."""

import gzip
import os
import zipfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
PIXELS = [f"pixel{i}" for i in range(784)]
N_TRAIN, N_TEST = 5, 3


def competition_path():
    path = Path(os.environ.get("SKDIGITS_DATA") or ROOT.parent / "shared" / "data")
    zipped = path / "digit-recognizer.zip" if path.is_dir() else path
    return path if zipped.exists() or (path / "train.csv").exists() else None


def competition_zip():
    folder = Path(os.environ.get("SKDIGITS_DATA") or ROOT.parent / "shared" / "data")
    path = folder / "digit-recognizer.zip" if folder.is_dir() else folder
    return path if zipfile.is_zipfile(path) else None


def rows_of(text):
    return [line.split(",") for line in text.splitlines()]


def text_of(rows):
    return "".join(",".join(row) + "\n" for row in rows)


def gzipped(text):
    return gzip.compress(text.encode())


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
