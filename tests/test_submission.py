"""write_submission: bytes on disk, errors, and safety of existing files."""

import io
import os
import subprocess
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
from helpers.competition import ROOT, competition_zip
from helpers.rights import has_modes

from skdigits.submission import write_submission

pytestmark = pytest.mark.filterwarnings("error")


# Content


def test_file_has_the_bytes_of_the_frame(tmp_path):
    path = tmp_path / "submission.csv"
    frame = write_submission([2, 0, 9], path)
    assert path.read_bytes() == b"ImageId,Label\n1,2\n2,0\n3,9\n"
    expected = pd.DataFrame({"ImageId": [1, 2, 3], "Label": [2, 0, 9]})
    pd.testing.assert_frame_equal(frame, expected)
    assert os.listdir(tmp_path) == ["submission.csv"]


@pytest.mark.skipif(competition_zip() is None, reason="needs the competition's zip")
def test_file_has_the_format_of_the_competitions_sample(tmp_path):
    with zipfile.ZipFile(competition_zip()) as archive:
        sample = archive.read("sample_submission.csv")
    labels = pd.read_csv(io.BytesIO(sample))["Label"]
    write_submission(labels, tmp_path / "submission.csv", expected=28_000)
    assert (tmp_path / "submission.csv").read_bytes() == sample


@pytest.mark.parametrize(
    "y_pred",
    [
        [2, 0, 9],
        (2, 0, 9),
        np.array([2, 0, 9], dtype=np.uint8),
        np.array([2, 0, 9], dtype=np.float32),
        np.array([2, 0, 9], dtype=object),
        np.array(["2", "0", "9"]),
        np.array(["2", "0", "9"], dtype=object),
        pd.Series([2, 0, 9], index=[7, 8, 9]),
        pd.Series([2, 0, 9], dtype="Int64"),
        pd.Series(["2", "0", "9"]),
        pd.Series(["2", "0", "9"], dtype="category"),
        pd.Index([2, 0, 9]),
    ],
    ids=lambda y: f"{type(y).__name__}-{getattr(y, 'dtype', 'int')}",
)
def test_labels_may_be_numbers_or_strings(y_pred, tmp_path):
    write_submission(y_pred, tmp_path / "s.csv")
    assert (tmp_path / "s.csv").read_bytes() == b"ImageId,Label\n1,2\n2,0\n3,9\n"


def test_image_ids_are_written_in_the_given_order(tmp_path):
    ids = pd.Series([30, 10, 20])
    frame = write_submission([2, 0, 9], tmp_path / "s.csv", image_ids=ids)
    assert (tmp_path / "s.csv").read_bytes() == b"ImageId,Label\n30,2\n10,0\n20,9\n"
    assert frame["ImageId"].tolist() == [30, 10, 20]


def test_arrays_of_the_caller_are_neither_changed_nor_shared(tmp_path):
    y_pred = np.array([2.0, 0.0, 9.0])
    ids = np.array([3, 1, 2])
    y_pred.flags.writeable = ids.flags.writeable = False
    frame = write_submission(y_pred, tmp_path / "s.csv", image_ids=ids)
    frame.loc[:, :] = 5
    assert y_pred.tolist() == [2.0, 0.0, 9.0]
    assert ids.tolist() == [3, 1, 2]


# Errors


@pytest.mark.parametrize(
    ("y_pred", "error", "message"),
    [
        (np.eye(10), ValueError, r"shape \(10, 10\).*pass model\.predict\(X\) instead"),
        ([[1], [2]], ValueError, r"one dimension. Got shape \(2, 1\)"),
        ([[1], [2, 3]], ValueError, "rows of unequal length"),
        (
            [1, 0.25],
            ValueError,
            r"Got 0\.25 in row 2.*pass model\.predict\(X\) instead",
        ),
        ([1.0, np.nan], ValueError, "Got a missing value in row 2"),
        ([1, None], ValueError, "Got a missing value in row 2"),
        (pd.Series([1, None], dtype="Int64"), ValueError, "missing value in row 2"),
        (pd.Series(["1", None]), ValueError, "missing value in row 2"),
        (np.ma.array([1, 2], mask=[0, 1]), ValueError, "missing value in row 2"),
        ([1, 10], ValueError, "from 0 to 9. Got 10 in row 2"),
        ([1, -1], ValueError, "from 0 to 9. Got -1 in row 2"),
        ([1.0, np.inf], ValueError, "Got inf in row 2"),
        (["1", "12"], ValueError, "Got '12' in row 2"),
        (["1", ""], ValueError, "Got '' in row 2"),
        (["1", "٣"], ValueError, "Got '٣' in row 2"),
        ([], ValueError, "at least one digit. Got none"),
        ([True, False], TypeError, "Got True in row 1"),
        ([1, True], TypeError, "Got True in row 2"),
        (np.array([True, False]), TypeError, "Got True in row 1"),
        (pd.Series([True, None], dtype="boolean"), TypeError, "Got True in row 1"),
        ([b"1"], TypeError, "Got b'1' in row 1"),
        (3, TypeError, "array-like of one dimension. Got int"),
        ("123", TypeError, "array-like of one dimension. Got str"),
        (iter([1]), TypeError, "array-like of one dimension. Got list_iterator"),
    ],
)
def test_bad_labels_are_refused(y_pred, error, message, tmp_path):
    with pytest.raises(error, match=message):
        write_submission(y_pred, tmp_path / "s.csv")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("image_ids", "error", "message"),
    [
        ([1, 2], ValueError, "each of the 3 predictions. Got 2"),
        ([1, 2, 1], ValueError, "unique integers from 1 to .* Got 1 in row 3 again"),
        (range(3), ValueError, "unique integers from 1 to .* Got 0 in row 1"),
        ([1, 2, 3.0], TypeError, "integers. Got 1.0 in row 1"),
        (["1", "2", "3"], TypeError, "integers. Got '1' in row 1"),
        ([True, False, True], TypeError, "integers. Got True in row 1"),
        ([[1, 2, 3]], ValueError, r"image_ids .* Got shape \(1, 3\) instead\.$"),
        (5, TypeError, "image_ids must be an array-like"),
        ([2**63, 1, 2], ValueError, f"to {2**63 - 1}. Got {2**63} in row 1"),
        ([1, 2, 10**30], ValueError, f"Got {10**30} in row 3"),
        (np.array([1, 2, 2**63], np.uint64), ValueError, f"Got {2**63} in row 3"),
    ],
)
def test_bad_image_ids_are_refused(image_ids, error, message, tmp_path):
    with pytest.raises(error, match=message):
        write_submission([2, 0, 9], tmp_path / "s.csv", image_ids=image_ids)
    assert os.listdir(tmp_path) == []


def test_expected_is_the_number_of_predictions(tmp_path):
    write_submission([2, 0, 9], tmp_path / "s.csv", expected=np.int64(3))
    with pytest.raises(ValueError, match=r"28000 digits, one for each.*Got 3 instead"):
        write_submission([2, 0, 9], tmp_path / "s.csv", expected=28_000)
    for wrong in (3.0, "3", True):
        with pytest.raises(TypeError, match="expected must be an integer"):
            write_submission([2, 0, 9], tmp_path / "s.csv", expected=wrong)


# Paths


def test_path_may_be_absolute_relative_or_in_the_home_folder(tmp_path, monkeypatch):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for path in (tmp_path / "a.csv", str(tmp_path / "b.csv"), "~/c.csv", "d.csv"):
        write_submission([7], path)
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "b.csv", "c.csv", "d.csv"]


@pytest.mark.parametrize("path", [5, b"s.csv", io.StringIO(), None])
def test_paths_of_a_wrong_type_are_refused(path):
    with pytest.raises(TypeError, match=r"path must be a str or an os\.PathLike. Got"):
        write_submission([7], path)


def test_missing_folder_is_not_made(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"new' does not exist. Create it"):
        write_submission([7], tmp_path / "new" / "s.csv")
    assert os.listdir(tmp_path) == []


def test_path_of_a_folder_is_refused(tmp_path):
    with pytest.raises(IsADirectoryError, match="must be a file"):
        write_submission([7], tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes that have a name")
def test_path_of_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="must be an ordinary file"):
        write_submission([7], tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_link_stays_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "s.csv", tmp_path / "link.csv"
    link.symlink_to(target)
    for labels in ([1], [2]):  # at first the target does not exist
        write_submission(labels, link)
        assert link.is_symlink()
        assert target.read_bytes() == f"ImageId,Label\n1,{labels[0]}\n".encode()
    assert os.listdir(tmp_path / "elsewhere") == ["s.csv"]


@has_modes
def test_permissions(tmp_path):
    before = os.umask(0o027)
    try:
        write_submission([7], tmp_path / "new.csv")
    finally:
        os.umask(before)
    assert (tmp_path / "new.csv").stat().st_mode & 0o777 == 0o640
    (tmp_path / "new.csv").chmod(0o604)
    write_submission([8], tmp_path / "new.csv")
    assert (tmp_path / "new.csv").stat().st_mode & 0o777 == 0o604


# Existing files


def test_refused_labels_keep_the_old_file(tmp_path):
    write_submission([7], tmp_path / "s.csv")
    with pytest.raises(ValueError, match="Got 10"):
        write_submission([10], tmp_path / "s.csv")
    assert (tmp_path / "s.csv").read_bytes() == b"ImageId,Label\n1,7\n"


@pytest.mark.parametrize("old", [b"old", None])
def test_full_disk_keeps_the_old_file(old, tmp_path):
    pytest.importorskip("resource")
    path = tmp_path / "s.csv"
    if old is not None:
        path.write_bytes(old)
    # The kernel refuses to let a file grow beyond 4,096 bytes.
    script = (
        "import resource, sys\n"
        "from skdigits.submission import write_submission\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        "    write_submission([7] * 28_000, sys.argv[1])\n"
        "except OSError as exc:\n"
        "    sys.exit(exc.strerror)\n"
    )
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    }
    run = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stderr.strip()) == (1, "File too large")
    assert os.listdir(tmp_path) == ([] if old is None else ["s.csv"])
    assert old is None or path.read_bytes() == old
