"""An int reproduces the weights, and global random states do not change."""

import ast
import hashlib
import os
import random
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest
from tensorflow.python.framework import config

import skdigits
from skdigits import make_digit_pipeline
from skdigits._engine.keras.start import has_onednn
from skdigits.tuning import tune

pytestmark = pytest.mark.processor

FIT = """
import hashlib
import numpy as np
from sklearn.datasets import load_digits
from skdigits import make_digit_pipeline

def fingerprint(seed):
    X, y = load_digits(return_X_y=True)
    model = make_digit_pipeline("classic", random_state=seed)
    model.set_params(cnn__epochs=2, cnn__width=0.3, cnn__validation_fraction=0.2)
    weights = model.fit(X[:200].astype("uint8"), y[:200])["cnn"].model_.get_weights()
    return hashlib.sha256(b"".join(w.tobytes() for w in weights)).hexdigest()
"""


@pytest.fixture(scope="module")
def fingerprint():
    namespace = {}
    exec(FIT, namespace)
    return namespace["fingerprint"]


def test_same_int_same_weights_in_one_process(fingerprint):
    assert fingerprint(0) == fingerprint(0)
    assert fingerprint(0) != fingerprint(1)


@pytest.mark.slow
def test_same_int_same_weights_in_two_processes(fingerprint):
    ran = subprocess.run(
        [sys.executable, "-c", FIT + "print(fingerprint(0), end='')"],
        capture_output=True,
        text=True,
    )
    assert ran.stdout == fingerprint(0), ran.stderr


@pytest.mark.slow
def test_import_of_keras_first_gives_the_same_bits_with_equal_onednn(fingerprint):
    ran = subprocess.run(
        [sys.executable, "-c", "import keras" + FIT + "print(fingerprint(0), end='')"],
        capture_output=True,
        text=True,
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": str(int(has_onednn()))},
    )
    assert ran.stdout == fingerprint(0), ran.stderr


def test_new_and_reused_compiled_models_give_the_same_weights(fingerprint):
    from skdigits._engine.keras import pool

    used = fingerprint(0)
    pool._idle.clear()
    assert fingerprint(0) == used


def test_fit_without_seed_after_a_seeded_one_is_random(fingerprint):
    fingerprint(0)
    assert fingerprint(None) != fingerprint(None)


def test_random_states_of_other_seeds_give_other_weights(fingerprint):
    states = [np.random.RandomState(i) for i in range(2)]
    assert fingerprint(states[0]) != fingerprint(states[1])
    # Each fit draws from the RandomState, as in all scikit-learn estimators.
    assert fingerprint(np.random.RandomState(0)) != fingerprint(states[0])


FOLDS = """
import hashlib
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_predict
from skdigits import make_digit_pipeline
import joblib

def folds(n_jobs, **params):
    X, y = load_digits(return_X_y=True)
    model = make_digit_pipeline(random_state=0)
    model.set_params(cnn__epochs=2, cnn__width=0.3, cnn__test_time_shift=0, **params)
    found = cross_val_predict(
        model, X[:200].astype("uint8"), y[:200], cv=2, method="predict_proba",
        n_jobs=n_jobs,
    )
    return hashlib.sha256(found.tobytes()).hexdigest()

plain, held_out = {}, {"cnn__validation_fraction": 0.2, "cnn__early_stopping": True}
with joblib.parallel_config("loky", inner_max_num_threads=1):
    print([folds(n_jobs, **params) for n_jobs in JOBS for params in (plain, held_out)])
"""


@pytest.mark.slow
def test_one_worker_and_two_give_the_same_bits_on_equal_threads():
    def run(jobs):
        ran = subprocess.run(
            [sys.executable, "-c", FOLDS.replace("JOBS", jobs)],
            capture_output=True,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        assert ran.returncode == 0, ran.stderr
        return ast.literal_eval(ran.stdout)

    here, workers = run("[1]"), run("[2]")
    assert here == workers
    assert len(set(here)) == 2  # with and without images held out


def global_states():
    generator = keras.src.random.seed_generator.global_seed_generator()
    return (
        random.getstate(),
        hashlib.sha256(np.random.get_state()[1].tobytes()).hexdigest(),
        tuple(generator.state.numpy().tolist()),
        config.is_op_determinism_enabled(),
        keras.config.floatx(),
        dict(os.environ),
    )


@pytest.mark.filterwarnings("ignore:The file does not contain temperature_")
def test_global_states_do_not_change(digits, tmp_path):
    X, y = digits
    model = make_digit_pipeline(random_state=0).set_params(cnn__epochs=1)
    before = global_states()
    model.fit(X, y).predict(X)
    model["cnn"].partial_fit(X, y)
    model["augment"].augment(X)
    _ = model["cnn"].model_, model["cnn"].summary()
    skdigits.save(model, tmp_path / "model")
    skdigits.load(tmp_path / "model").score(X, y)
    for ending in ("keras", "json", "onnx"):
        skdigits.export(model, tmp_path / f"model.{ending}")
    suggest = {"cnn__epochs": 1}
    tune(model, X, y, suggest=lambda trial: suggest, n_trials=1, cv=2, verbose=0)
    assert global_states() == before


def test_build_does_not_change_the_global_random_state(digits):
    from skdigits._engine.keras import pool

    X, y = digits
    pool._idle.clear()  # the next fit builds a new model
    random.seed(7)
    before = random.getstate()
    make_digit_pipeline(random_state=0).set_params(cnn__epochs=1).fit(X, y)
    assert random.getstate() == before


@pytest.mark.slow
def test_scikeras_does_not_change_keras_classes():
    code = """
import keras
before = [keras.Model.__reduce__, keras.losses.Loss.__reduce__,
          keras.metrics.Metric.__reduce__, keras.optimizers.Optimizer.__reduce__,
          hasattr(keras.Model, "__deepcopy__")]
import skdigits._engine.keras
after = [keras.Model.__reduce__, keras.losses.Loss.__reduce__,
         keras.metrics.Metric.__reduce__, keras.optimizers.Optimizer.__reduce__,
         hasattr(keras.Model, "__deepcopy__")]
raise SystemExit(before != after)
"""
    assert subprocess.run([sys.executable, "-c", code], stderr=-3).returncode == 0


def test_fits_in_two_threads_give_the_same_weights(fingerprint):
    expected = [fingerprint(seed) for seed in (0, 1)]
    found = [None, None]

    def fit(seed):
        found[seed] = fingerprint(seed)

    threads = [threading.Thread(target=fit, args=(seed,)) for seed in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected
