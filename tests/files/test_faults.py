"""Full disks, missing permissions, signals: nothing is lost, nothing is left over."""

import contextlib
import itertools
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
import warnings
import zipfile
from copy import copy
from pathlib import Path

import numpy as np
import pytest
from callbacks import Epochs
from sklearn.exceptions import NotFittedError

import skdigits
from skdigits import CNNClassifier, _fitting, write_submission
from skdigits.__main__ import main
from skdigits._checkpoint import Checkpoint

NOBODY = 65534


def small(**params):
    return CNNClassifier(**{"width": 0.25, "epochs": 2, "random_state": 0, **params})


@pytest.fixture(scope="module")
def model(digits):
    """A fitted classifier whose file is larger than the small disk."""
    return small(width=3, epochs=1).fit(*digits)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one MiB."""
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", tmp_path]
    if os.getuid() or subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("only root may mount a small disk")
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


@contextlib.contextmanager
def as_nobody():
    """Have no more rights than anybody; root would have them all."""
    if os.getuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


WRITERS = {
    "model": lambda model, path: skdigits.save(model, path),
    "export": lambda model, path: skdigits.export(model, path),
    "submission": lambda model, path: write_submission([7] * 200_000, path),
}


@pytest.mark.parametrize("what", WRITERS)
@pytest.mark.parametrize("old", [b"old", None])
def test_a_full_disk_leaves_the_old_file(small_disk, model, what, old):
    path = small_disk / "file.keras"
    if old:
        path.write_bytes(old)
    with pytest.raises(OSError, match="No space left"):
        WRITERS[what](model, path)
    assert os.listdir(small_disk) == (["file.keras"] if old else [])
    assert not old or path.read_bytes() == old


def test_a_missing_permission_leaves_the_old_file(tmp_path):
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


def test_a_place_that_cannot_be_written_is_said_before_the_training(
    locked, digits, monkeypatch, capsys
):
    # What `main` needs is loaded as root: nobody may not read it everywhere.
    import skdigits._demo  # noqa: F401

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
    model = small(checkpoint=locked / "fit.checkpoint").set_callbacks(started)
    with as_nobody(), pytest.raises(PermissionError, match="cannot be written"):
        model.fit(*digits)
    assert started.count == 0
    assert os.listdir(locked) == []


def test_labels_are_not_lost_when_the_disk_fills_up_meanwhile(small_disk, tmp_path):
    from skdigits.__main__ import TEST_IMAGES, _write

    (small_disk / "ballast").write_bytes(bytes(900_000))
    with pytest.raises(OSError, match="The labels are in .*submission.csv") as error:
        _write(np.arange(TEST_IMAGES) % 10, small_disk / "submission.csv")
    written = Path(str(error.value).partition("are in ")[2].removesuffix(" instead."))
    assert written.read_text().count("\n") == TEST_IMAGES + 1
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
        if len(calls) > 3:  # pandas reads by now
            signal.raise_signal(signal.SIGINT)
        return read(self, n)

    handler = signal.getsignal(signal.SIGINT)
    for name in ("read", "read1"):
        monkeypatch.setattr(zipfile.ZipExtFile, name, interrupted)
    assert main(["submit", str(tmp_path / "digits.zip")]) == 130
    assert capsys.readouterr().err == "skdigits: interrupted\n"
    assert len(calls) == 4  # at once: nothing was read after it
    assert signal.getsignal(signal.SIGINT) is handler


def interrupt_at(line, function):
    """Raise KeyboardInterrupt at the nth line that runs in `_fitting`, if there is one.

    Returns whether there was.
    """
    lines = itertools.count()

    def trace(frame, event, arg):
        if frame.f_code.co_filename != _fitting.__file__:
            return None
        if event == "line" and next(lines) == line:
            raise KeyboardInterrupt
        return trace

    sys.settrace(trace)
    try:
        function()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False


def test_what_a_fit_has_learned_comes_in_one_step(digits):
    X, y = digits[0][:40], digits[1][:40] % 2
    model = small(warm_start=True, epochs=1, width=0.1).fit(X, y)
    learned, line = {**vars(model)}, 0
    while interrupt_at(line, lambda: model.fit(X, y)):
        # All lines at the end, where attributes change, and some of those before.
        now, line = {**vars(model)}, line + (1 if line > 40 else 7)
        changed = {name for name in now if now[name] is not learned.get(name)}
        # It is all of the old, or all of the new.
        assert not changed or changed >= {"_state", "history_", "n_iter_"}
        assert now["n_iter_"] == len(now["history_"]["loss"])
        learned = now
    assert line > 20


def test_a_refit_is_noticed_by_nobody_until_it_is_done(digits):
    X, y = digits
    model = small().fit(X, y)
    before = model.predict_proba(X)
    seen = []

    class Look(Epochs):
        def __reduce__(self):
            return Epochs, ()

        def on_fit_task_end(self, estimator, context):
            for looked_at in (model, pickle.loads(pickle.dumps(model)), copy(model)):
                seen.append(np.array_equal(looked_at.predict_proba(X), before))

    model.set_params(random_state=1).set_callbacks(Look())
    model.fit(X, y)
    assert seen and all(seen)
    assert not np.array_equal(model.predict_proba(X), before)


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


SCRIPT = """
import sys
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from skdigits import CNNClassifier

X, y = load_digits(return_X_y=True)
X = X.astype("uint8")

class Tell:
    def setup(self, estimator, context): pass
    def teardown(self, estimator, context): pass
    def on_fit_task_begin(self, estimator, context): pass
    def on_fit_task_end(self, estimator, context):
        if context.task_name == "epoch" and context.task_id == 3:
            print("in the middle", flush=True)

how, checkpoint = sys.argv[1], sys.argv[2]
model = CNNClassifier(epochs=3000, width=0.25, random_state=0, warm_start=True)
before = None
if how == "warm":
    before = model.set_params(epochs=2).fit(X, y).predict_proba(X)
    model.set_params(epochs=3000)
if checkpoint:
    model.set_params(checkpoint=checkpoint)
try:
    model.set_callbacks(Tell()).fit(X, y)
except KeyboardInterrupt:
    model.set_callbacks().set_params(epochs=1, checkpoint=None)
    try:
        after = model.predict_proba(X)
        assert before is not None and np.array_equal(before, after), "changed"
    except NotFittedError:
        assert before is None, "lost"
    model.fit(X, y).predict_proba(X)
    print("as before", flush=True)
"""


def signalled(number, how, checkpoint=""):
    """Send a fit in the middle a signal: (return code, what it printed at last)."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, how, str(checkpoint)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "in the middle\n"
        time.sleep(0.2)
        process.send_signal(number)
        output, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    return process.returncode, output


@pytest.mark.slow
@pytest.mark.parametrize("how", ["first", "warm"])
def test_ctrl_c_leaves_an_estimator_unfitted_or_as_before(how):
    assert signalled(signal.SIGINT, how) == (0, "as before\n")


@pytest.mark.slow
def test_sigterm_leaves_a_whole_checkpoint_and_nothing_else(tmp_path):
    path = tmp_path / "fit.checkpoint"
    code, _ = signalled(signal.SIGTERM, "first", path)
    assert code == -signal.SIGTERM
    names = sorted(os.listdir(tmp_path))
    assert names == ["fit.checkpoint", "fit.checkpoint.previous"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="is of another fit"):
            Checkpoint(path, {"X": "other data"})  # it was read whole


def test_an_interrupted_warm_start_changes_nothing(digits):
    X, y = digits
    model = small(warm_start=True).fit(X, y)
    before, history = model.predict_proba(X), {**model.history_}
    with pytest.raises(KeyboardInterrupt):
        model.set_callbacks(Epochs(1, KeyboardInterrupt())).fit(X, y)
    with pytest.raises(ValueError):
        model.partial_fit(X[:, :-1], y)
    np.testing.assert_array_equal(model.predict_proba(X), before)
    assert model.history_ == history
