"""``skdigits submit`` and ``skdigits demo``, run as a user runs them."""

import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import psutil
import pytest

from skdigits import CNNClassifier, __version__, make_digit_pipeline
from skdigits.__main__ import main
from skdigits._cli import demo, duration, submit
from skdigits.datasets import load_sample
from skdigits.pipelines import PRESETS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: COMMAND"),
        (["train"], "invalid choice: 'train'"),
        (["submit"], "required: PATH"),
        (["submit", "x.zip", "--preset", "best"], "invalid choice: 'best'"),
        (["submit", "x.zip", "--preset", "pictures"], "invalid choice: 'pictures'"),
        (["fit", "--preset", "pictures"], "invalid choice: 'pictures'"),
        (["submit", "x.zip", "--seed", "one"], "whole number from 0 to .* Got 'one'"),
        (["submit", "x.zip", "--seed", "-1"], "--seed"),
        (
            ["submit", "x.zip", "--networks", "0"],
            "--networks: .* from 1 to 1000. Got '0'",
        ),
        (["submit", "x.zip", "--seed", "²"], "--seed: must .* Got '²' instead"),
        (["fit", "--seed", "9" * 5000], "--seed: must be a whole number from 0 to"),
        (["fit", "--seed", str(2**32)], f"--seed: must .* from 0 to {2**32 - 1}. Got"),
        (
            ["submit", "x.zip", "--networks", "-3"],
            "--networks: .* from 1 to 1000. Got '-3'",
        ),
        (
            ["submit", "x.zip", "--networks", "²"],
            "--networks: .* from 1 to 1000. Got '²'",
        ),
        (["submit", "x.zip", "--networks", "3000000"], "--networks: .* Got '3000000'"),
        (["fit", "--preset", "record"], "invalid choice: 'record'"),
        (
            ["submit", "x.zip", "--preset", "record", "--networks", "1"],
            "--networks: must be 2 or more for --preset record. Got 1",
        ),
        (["draw", "--port", "65536"], "--port: .* from 1 to 65535. Got '65536'"),
        (["submit", "x.zip", "--speed"], "unrecognized arguments: --speed"),
        (["demo", "x"], "unrecognized arguments: x"),
    ],
)
def test_usage_error_is_one_line_with_exit_status_2(arguments, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert re.search(message, err)
    program = " ".join(["skdigits", *{*arguments[:1]} - {"train"}])
    assert err.startswith(f"{program}: ") and err.endswith(f"(see {program} --help)\n")


def test_version(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"{__version__}\n"


def test_error_names_bad_file_without_traceback(tmp_path, capsys):
    path = tmp_path / "train.csv"
    path.write_text("label,pixel0\n1,2\n")
    (tmp_path / "test.csv").write_text("pixel0\n2\n")
    assert main(["submit", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert out == f"Reading {tmp_path}\n"
    assert "train.csv" in err
    assert err.startswith("skdigits: ")
    assert "Traceback" not in err
    assert main(["submit", str(tmp_path / "nothing.zip")]) == 1
    assert "nothing.zip" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["submit", "nothing.zip"], ["fit"]])
@pytest.mark.parametrize(
    ("output", "message"),
    [("missing/file", "in an existing folder"), (".", "path must be a file")],
)
def test_output_is_checked_before_reading(command, output, message, tmp_path, capsys):
    output = tmp_path / output
    assert main([*command, "--output", str(output)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("skdigits: argument --output: ")
    assert str(output) in err and message in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["train.csv", "train.csv.gz", "test.csv"])
def test_error_names_missing_file_of_competition(name, tmp_path, capsys):
    assert main(["submit", str(tmp_path)]) == 1
    assert "does not have train.csv or test.csv" in capsys.readouterr().err
    (tmp_path / name).touch()
    missing = "test.csv" if name.startswith("train") else "train.csv"
    assert main(["submit", str(tmp_path)]) == 1
    err = capsys.readouterr().err
    assert err.startswith("skdigits: path must be the competition's zip, or the folder")
    assert f"Got '{tmp_path}', which does not have {missing}. If you" in err


def write_competition(path, n_train, n_test):
    """Write random images in the format of the competition."""
    rng = np.random.default_rng(0)
    columns = [f"pixel{i}" for i in range(784)]
    images = pd.DataFrame(rng.integers(0, 256, (500, 784)), columns=columns)
    header, _, rows = images.to_csv(index=False).partition("\n")
    train = images[:n_train].assign(label=np.arange(n_train) % 10)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.csv", train.to_csv(index=False))
        archive.writestr("test.csv", f"{header}\n{rows * (n_test // 500)}")


def test_wrong_number_of_test_images_is_an_error_before_training(tmp_path, capsys):
    write_competition(tmp_path / "small.zip", n_train=40, n_test=500)
    assert main(["submit", str(tmp_path / "small.zip")]) == 1
    out, err = capsys.readouterr()
    assert "Training" not in out
    assert "test.csv must have the 28,000 images of the competition. Got 500" in err


@pytest.fixture
def small_competition(tmp_path, monkeypatch):
    """Make files with 100 training and 500 test images in the working folder."""
    write_competition(tmp_path / "digits.zip", n_train=100, n_test=500)
    monkeypatch.setattr(submit, "N_TEST_IMAGES", 500)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shorten_training(monkeypatch):
    monkeypatch.setitem(PRESETS["fast"]["cnn"], "epochs", 3)


def test_submit(small_competition, monkeypatch, capfd):
    shorten_training(monkeypatch)
    assert main(["submit", "digits.zip", "--validate", "--seed", "0"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert "100 images to train on, 500 to label" in out
    assert re.search(r"^Epoch 1/\d+: loss \d", out, re.MULTILINE)
    assert "\n1 of 2: Training 'fast' on 90 images\n" in out
    assert "\n2 of 2: Training 'fast' on 100 images\n" in out
    assert out.startswith("Reading digits.zip\n")
    assert "of 10 images wrong" in out
    assert "\x1b" not in out
    assert "\b" not in out
    written = pd.read_csv("submission.csv")
    assert list(written.columns) == ["ImageId", "Label"]
    assert written.ImageId.tolist() == list(range(1, 501))
    assert written.Label.isin(range(10)).all()
    names = sorted(path.name for path in small_competition.iterdir())
    assert names == ["digits.zip", "submission.csv"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "presets"),
    [(["--networks", "2"], "fast"), (["--preset", "record"], "record")],
)
def test_submit_trains_several_models(options, presets, small_competition, capfd):
    assert main(["submit", "digits.zip", *options, "--seed", "0"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert f"\nTraining 2 models {presets!r} on 100 images\n" in out
    assert len(pd.read_csv("submission.csv")) == 500


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["--networks", "2"]])
def test_submit_resumes_after_kill(more, small_competition, capfd):
    command = ["submit", "digits.zip", "--seed", "0", *more]
    code = f"""
import skdigits._cli.submit as submit
from skdigits.__main__ import main

if __name__ == "__main__":
    submit.N_TEST_IMAGES = 500
    main({command!r})
"""
    Path("run.py").write_text(code)
    files = Path("submission.csv.training")
    process = subprocess.Popen(
        [sys.executable, "run.py"], stdout=subprocess.DEVNULL, start_new_session=True
    )
    while not any(files.glob("*.checkpoint")):
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not Path("submission.csv").exists()
    assert main(command) == 0
    out = capfd.readouterr().out
    n_trained = re.search(r"Resuming an earlier run after (\d+) of \d+ epochs", out)[1]
    assert int(n_trained) >= 1  # the kill may have damaged the second checkpoint
    assert not files.exists()
    resumed = Path("submission.csv").read_bytes()
    assert main([*command, "--output", "whole.csv"]) == 0
    assert "Resuming" not in capfd.readouterr().out
    assert Path("whole.csv").read_bytes() == resumed


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows lacks these signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_workers_end_with_their_parent(number, small_competition):
    write_competition(Path("digits.zip"), n_train=500, n_test=500)
    Path("run.py").write_text(
        """
import skdigits._cli.submit as submit
from skdigits.__main__ import main

if __name__ == "__main__":
    submit.N_TEST_IMAGES = 500
    main(["submit", "digits.zip", "--networks", "2"])
"""
    )
    process = subprocess.Popen([sys.executable, "run.py"], stdout=subprocess.DEVNULL)
    folder = Path("submission.csv.training")
    while len(list(folder.glob("*.checkpoint"))) < 2:  # both train
        assert process.poll() is None
        time.sleep(0.01)
    workers = psutil.Process(process.pid).children(recursive=True)
    assert len(workers) >= 2
    process.send_signal(number)
    _, left = psutil.wait_procs(workers, timeout=5)
    assert left == []
    process.wait()


def test_submit_keeps_checkpoints_of_other_trainings(small_competition, monkeypatch):
    monkeypatch.setattr(CNNClassifier, "fit", interrupt)
    shorten_training(monkeypatch)
    command = ["submit", "digits.zip", "--seed", "1"]
    folder = Path("submission.csv.training")
    assert main(command) == 130
    folder.joinpath("other.checkpoint").touch()
    monkeypatch.undo()
    monkeypatch.chdir(small_competition)
    monkeypatch.setattr(submit, "N_TEST_IMAGES", 500)
    shorten_training(monkeypatch)
    assert main(command) == 0
    assert [file.name for file in folder.iterdir()] == ["other.checkpoint"]


def interrupt(*args, **kwargs):
    raise KeyboardInterrupt


def test_ctrl_c_names_folder_of_checkpoints(small_competition, monkeypatch, capsys):
    monkeypatch.setattr(CNNClassifier, "fit", interrupt)
    assert main(["submit", "digits.zip"]) == 130
    out, err = capsys.readouterr()
    assert err == "skdigits: interrupted\n"
    assert (
        "are in submission.csv.training: run the same command again to resume." in out
    )


def test_duration_is_the_sum_over_all_models(monkeypatch):
    digits = load_sample()
    X, y = digits.X_train, digits.y_train
    fast, classic = map(make_digit_pipeline, ("fast", "classic"))
    timed = []

    def time(pipeline, X, y):
        timed.append(pipeline)
        return (5.0, 1.0) if pipeline is fast else (7.0, 10.0)

    monkeypatch.setattr(duration, "_time", time)
    assert duration.expected_seconds([fast], [8], X, y) is None  # too short
    assert timed == []
    pipelines = [fast, classic, make_digit_pipeline("fast", random_state=7)]
    epochs = [100, 200, 0]
    assert duration.expected_seconds(pipelines, epochs, X, y) == 105 + 2007 + 5
    assert timed == [fast, classic]
    # Without a limit the timing used all cores, and workers share them.
    monkeypatch.setattr(joblib, "cpu_count", lambda: 4)
    for threads, speedup in [("", 1), ("2", 2)]:
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        seconds = duration.expected_seconds(pipelines, epochs, X, y, n_jobs=3)
        assert seconds == (105 + 2007 + 5) / speedup


def test_timing_changes_no_model():
    digits = load_sample()
    for preset in ("fast", "robust"):
        model = make_digit_pipeline(preset).set_params(cnn__width=0.25)
        before = str(model.get_params())
        assert duration.expected_seconds([model], [200], digits.X_train, digits.y_train)
        assert str(model.get_params()) == before


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3, "10 s"),
        (44, "40 s"),
        (89.9, "90 s"),
        (95, "2 min"),
        (3600, "60 min"),
        (5400, "1 h 30 min"),
        (7199, "2 h"),
        (12_345, "3 h 30 min"),
    ],
)
def test_duration_in_words(seconds, words):
    assert duration.in_words(seconds) == words


@pytest.mark.slow
def test_demo(tmp_path, monkeypatch, capsys):
    less = {"cnn__epochs": 2, "cnn__width": 0.25, "cnn__test_time_shift": 0}
    monkeypatch.setattr(demo, "SETTINGS", demo.SETTINGS | less)
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    out = capsys.readouterr().out
    for text in (
        "logistic regression",
        "SVC",
        "CNN pipeline",
        "fold 3 of 3",
        "Class 9",
        "Next:",
    ):
        assert text in out
    assert re.search(
        r"0123456789 in other handwriting is read as \d{10}: \d+ of 10 right", out
    )
    folder = tmp_path / "skdigits-demo"
    assert (folder / "submission.csv").read_text().count("\n") == 361
    assert sorted(path.name for path in folder.iterdir()) == sorted(demo.WRITTEN_FILES)
    for name in set(demo.WRITTEN_FILES) - {"submission.csv"}:
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
        assert name in out
