"""Pool of compiled models: fits and threads share them, but no weights."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers.classifiers import equal, small, weights

from skdigits._engine.keras import pool

pytestmark = pytest.mark.processor


def test_fits_share_no_weights(digits):
    X, y = digits
    first = small(random_state=0).fit(X, y)
    before = first.predict_proba(X)
    second = small(random_state=1).fit(X, y)
    assert not np.array_equal(before, second.predict_proba(X))
    np.testing.assert_array_equal(first.predict_proba(X), before)


def test_predictions_in_many_threads_share_one_model(digits, fitted, monkeypatch):
    X, _ = digits
    model = fitted()
    expected = model.predict_proba(X)
    pool._idle.clear()
    built = []

    class Counted(pool.CompiledNetwork):
        def __init__(self, *args):
            built.append(args)
            super().__init__(*args)

    monkeypatch.setattr(pool, "CompiledNetwork", Counted)
    start = threading.Barrier(8)

    def predict(_):
        start.wait()
        return [model.predict_proba(X) for _ in range(5)]

    with ThreadPoolExecutor(8) as threads:
        found = [
            proba for several in threads.map(predict, range(8)) for proba in several
        ]
    assert len(found) == 40
    assert all(np.array_equal(proba, expected) for proba in found)
    assert len(built) == 1
    assert pool._shared == [] and len(pool._idle) == 1


def test_fit_during_predictions_uses_another_compiled_model(digits, fitted):
    X, y = digits
    model = fitted()
    expected = model.predict_proba(X)
    other = weights(small(random_state=1).fit(X, y))
    done = threading.Event()

    def predict():
        found = []
        while not done.is_set():
            found.append(np.array_equal(model.predict_proba(X), expected))
        return found

    with ThreadPoolExecutor(1) as threads:
        same = threads.submit(predict)
        fits = [small(random_state=1).fit(X, y) for _ in range(3)]
        done.set()
    assert same.result() and all(same.result())
    assert all(equal(weights(fitted), other) for fitted in fits)
