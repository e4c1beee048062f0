"""Interrupts: all learned attributes are those before the fit or those after it."""

import os
import pickle
import signal
import subprocess
import sys
import time
from copy import copy

import numpy as np
import pytest
from helpers.callbacks import Epochs
from helpers.classifiers import smaller as small
from helpers.lines import before_each_line, interrupt_at

from skdigits import _classifier
from skdigits._engine.checkpoint import saved_epochs


def test_learned_attributes_are_assigned_in_one_step(digits):
    X, y = digits[0][:40], digits[1][:40] % 2
    model = small(warm_start=True, epochs=1, width=0.1).fit(X, y)
    files, lines = {_classifier.__file__}, []
    with before_each_line(files, lines.append):
        model.fit(X, y)
    learned, n = {**vars(model)}, len(lines)
    # Every line at the end, where attributes change, and some before.
    for line in [*range(0, n - 15, 11), *range(n - 15, n)]:
        assert interrupt_at(line, files, lambda: model.fit(X, y))
        now = {**vars(model)}
        changed = {name for name in now if now[name] is not learned.get(name)}
        assert not changed or changed >= {"_trained", "history_", "n_iter_"}
        assert now["n_iter_"] == len(now["history_"]["loss"])
        learned = now


def test_refit_changes_no_prediction_until_its_end(digits):
    X, y = digits
    model = small().fit(X, y)
    before = model.predict_proba(X)
    seen = []

    class Look(Epochs):
        def __copy__(self):
            return self

        def __reduce__(self):  # for the pickle of the classifier
            return Epochs, ()

        def on_epoch_end(self, epoch, logs=None):
            for looked_at in (model, pickle.loads(pickle.dumps(model)), copy(model)):
                seen.append(np.array_equal(looked_at.predict_proba(X), before))

    model.set_params(random_state=1, callbacks=[Look()]).fit(X, y)
    assert seen and all(seen)
    assert not np.array_equal(model.predict_proba(X), before)


SCRIPT = """
import sys
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from skdigits import CNNClassifier
import keras

X, y = load_digits(return_X_y=True)
X = X.astype("uint8")

class Notify(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch > 2 and epoch % 100 == 3:
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
    model.set_params(callbacks=[Notify()]).fit(X, y)
except KeyboardInterrupt:
    model.set_params(callbacks=None, epochs=1, checkpoint=None)
    try:
        after = model.predict_proba(X)
        assert before is not None and np.array_equal(before, after), "changed"
    except NotFittedError:
        assert before is None, "lost"
    model.fit(X, y).predict_proba(X)
    print("unchanged", flush=True)
"""


def signalled(number, how, checkpoint=""):
    """Send a signal to a running fit: (return code, rest of its output)."""
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
@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process")
@pytest.mark.parametrize("how", ["first", "warm"])
def test_ctrl_c_leaves_the_estimator_unfitted_or_unchanged(how):
    assert signalled(signal.SIGINT, how) == (0, "unchanged\n")


@pytest.mark.slow
def test_sigterm_leaves_complete_checkpoints_only(tmp_path):
    path = tmp_path / "fit.checkpoint"
    code, _ = signalled(signal.SIGTERM, "first", path)
    assert code == (1 if os.name == "nt" else -signal.SIGTERM)
    # A file that was being written has a temporary name.
    names = [name for name in os.listdir(tmp_path) if not name.endswith(".tmp")]
    assert names == ["fit.checkpoint"]
    assert saved_epochs(path) > 0


def test_interrupted_warm_start_changes_nothing(digits):
    X, y = digits
    model = small(warm_start=True).fit(X, y)
    before, history = model.predict_proba(X), {**model.history_}
    with pytest.raises(KeyboardInterrupt):
        model.set_params(callbacks=[Epochs(1, KeyboardInterrupt())]).fit(X, y)
    with pytest.raises(ValueError):
        model.partial_fit(X[:, :-1], y)
    np.testing.assert_array_equal(model.predict_proba(X), before)
    assert model.history_ == history
