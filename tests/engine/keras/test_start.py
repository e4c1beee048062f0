"""How TensorFlow is started: late, in silence, and within the thread budget."""

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


def test_names_of_the_package():
    import skdigits

    assert set(skdigits.__all__) <= set(dir(skdigits))
    with pytest.raises(AttributeError, match="no attribute 'CNN'"):
        _ = skdigits.CNN


def test_a_fit_prints_nothing_after_the_users_own_import_of_keras():
    # What TensorFlow itself writes at its first use is up to whoever started it.
    settings = {"TF_ENABLE_ONEDNN_OPTS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    code = "import keras, sys; print('mine', file=sys.stderr, flush=True)" + FIT
    out, err = python(code, **settings)
    assert (out, err.partition("mine\n")[2]) == ("", "")


@pytest.mark.slow
@pytest.mark.parametrize("first", ["import tensorflow", "import keras", ""])
def test_standard_error_is_only_replaced_where_skdigits_starts_tensorflow(first):
    code = f"""
import os
replaced, dup2 = [], os.dup2
def watched(source, target, **options):
    replaced.append(target)
    return dup2(source, target, **options)
os.dup2 = watched
{first}
import skdigits
from skdigits import *
print(replaced)
{FIT}
print(replaced)
"""
    out, _ = python(code)
    assert out == ("[]\n[]\n" if first else "[]\n[2, 2]\n")


# What a fit depends on when somebody else has started TensorFlow. The first two lines
# have TensorFlow start without oneDNN on every processor, as on one without AVX-512.
STARTED_BY_THE_USER = """
import os
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import keras
del os.environ["TF_ENABLE_ONEDNN_OPTS"]
"""


ALL_BUT_KERAS_OWN = """
warnings.simplefilter("always")
warnings.filterwarnings("ignore", "__array__ implementation", module="keras")
"""


def warnings_of_two_fits(start, **environment):
    body = (ALL_BUT_KERAS_OWN + FIT + FIT).replace("\n", "\n    ")
    code = f"import warnings{start}with warnings.catch_warnings(record=True) as found:"
    code += f"{body}\nfor warning in found: print(warning.message)"
    return python(code, **environment)[0].splitlines()


@needs_onednn
def test_tensorflow_that_was_started_without_onednn_is_said_once(monkeypatch):
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    (message,) = warnings_of_two_fits(STARTED_BY_THE_USER)
    assert "started before skdigits" in message
    assert "Set TF_ENABLE_ONEDNN_OPTS=1" in message


def test_nothing_is_said_where_the_user_does_without_onednn():
    settings = {"TF_ENABLE_ONEDNN_OPTS": "0"}
    assert warnings_of_two_fits("\nimport keras\n", **settings) == []


@pytest.mark.slow
def test_threads_that_were_started_against_the_budget_are_said():
    start = "\nimport tensorflow as tf\ntf.constant(1) + 1\n"
    settings = {"TF_ENABLE_ONEDNN_OPTS": "0", "OMP_NUM_THREADS": "77"}
    (message,) = warnings_of_two_fits(start, **settings)
    assert "OMP_NUM_THREADS=77 allows 77" in message
    assert "Set TF_NUM_INTRAOP_THREADS=77" in message


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no process is forked here")
def test_a_forked_process_is_refused_at_once():
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
def test_many_fits_print_nothing():
    # TensorFlow warns of "retracing" at the fifth network.
    code = FIT.replace("\nCNN", "\nfor i in range(7): CNN").replace(
        "0.3", "0.1 + i / 9"
    )
    assert code.count("range(7)") == 1
    assert python(code) == ("", "")


@pytest.mark.slow
def test_what_others_write_meanwhile_comes_through():
    code = """
import os, sys, threading
def chat():
    while not done.is_set():
        os.write(2, b"mine\\n")
        done.wait(0.01)
    os.write(2, b"last\\n")
done = threading.Event()
thread = threading.Thread(target=chat)
thread.start()
import skdigits._engine.keras
done.set()
thread.join()
print("stdout too")
print("stderr too", file=sys.stderr)
"""
    out, err = python(code)
    assert out == "stdout too\n"
    lines = err.splitlines()
    assert lines[-2:] == ["last", "stderr too"]
    assert set(lines[:-2]) == {"mine"}
    assert len(lines) > 50  # it took seconds


@pytest.mark.slow
def test_last_words_come_through():
    code = """
import os
from skdigits._engine.keras import threads
threads.thread_budget = lambda: (os.write(2, b"last words\\n"), os.abort())
import skdigits._engine.keras
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode != 0
    assert "last words" in ran.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="on Windows one process cannot press it")
def test_ctrl_c_while_it_starts_cuts_nothing_off():
    code = """
import os, signal, time
import skdigits._core.threads
def press():
    signal.signal(signal.SIGINT, lambda *_: None)
    os.killpg(0, signal.SIGINT)
    time.sleep(0.5)
    os.write(2, b"last words\\n")
skdigits._core.threads.thread_budget = press
import skdigits._engine.keras
"""
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        start_new_session=True,
    )
    assert (ran.returncode, ran.stderr) == (0, "last words\n")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs sh, which starts it without one")
def test_it_starts_without_a_standard_error():
    code = "import skdigits._engine.keras; print('started')"
    command = f'exec "{sys.executable}" -c "{code}" 2>&-'
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (0, "started\n")


@pytest.mark.slow
def test_the_environment_stays():
    code = """
import os
import cv2, keras  # these two do leave variables behind
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
def test_onednn_and_every_core_are_used(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    assert python(STARTED) == ("True 0\n", "")


@pytest.mark.slow
def test_the_users_onednn_setting_stays_and_threads_follow_openmps_number():
    settings = {"TF_ENABLE_ONEDNN_OPTS": "0", "OMP_NUM_THREADS": "3"}
    assert python(STARTED, **settings) == ("False 3\n", "")


# TensorFlow's calls are watched: there is no GPU where these tests run.
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
    ("answer", "said"),
    [("pass", ""), ("raise ValueError", ""), ("raise RuntimeError", "other processes")],
    ids=["free", "limited by the user", "in use"],
)
def test_memory_of_a_gpu_is_taken_as_it_is_needed(answer, said):
    settings = {"TF_ENABLE_ONEDNN_OPTS": "1"}
    out, _ = python(ON_A_GPU.format(answer=answer), **settings)
    first, message = out.splitlines()
    assert first == "GPU:0 True"
    assert said in message and bool(said) == bool(message)


@pytest.mark.slow
def test_the_users_setting_of_a_gpus_memory_stays():
    settings = {"TF_ENABLE_ONEDNN_OPTS": "1", "TF_FORCE_GPU_ALLOW_GROWTH": "false"}
    assert python(ON_A_GPU.format(answer="pass"), **settings)[0] == "\n"


# What a training meets on a GPU, and may meet here, too.
ELSEWHERE = {
    "determinism": """
import tensorflow
tensorflow.config.experimental.enable_op_determinism()
""",
    "XLA": """
import keras
keras.Model._resolve_auto_jit_compile = lambda model: True  # so it is with a GPU
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("setting", ELSEWHERE)
def test_training_as_keras_and_users_have_it_on_a_gpu(setting):
    code = f"""
import skdigits._engine.keras
{ELSEWHERE[setting]}
from sklearn.datasets import load_digits
from skdigits import CNNClassifier
X, y = load_digits(return_X_y=True)
model = CNNClassifier(epochs=20, batch_size=32, random_state=0)
print(model.fit(X[:150], y[:150]).score(X[150:200], y[150:200]) > 0.9)
"""
    assert python(code) == ("True\n", "")


@pytest.mark.parametrize(
    ("value", "budget"), [("4", 4), ("3,2", 3), ("", None), ("0", None), ("all", None)]
)
def test_thread_budget(monkeypatch, value, budget):
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert thread_budget() == budget


@pytest.mark.slow
def test_workers_stay_within_the_cores():
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
def test_another_backend_is_refused():
    code = """
try:
    import skdigits._engine.keras
except ImportError as error:
    print(error)
"""
    out, _ = python(code, KERAS_BACKEND="torch")
    assert "Keras's TensorFlow backend" in out
    assert "KERAS_BACKEND=tensorflow" in out
