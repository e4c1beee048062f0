"""Full disks, missing permissions, Ctrl-C: no file is lost, nothing is left over."""

import os
import shutil
import signal
import zipfile
from pathlib import Path

import numpy as np
import pytest
from helpers.callbacks import Epochs
from helpers.classifiers import smaller as small
from helpers.rights import as_nobody, has_modes, mounted
from sklearn.exceptions import NotFittedError

import skdigits
from skdigits import CNNClassifier, write_submission
from skdigits.__main__ import main


@pytest.fixture(scope="module")
def model(digits):
    """A fitted classifier whose file is larger than the small disk."""
    return small(width=3, epochs=1).fit(*digits)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one MiB."""
    with mounted(tmp_path, "-t", "tmpfs", "-o", "size=1m"):
        yield tmp_path


WRITERS = {
    "model": lambda model, path: skdigits.save(model, path),
    "export": lambda model, path: skdigits.export(model, path),
    "submission": lambda model, path: write_submission([7] * 200_000, path),
}


@pytest.mark.parametrize("what", WRITERS)
@pytest.mark.parametrize("old", [b"old", None])
def test_a_full_disk_leaves_the_old_file(system, small_disk, model, what, old):
    path = small_disk / "file.keras"
    if old:
        path.write_bytes(old)
    with pytest.raises(OSError, match="No space left"):
        WRITERS[what](model, path)
    assert os.listdir(small_disk) == (["file.keras"] if old else [])
    assert not old or path.read_bytes() == old


@has_modes
def test_a_missing_permission_leaves_the_old_file(system, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "file.keras"
    path.write_bytes(b"old")
    for place in (*tmp_path.parents[:3], tmp_path):
        if place != place.parent and place.owner() == "root":
            place.chmod(place.stat().st_mode | 0o055)
    folder.chmod(0o555)
    write_submission([7], tmp_path / "other.csv")  # loads what nobody may not read
    with as_nobody(), pytest.raises(PermissionError):
        write_submission([7], path)
    folder.chmod(0o755)
    assert path.read_bytes() == b"old"
    assert os.listdir(folder) == ["file.keras"]


@pytest.fixture
def locked(tmp_path, monkeypatch):
    """A folder in which nobody may write, as the working folder."""
    folder = tmp_path / "locked"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for place in (*tmp_path.parents[:3], tmp_path):
        if place != place.parent and place.owner() == "root":
            place.chmod(place.stat().st_mode | 0o055)
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


def no_training(*args, **kwargs):
    raise AssertionError("it was trained before the place was looked at")


@has_modes
def test_a_place_that_cannot_be_written_is_said_before_the_training(
    system, locked, digits, monkeypatch, capsys
):
    # What `main` needs is loaded as root: nobody may not read it everywhere.
    import skdigits._cli.demo  # noqa: F401

    monkeypatch.setattr(CNNClassifier, "fit", no_training)
    with as_nobody():
        assert main(["submit", "digits.zip", "--output", str(locked / "s.csv")]) == 1
    message = capsys.readouterr().err
    assert f"'{locked / 's.csv'}' cannot be written (Permission denied)" in message
    with as_nobody():
        assert main(["demo"]) == 1
    assert "skdigits-demo" in capsys.readouterr().err
    monkeypatch.undo()
    started = Epochs()
    model = small(checkpoint=locked / "fit.checkpoint").set_params(callbacks=[started])
    with as_nobody(), pytest.raises(PermissionError, match="cannot be written"):
        model.fit(*digits)
    assert started.count == 0
    assert os.listdir(locked) == []


def test_labels_are_not_lost_when_the_disk_fills_up_meanwhile(small_disk, tmp_path):
    from skdigits._cli.submit import TEST_IMAGES, _write

    (small_disk / "ballast").write_bytes(bytes(900_000))
    with pytest.raises(OSError, match="The labels are in .*submission.csv") as error:
        _write(np.arange(TEST_IMAGES) % 10, small_disk / "submission.csv")
    written = Path(str(error.value).partition("are in ")[2].removesuffix(" instead."))
    assert written.read_bytes().count(b"\n") == TEST_IMAGES + 1
    shutil.rmtree(written.parent)


def test_ctrl_c_while_a_file_is_read_is_an_interrupt(tmp_path, monkeypatch, capsys):
    pixels = ",".join(f"pixel{i}" for i in range(784))
    row = "0," * 784
    with zipfile.ZipFile(tmp_path / "digits.zip", "w") as archive:
        archive.writestr("train.csv", f"label,{pixels}\n" + f"{row}0\n" * 3000)
        archive.writestr("test.csv", f"{pixels}\n" + f"{row[:-2]}\n")
    calls = []
    read = zipfile.ZipExtFile.read

    def interrupted(self, n=-1):
        calls.append(n)
        if len(calls) > 3:  # train.csv is being read
            signal.raise_signal(signal.SIGINT)
        return read(self, n)

    handler = signal.getsignal(signal.SIGINT)
    for name in ("read", "read1"):
        monkeypatch.setattr(zipfile.ZipExtFile, name, interrupted)
    assert main(["submit", str(tmp_path / "digits.zip")]) == 130
    assert capsys.readouterr().err == "skdigits: interrupted\n"
    assert len(calls) == 4  # at once: nothing was read after it
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_checkpoint_that_does_not_fit_keeps_the_one_before(small_disk, digits):
    path = small_disk / "fit.checkpoint"
    first = small(checkpoint=path).fit(*digits)
    assert path.stat().st_size < 2**20
    large = small(checkpoint=small_disk / "large.checkpoint", width=3)
    with pytest.raises(OSError, match="No space left"):
        large.fit(*digits)
    with pytest.raises(NotFittedError):
        large.predict(digits[0])
    names = sorted(os.listdir(small_disk))
    assert names == ["fit.checkpoint", "fit.checkpoint.previous"]
    again = small(checkpoint=path).fit(*digits)
    assert again.history_ == first.history_
