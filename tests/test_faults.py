"""Full disks, missing permissions, signals: nothing is lost, nothing is left over."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
from callbacks import Epochs
from sklearn.exceptions import NotFittedError

import skdigits
from skdigits import CNNClassifier, write_submission
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
    with as_nobody(), pytest.raises(PermissionError):
        write_submission([7], path)
    folder.chmod(0o755)
    assert path.read_bytes() == b"old"
    assert os.listdir(folder) == ["file.keras"]


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
