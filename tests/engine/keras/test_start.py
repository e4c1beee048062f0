"""Start of TensorFlow: late, and with the settings and threads of the user."""

import os
import platform
import subprocess
import sys

import pytest

from skdigits._core.threads import thread_budget
from skdigits._engine.keras.start import ONEDNN_MACHINES

pytestmark = pytest.mark.processor
needs_onednn = pytest.mark.skipif(
    platform.machine() not in ONEDNN_MACHINES, reason="oneDNN is for x86-64"
)

FIT = """
import numpy as np
from skdigits import CNNClassifier
X = np.random.default_rng(0).integers(0, 256, (40, 64), dtype=np.uint8)
CNNClassifier(epochs=1, width=0.3).fit(X, np.arange(40) % 2)
"""


def python(code, **environment):
    """Run code in a new process and return its standard output and error."""
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout, ran.stderr


def test_import_loads_nothing_heavy():
    heavy = ["tensorflow", "keras", "pandas", "matplotlib", "optuna", "cv2"]
    code = f"import skdigits, sys; print([m for m in {heavy} if m in sys.modules])"
    assert python(code) == ("[]\n", "")


def test_estimators_are_made_and_cloned_without_tensorflow():
    code = (
        "import sys, sklearn.base; from skdigits import *;"
        "sklearn.base.clone(make_digit_pipeline());"
        "print('tensorflow' in sys.modules)"
    )
    assert python(code) == ("False\n", "")


def test_names_of_package():
    import skdigits

    assert set(skdigits.__all__) <= set(dir(skdigits))
    with pytest.raises(AttributeError, match="no attribute 'CNN'"):
        _ = skdigits.CNN


def test_fit_prints_nothing_if_keras_was_imported_before():
    settings = {"TF_ENABLE_ONEDNN_OPTS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    code = "import keras, sys; print('mine', file=sys.stderr, flush=True)" + FIT
    out, err = python(code, **settings)
    assert (out, err.partition("mine\n")[2]) == ("", "")


def test_library_does_not_replace_standard_error():
    code = f"""
import os
calls, dup2 = [], os.dup2
os.dup2 = lambda *args, **options: [calls.append(args), dup2(*args, **options)][1]
{FIT}
print(calls)
"""
    assert python(code)[0] == "[]\n"


# The user starts TensorFlow without oneDNN, as it starts by default on processors
# without AVX-512.
STARTED_BY_THE_USER = """
import os
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import keras
del os.environ["TF_ENABLE_ONEDNN_OPTS"]
"""


ALL_BUT_WARNINGS_OF_KERAS = """
warnings.simplefilter("always")
warnings.filterwarnings("ignore", "__array__ implementation", module="keras")
"""


def warnings_of_two_fits(start, **environment):
    body = (ALL_BUT_WARNINGS_OF_KERAS + FIT + FIT).replace("\n", "\n    ")
    code = f"import warnings{start}with warnings.catch_warnings(record=True) as found:"
    code += f"{body}\nfor warning in found: print(warning.message)"
    return python(code, **environment)[0].splitlines()


@needs_onednn
def test_start_without_onednn_warns_once(monkeypatch):
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    (message,) = warnings_of_two_fits(STARTED_BY_THE_USER)
    assert "started before skdigits" in message
    assert "Set TF_ENABLE_ONEDNN_OPTS=1" in message


def test_no_warning_if_user_has_disabled_onednn():
    settings = {"TF_ENABLE_ONEDNN_OPTS": "0"}
    assert warnings_of_two_fits("\nimport keras\n", **settings) == []


@pytest.mark.slow
def test_threads_beyond_budget_warn():
    start = "\nimport tensorflow as tf\ntf.constant(1) + 1\n"
    settings = {"TF_ENABLE_ONEDNN_OPTS": "0", "OMP_NUM_THREADS": "77"}
    (message,) = warnings_of_two_fits(start, **settings)
    assert "OMP_NUM_THREADS=77 allows 77" in message
    assert "Set TF_NUM_INTRAOP_THREADS=77" in message


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_process_is_an_error():
    code = (
        FIT
        + """
import multiprocessing, joblib
model = CNNClassifier(epochs=1, width=0.3).fit(X, np.arange(40) % 2)
def attempt(method, *data):
    try:
        method(*data)
    except RuntimeError as error:
        print(error, flush=True)
context = multiprocessing.get_context("fork")
for target in (model.predict, model.fit):
    data = (X, np.arange(40) % 2)[: 1 + (target == model.fit)]
    process = context.Process(target=attempt, args=(target, *data))
    process.start()
    process.join(30)
    print(process.exitcode, flush=True)
    process.kill()
with joblib.parallel_config("multiprocessing"):
    attempt(joblib.Parallel(n_jobs=2), [joblib.delayed(model.predict)(X)] * 2)
print(model.predict(X).shape)
"""
    )
    out, _ = python(code)
    lines = out.splitlines()
    assert [line for line in lines if not line.startswith("This pro")] == [
        "0",
        "0",
        "(40,)",
    ]
    refusals = [line for line in lines if line.startswith("This process was forked")]
    assert len(refusals) == 3
    assert all("loky" in line and "spawn" in line for line in refusals)


@pytest.mark.slow
def test_many_fits_do_not_warn_of_retracing():
    # TensorFlow warns at the fifth model.
    code = FIT.replace("\nCNN", "\nfor i in range(7): CNN").replace(
        "0.3", "0.1 + i / 9"
    )
    assert code.count("range(7)") == 1
    out, err = python(code)
    assert out == "" and "retracing" not in err


@pytest.mark.slow
def test_environment_is_unchanged():
    code = """
import os
import cv2, keras  # these two set variables
before = dict(os.environ)
import skdigits._engine.keras
print(dict(os.environ) == before)
"""
    assert python(code)[0] == "True\n"


STARTED = """
import skdigits._engine.keras, tensorflow as tf
from tensorflow.python.util import _pywrap_util_port
threads = tf.config.threading.get_intra_op_parallelism_threads()
print(_pywrap_util_port.IsMklEnabled(), threads)
"""


@pytest.mark.slow
@needs_onednn
def test_onednn_and_all_cores_are_used(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    assert python(STARTED)[0] == "True 0\n"


@pytest.mark.slow
def test_settings_of_user_for_onednn_and_threads_are_used():
    settings = {"TF_ENABLE_ONEDNN_OPTS": "0", "OMP_NUM_THREADS": "3"}
    assert python(STARTED, **settings)[0] == "False 3\n"


# Functions of TensorFlow are replaced, so that this runs without a GPU.
ON_A_GPU = """
import tensorflow as tf
tf.config.list_physical_devices = lambda kind=None: ["GPU:0"] if kind == "GPU" else []
def set_memory_growth(gpu, enable):
    print(gpu, enable)
    {answer}
tf.config.experimental.set_memory_growth = set_memory_growth
import warnings
from skdigits._engine.keras.start import check_process
with warnings.catch_warnings(record=True) as found:
    check_process()
print(*[warning.message for warning in found])
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "warning"),
    [("pass", ""), ("raise ValueError", ""), ("raise RuntimeError", "other processes")],
    ids=["free", "limited by the user", "in use"],
)
def test_gpu_memory_is_allocated_on_demand(answer, warning):
    settings = {"TF_ENABLE_ONEDNN_OPTS": "1"}
    out, _ = python(ON_A_GPU.format(answer=answer), **settings)
    first, message = out.splitlines()
    assert first == "GPU:0 True"
    assert warning in message and bool(warning) == bool(message)


@pytest.mark.slow
def test_setting_of_user_for_gpu_memory_is_used():
    settings = {"TF_ENABLE_ONEDNN_OPTS": "1", "TF_FORCE_GPU_ALLOW_GROWTH": "false"}
    assert python(ON_A_GPU.format(answer="pass"), **settings)[0] == "\n"


# Settings of a training on a GPU that also work on a processor.
GPU_SETTINGS = {
    "determinism": """
import tensorflow
tensorflow.config.experimental.enable_op_determinism()
""",
    "XLA": """
import keras
keras.Model._resolve_auto_jit_compile = lambda model: True  # as on a GPU
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("setting", GPU_SETTINGS)
def test_training_with_settings_of_a_gpu(setting):
    code = f"""
import skdigits._engine.keras
{GPU_SETTINGS[setting]}
from sklearn.datasets import load_digits
from skdigits import CNNClassifier
X, y = load_digits(return_X_y=True)
model = CNNClassifier(epochs=20, batch_size=32, random_state=0)
print(model.fit(X[:150], y[:150]).score(X[150:200], y[150:200]) > 0.9)
"""
    assert python(code)[0] == "True\n"


@pytest.mark.parametrize(
    ("value", "budget"), [("4", 4), ("3,2", 3), ("", None), ("0", None), ("all", None)]
)
def test_thread_budget(monkeypatch, value, budget):
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert thread_budget() == budget


@pytest.mark.slow
def test_workers_use_no_more_threads_than_cores():
    code = """
import joblib
def threads():
    import skdigits._engine.keras, tensorflow as tf
    return tf.config.threading.get_intra_op_parallelism_threads()
budgets = joblib.Parallel(n_jobs=2)(joblib.delayed(threads)() for _ in range(2))
print(max(budgets) * 2 <= max(2, joblib.cpu_count()) and min(budgets) > 0)
"""
    assert python(code)[0] == "True\n"


@pytest.mark.slow
def test_other_backend_is_an_error():
    code = """
try:
    import skdigits._engine.keras
except ImportError as error:
    print(error)
"""
    out, _ = python(code, KERAS_BACKEND="torch")
    assert "backend of Keras must be 'tensorflow'. Got 'torch'" in out
    assert "KERAS_BACKEND=tensorflow" in out
