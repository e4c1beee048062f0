"""The command line, run as a user runs it."""

import io
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
from rich.console import Console

from skdigits import CNNClassifier, __version__, _demo, make_digit_pipeline
from skdigits.__main__ import main
from skdigits._cli import duration, submit
from skdigits.datasets import load_sample


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: COMMAND"),
        (["train"], "invalid choice: 'train'"),
        (["submit"], "required: PATH"),
        (["submit", "x.zip", "--preset", "best"], "invalid choice: 'best'"),
        (["submit", "x.zip", "--seed", "one"], "whole number from 0 to .* Got 'one'"),
        (["submit", "x.zip", "--seed", "-1"], "--seed"),
        (["submit", "x.zip", "--networks", "0"], "--networks: .* from 1. Got '0'"),
        (["submit", "x.zip", "--seed", "²"], "--seed: must .* Got '²' instead"),
        (["fit", "--seed", "9" * 5000], "--seed: must be a whole number from 0 to"),
        (["fit", "--seed", str(2**32)], f"--seed: must .* from 0 to {2**32 - 1}. Got"),
        (["submit", "x.zip", "--networks", "-3"], "--networks: .* from 1. Got '-3'"),
        (["submit", "x.zip", "--networks", "²"], "--networks: .* from 1. Got '²'"),
        (["submit", "x.zip", "--networks", "3000000"], "--networks: .* 1000 or less"),
        (["submit", "x.zip", "--preset", "fast,"], "invalid choice: ''"),
        (
            ["submit", "x.zip", "--preset", "fast,classic", "--networks", "1"],
            "--networks: must be 2 or more, for 2 presets. Got 1",
        ),
        (["submit", "x.zip", "--speed"], "unrecognized arguments: --speed"),
        (["demo", "x"], "unrecognized arguments: x"),
    ],
)
def test_a_usage_error_is_one_line_and_2(arguments, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert pd.Series([err]).str.contains(message).all()


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (["submit", "x.zip", "--bogus"], "skdigits submit"),
        (["submit", "x.zip", "--preset", "best"], "skdigits submit"),
        (["demo", "x"], "skdigits demo"),
        (["train"], "skdigits"),
    ],
)
def test_a_usage_error_points_to_the_help_of_its_command(arguments, where, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    err = capsys.readouterr().err
    assert err.startswith(f"{where}: ") and err.endswith(f"(see {where} --help)\n")


def test_version(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"{__version__}\n"


def test_a_bad_file_is_named_without_a_traceback(tmp_path, capsys):
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


def test_the_place_of_the_output_is_checked_first(tmp_path, capsys):
    output = tmp_path / "missing" / "submission.csv"
    assert main(["submit", "nothing.zip", "--output", str(output)]) == 1
    assert "in an existing folder" in capsys.readouterr().err
    assert not output.parent.exists()
    assert main(["submit", "nothing.zip", "--output", str(tmp_path)]) == 1
    assert "path must be a file" in capsys.readouterr().err


def test_errors_about_the_output_name_its_option(tmp_path, capsys):
    for output in (tmp_path, tmp_path / "missing" / "submission.csv"):
        assert main(["submit", "nothing.zip", "--output", str(output)]) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("skdigits: argument --output: ") and str(output) in err


@pytest.mark.parametrize("there", ["train.csv", "train.csv.gz", "test.csv"])
def test_the_file_that_is_missing_is_named(there, tmp_path, capsys):
    (tmp_path / there).touch()
    missing = "test.csv" if there.startswith("train") else "train.csv"
    assert main(["submit", str(tmp_path)]) == 1
    err = capsys.readouterr().err
    assert err.startswith("skdigits: path must be the competition's zip, or the folder")
    assert f"'{tmp_path}' instead, where {missing} is missing. If you" in err


def test_no_file_is_named_where_both_are_missing(tmp_path, capsys):
    assert main(["submit", str(tmp_path)]) == 1
    assert "folder without" not in capsys.readouterr().err


def test_reading_is_said_before_it_begins(monkeypatch, capsys):
    from skdigits import datasets

    def load_competition(path):
        assert capsys.readouterr().out == "Reading digits.zip\n"
        raise ValueError("as far as this test goes")

    monkeypatch.setattr(datasets, "load_competition", load_competition)
    assert main(["submit", "digits.zip"]) == 1
    assert "as far as this test goes" in capsys.readouterr().err


def write_competition(path, n_train, n_test):
    """Write 500 images again and again, in the competition's form."""
    rng = np.random.default_rng(0)
    columns = [f"pixel{i}" for i in range(784)]
    images = pd.DataFrame(rng.integers(0, 256, (500, 784)), columns=columns)
    header, _, rows = images.to_csv(index=False).partition("\n")
    train = images[:n_train].assign(label=np.arange(n_train) % 10)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.csv", train.to_csv(index=False))
        archive.writestr("test.csv", f"{header}\n{rows * (n_test // 500)}")


def test_another_number_of_test_images_is_refused_before_training(tmp_path, capsys):
    write_competition(tmp_path / "small.zip", n_train=40, n_test=500)
    assert main(["submit", str(tmp_path / "small.zip")]) == 1
    out, err = capsys.readouterr()
    assert "Training" not in out
    assert "test.csv must have the competition's 28,000 images. Got 500" in err


@pytest.fixture
def small_competition(tmp_path, monkeypatch):
    """A competition of 100 images and 500 to label, in the working folder."""
    write_competition(tmp_path / "digits.zip", n_train=100, n_test=500)
    monkeypatch.setattr(submit, "TEST_IMAGES", 500)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_submit(small_competition, capfd):
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
    [(["--networks", "2"], "fast"), (["--preset", "record"], "residual+accurate")],
)
def test_submit_several_networks(options, presets, small_competition, capfd):
    assert main(["submit", "digits.zip", *options, "--seed", "0"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert f"\nTraining 2 networks {presets!r} on 100 images\n" in out
    assert len(pd.read_csv("submission.csv")) == 500


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["--networks", "2"]])
def test_submit_goes_on_after_a_kill(more, small_competition, capfd):
    command = ["submit", "digits.zip", "--seed", "0", *more]
    code = f"""
import skdigits._cli.submit as submit
from skdigits.__main__ import main

if __name__ == "__main__":
    submit.TEST_IMAGES = 500
    main({command!r})
"""
    Path("run.py").write_text(code)
    files = Path("submission.csv.training")
    process = subprocess.Popen(
        [sys.executable, "run.py"], stdout=subprocess.DEVNULL, start_new_session=True
    )
    while not any(files.glob("*.previous")):  # the second is over
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not Path("submission.csv").exists()
    assert main(command) == 0
    there = re.search(r"run before: (\d+) of \d+ epochs", capfd.readouterr().out)
    assert int(there[1]) >= 1  # it may have been killed while it wrote the second
    assert not files.exists()
    resumed = Path("submission.csv").read_bytes()
    assert main([*command, "--output", "whole.csv"]) == 0
    assert "run before" not in capfd.readouterr().out
    assert Path("whole.csv").read_bytes() == resumed


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_workers_end_with_their_parent(number, small_competition):
    write_competition(Path("digits.zip"), n_train=500, n_test=500)
    Path("run.py").write_text(
        """
import skdigits._cli.submit as submit
from skdigits.__main__ import main

if __name__ == "__main__":
    submit.TEST_IMAGES = 500
    main(["submit", "digits.zip", "--networks", "2"])
"""
    )
    process = subprocess.Popen([sys.executable, "run.py"], stdout=subprocess.DEVNULL)
    folder = Path("submission.csv.training")
    while len(list(folder.glob("*.previous"))) < 2:  # both have trained two epochs
        assert process.poll() is None
        time.sleep(0.01)
    workers = psutil.Process(process.pid).children(recursive=True)
    assert len(workers) >= 2
    process.send_signal(number)
    _, left = psutil.wait_procs(workers, timeout=5)
    assert left == []
    process.wait()


def test_submit_leaves_other_trainings_alone(small_competition, monkeypatch):
    monkeypatch.setattr(CNNClassifier, "fit", interrupt)
    command = ["submit", "digits.zip", "--seed", "1"]
    folder = Path("submission.csv.training")
    assert main(command) == 130
    folder.joinpath("other.checkpoint").touch()
    monkeypatch.undo()
    monkeypatch.chdir(small_competition)
    monkeypatch.setattr(submit, "TEST_IMAGES", 500)
    assert main(command) == 0
    assert [file.name for file in folder.iterdir()] == ["other.checkpoint"]


def interrupt(*args, **kwargs):
    raise KeyboardInterrupt


def test_ctrl_c_says_where_the_training_is(small_competition, monkeypatch, capsys):
    monkeypatch.setattr(CNNClassifier, "fit", interrupt)
    assert main(["submit", "digits.zip"]) == 130
    out, err = capsys.readouterr()
    assert err == "skdigits: interrupted\n"
    assert "is in submission.csv.training: the same command goes on from it." in out


def test_the_time_of_a_long_training_is_that_of_its_parts(monkeypatch):
    digits = load_sample()
    X, y = digits.X_train, digits.y_train
    fast, classic = map(make_digit_pipeline, ("fast", "classic"))
    seen = []

    def timed(network, X, y):
        seen.append(network)
        return (5.0, 1.0) if network is fast else (7.0, 10.0)

    monkeypatch.setattr(duration, "_time", timed)
    assert duration.expected_seconds([fast], [8], X, y) is None
    assert seen == []  # it is over too soon to be timed
    networks = [fast, classic, make_digit_pipeline("fast", random_state=7)]
    assert duration.expected_seconds(networks, [100, 200, 0], X, y) == 105 + 2007 + 5
    assert seen == [fast, classic]
    # On all cores, each of three networks is slower than the one that was timed.
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(joblib, "cpu_count", lambda: 4)
    together = duration.expected_seconds(networks, [100, 200, 0], X, y, n_jobs=3)
    assert together == 105 + 2007 + 5
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    together = duration.expected_seconds(networks, [100, 200, 0], X, y, n_jobs=3)
    assert together == (105 + 2007 + 5) / 2


def test_a_few_batches_are_timed():
    digits = load_sample()
    for preset in ("fast", "robust"):
        network = make_digit_pipeline(preset).set_params(cnn__width=0.25)
        before = str(network.get_params())
        preparation, _ = duration._time(network, digits.X_train, digits.y_train)
        assert preparation > 0
        assert str(network.get_params()) == before


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
def test_times_are_said_in_words(seconds, words):
    assert duration.in_words(seconds) == words


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_demo_says_which_fold_runs(is_terminal):
    console = Console(file=io.StringIO(), force_terminal=is_terminal, width=80)
    splits = [("train", "test")] * 3
    for name, said in [("SVC", "3/3"), (_demo.NETWORK, "fold 2 of 3")]:
        assert list(_demo._shown(splits, name, console)) == splits
        # The network's trainings have bars of their own, on a terminal only.
        said = said if is_terminal else "3/3"
        assert said in console.file.getvalue()
        assert name in console.file.getvalue()


@pytest.mark.slow
def test_demo(tmp_path, monkeypatch, capsys):
    # The whole demo, with less training; .ci/run runs it as it is.
    less = {"cnn__epochs": 2, "cnn__width": 0.25, "cnn__test_time_shift": 0}
    monkeypatch.setattr(_demo, "SAMPLE_SETTINGS", _demo.SAMPLE_SETTINGS | less)
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    out = capsys.readouterr().out
    for text in ("logistic regression", "SVC", "CNN pipeline", "Class 9", "Next:"):
        assert text in out
    assert re.search(r"0123456789 in .* is read as \d{10}: \d+ of 10 right", out)
    folder = tmp_path / "skdigits-demo"
    assert (folder / "submission.csv").read_text().count("\n") == 361
    assert sorted(path.name for path in folder.iterdir()) == sorted(_demo.WRITTEN)
    for name in set(_demo.WRITTEN) - {"submission.csv"}:
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
        assert name in out
