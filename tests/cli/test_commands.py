"""``skdigits fit`` and ``skdigits predict``, run as a user runs them."""

import io
import os
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import skdigits
from skdigits.__main__ import main
from skdigits.datasets import load_images, load_sample, make_digit_photo
from skdigits.pipelines import PRESETS

TEXTS = {"a.png": "31415\n92653", "b [red].png": "20468"}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Path of a model that was trained on 200 digits."""
    path = tmp_path_factory.mktemp("model") / "model.skdigits"
    digits = load_sample()
    pipeline = skdigits.make_digit_pipeline("robust", random_state=0)
    pipeline.set_params(cnn__epochs=2, cnn__batch_size=32, cnn__width=0.3)
    skdigits.save(pipeline.fit(digits.X_train[:200], digits.y_train[:200]), path)
    return str(path)


@pytest.fixture
def pages(tmp_path, monkeypatch):
    """Make a folder with two pages and, next to it, a blank and a broken image."""
    monkeypatch.chdir(tmp_path)
    write_pages(Path("pages"))
    Image.new("L", (60, 80), 230).save("blank.png")
    Path("broken.png").write_bytes(b"no image")


def write_pages(folder):
    folder.mkdir()
    for seed, (name, text) in enumerate(TEXTS.items()):
        Image.fromarray(make_digit_photo(text, random_state=seed).image).save(
            folder / name
        )


def write_labelled(folder, n):
    """Write bundled digits as dark-on-light images, in folders 0 to 9."""
    digits = load_sample()
    for i in range(n):
        place = Path(folder, str(digits.y_train.iloc[i]))
        place.mkdir(parents=True, exist_ok=True)
        pixels = 255 - digits.X_train.iloc[i].to_numpy().reshape(28, 28)
        Image.fromarray(pixels).resize((56, 56)).save(place / f"{i}.png")


@pytest.fixture
def quick(monkeypatch):
    for preset in PRESETS.values():
        for name, value in {"epochs": 1, "width": 0.2}.items():
            monkeypatch.setitem(preset["cnn"], name, value)


# ------------------------------------------------------------------ fit


def test_fit_on_bundled_digits(quick, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "--seed", "0", "--validate"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[:2] == ["Reading the bundled digits", "1,437 images to train on"]
    assert "1 of 2: Training 'robust' on 1,293 images" in lines
    assert "2 of 2: Training 'robust' on 1,437 images" in lines
    assert "of 144 images wrong" in out
    assert lines[-1] == "Wrote model.skdigits."
    model = skdigits.load("model.skdigits")
    assert list(model.named_steps) == ["normalize", "augment", "cnn"]
    assert model["cnn"].random_state == 0


@pytest.mark.parametrize("is_zip", [False, True])
def test_fit_on_images_in_folders(is_zip, quick, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    write_labelled("own", 40)
    if is_zip:
        with zipfile.ZipFile("own.zip", "w") as archive:
            for file in Path("own").rglob("*.png"):
                archive.write(file)
    path = "own.zip" if is_zip else "own"
    assert main(["fit", path, "--preset", "fast", "--output", "own.skdigits"]) == 0
    assert "40 images to train on" in capfd.readouterr().out
    model = skdigits.load("own.skdigits")
    assert list(model.named_steps) == ["augment", "cnn"]
    assert main(["predict", "own.skdigits", path]) == 0
    assert capfd.readouterr().out.count(".png,") == 40


def test_fit_on_letters_in_folders(quick, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    write_labelled("own", 40)
    for number in range(2, 10):
        shutil.rmtree(f"own/{number}")
    Path("own/0").rename("own/O")
    Path("own/1").rename("own/I")
    n = len(list(Path("own").rglob("*.png")))
    assert main(["fit", "own"]) == 0
    assert f"{n} images to train on, with the labels I, O\n" in capfd.readouterr().out
    assert skdigits.load("model.skdigits").classes_.tolist() == ["I", "O"]
    assert main(["predict", "model.skdigits", "own"]) == 0
    table = pd.read_csv(io.StringIO(capfd.readouterr().out))
    assert set(table.label) <= {"I", "O"} and len(table) == n


def test_fit_on_files_of_competition(quick, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    digits = load_sample()
    train = digits.X_train[:60].assign(label=digits.y_train[:60])
    with zipfile.ZipFile("competition.zip", "w") as archive:
        archive.writestr("train.csv", train.to_csv(index=False))
        archive.writestr("test.csv", digits.X_test[:5].to_csv(index=False))
    assert main(["fit", "competition.zip"]) == 0
    assert "60 images to train on" in capfd.readouterr().out
    assert Path("model.skdigits").exists()


def test_fit_uses_settings_of_preset(quick, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_labelled("own", 40)
    assert main(["fit", "own", "--preset", "fast"]) == 0
    found = skdigits.load("model.skdigits").get_params()
    for name, value in skdigits.make_digit_pipeline("fast").get_params().items():
        if name.startswith("cnn__") and name != "cnn__checkpoint":
            assert found[name] == value or name == "cnn__verbose"


def test_fit_names_bad_images(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_labelled("own", 3)
    white = next(Path("own").iterdir()) / "white.png"
    Image.new("L", (30, 30), 255).save(white)
    assert main(["fit", "own"]) == 1
    assert f"Got 1 without a visible digit: {white}." in capsys.readouterr().err
    Image.new("L", (30, 30), 255).save("own/white.png")
    assert main(["fit", "own"]) == 1
    err = capsys.readouterr().err
    assert "folder with the name of its label, such as 0 to 9" in err
    assert f"Got '{Path('own/white.png')}' and others" in err
    Path("own/zero").mkdir()
    Path("own/white.png").rename("own/zero/white.png")
    assert main(["fit", "own"]) == 1
    assert " and 'zero'. Rename the folders." in capsys.readouterr().err
    shutil.rmtree("own/zero")
    (white.parent / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert main(["fit", "own"]) == 1
    assert "photo.heic' is a HEIC image, which needs" in capsys.readouterr().err
    assert main(["fit", "nothing"]) == 1
    assert "'nothing'" in capsys.readouterr().err
    assert not Path("model.skdigits").exists()


def test_validation_needs_enough_images_of_each_label(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_labelled("few", 7)  # two of 1, 3 and 9 and a 4
    assert main(["fit", "few", "--validate"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("skdigits: argument --validate: ")
    assert "2 or more images of each label" in err and "31 or more of 4 labels" in err
    assert "Got 7 images, with 1 of 4." in err
    assert os.listdir() == ["few"]


@pytest.mark.slow
def test_second_command_for_same_output_is_an_error(
    quick, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    command = [sys.executable, "-m", "skdigits", "fit", "--output", "own.skdigits"]
    first = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert first.stdout.readline().startswith(b"Reading ")
    assert main(command[3:]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "argument --output: another skdigits command" in err
    assert "'own.skdigits'" in err
    first.kill()  # this also ends its lock
    first.communicate()
    assert main(command[3:]) == 0
    assert os.listdir() == ["own.skdigits"]


# ------------------------------------------------------------------ the output

IS_INPUT = "must not be a file that the command reads"


def refused(arguments, capsys):
    """Return the message of a usage error, and check that no file has changed."""
    before = {path: path.read_bytes() for path in Path().rglob("*.*") if path.is_file()}
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    after = {path: path.read_bytes() for path in Path().rglob("*.*") if path.is_file()}
    assert before == after
    return err


@pytest.mark.skipif(os.name == "nt", reason="links need a right on Windows")
@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_output_must_not_replace_input_of_predict(link, model, pages, capsys):
    shutil.copy(model, "m.skdigits")
    with zipfile.ZipFile("z.zip", "w") as archive:
        archive.write("pages/a.png", "a.png")
    for path, images in [
        ("m.skdigits", ["pages"]),
        ("z.zip", ["pages", "z.zip"]),
        ("pages/a.png", ["pages"]),
        ("pages/a.png", [str(Path("pages").resolve())]),
        ("pages/a.png", ["pa*/*.png"]),
        ("pages/a.png", ["pages/../pages/a.png"]),
        ("broken.png", ["pages", "broken.png"]),
    ]:
        output = path
        if link is not None:
            output = "link.csv"
            Path(output).unlink(missing_ok=True)
            link(os.path.abspath(path), output)
        arguments = ["predict", "m.skdigits", *images, "--output", output]
        assert IS_INPUT in refused(arguments, capsys)


def test_output_must_not_replace_training_files(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_labelled("own", 3)
    image = next(Path("own").rglob("*.png"))
    Path("data").mkdir()
    for name in ("data/train.csv", "data/test.csv.gz", "z.zip"):
        Path(name).write_text("no data")
    for command, path, output in [
        ("fit", "own", str(image)),
        ("fit", "own/*/*.png", str(image)),
        ("fit", "z.zip", "./z.zip"),
        ("fit", "data", "data/train.csv"),
        ("submit", "data", "data/test.csv.gz"),
        ("submit", "z.zip", "z.zip"),
    ]:
        assert IS_INPUT in refused([command, path, "--output", output], capsys)
    Path("own").rename("own.training")
    err = refused(["fit", "own.training", "--output", "own"], capsys)
    assert "'own.training', which the command reads" in err


def test_output_may_be_in_folder_of_images(model, pages, capsys):
    for _ in range(2):
        assert main(["predict", model, "pages", "--output", "pages/labels.csv"]) == 0
    assert len(pd.read_csv("pages/labels.csv")) == 2


def test_dash_is_standard_output(model, pages, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["predict", model, "pages", "--output", "-"]) == 0
    assert len(pd.read_csv(io.StringIO(capsys.readouterr().out))) == 2
    for command in (["fit", "pages"], ["submit", "pages"]):
        assert "--output: must be a file" in refused(
            [*command, "--output", "-"], capsys
        )
    assert not Path("-").exists()


# ------------------------------------------------------------------ predict


def test_predict_writes_predictions_of_model(model, pages, capsys):
    assert main(["predict", model, "pages"]) == 0
    out, err = capsys.readouterr()
    assert (
        err.count("\n") == 1 and "a.png: seems to have several digits; --split" in err
    )
    table = pd.read_csv(io.StringIO(out))
    loaded = load_images("pages")
    pipeline = skdigits.load(model)
    probabilities = np.sort(pipeline.predict_proba(loaded.images))
    assert table.file.tolist() == loaded.filenames
    assert table.label.tolist() == pipeline.predict(loaded.images).tolist()
    np.testing.assert_allclose(table.probability, probabilities[:, -1], atol=1e-6)
    np.testing.assert_allclose(
        table.second_probability, probabilities[:, -2], atol=1e-6
    )
    assert (table.label != table.second_label).all()
    assert table.unsure.tolist() == (probabilities[:, -1] < 0.95).tolist()


def test_split_writes_row_for_each_digit(model, pages, capsys):
    arguments = ["predict", model, "pages", "--split", "--output", "out.csv"]
    assert main(arguments) == 0
    assert capsys.readouterr().out == "Wrote out.csv, 15 rows.\n"
    table = pd.read_csv("out.csv")
    loaded = load_images("pages")
    boxes = table[["left", "top", "width", "height"]].to_numpy()
    for name, image in zip(loaded.filenames, loaded.images, strict=True):
        found = skdigits.find_digits(image)
        own = table.file == name
        np.testing.assert_array_equal(boxes[own], found.boxes)
        np.testing.assert_array_equal(table.line[own], found.lines)
        labels = skdigits.load(model).predict(found.images)
        np.testing.assert_array_equal(table.label[own], labels)
        page = skdigits.read_numbers(skdigits.load(model), image)
        numbers = np.array(page.numbers)[found.lines].tolist()
        assert table.number[own].astype(str).str.zfill(5).tolist() == numbers
        np.testing.assert_allclose(
            table.number_probability[own], page.probabilities[found.lines], atol=1e-6
        )


def test_photos_of_single_digits_get_no_hint(model, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(make_digit_photo("4", random_state=0).image).save("4.png")
    assert main(["predict", model, "4.png"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("split", [[], ["--split"]])
def test_unreadable_images_are_reported_and_others_labelled(
    split, model, pages, capsys
):
    images = ["blank.png", "pages/a.png", "broken.png", "nothing.png"]
    assert main(["predict", model, *images, "--output", "out.csv", *split]) == 1
    out, err = capsys.readouterr()
    table = pd.read_csv("out.csv")
    assert out == f"Wrote out.csv, {len(table)} rows.\n"
    assert table.label[table.file == "blank.png"].isna().all()
    assert table.unsure[table.file == "blank.png"].tolist() == [True]
    assert table.label[table.file == "pages/a.png"].notna().all()
    errors = err.splitlines()
    assert len(errors) == 3 and all(line.startswith("skdigits: ") for line in errors)
    for name, error in zip(["broken", "nothing", "blank"], errors, strict=True):
        assert f"{name}.png" in error


def test_no_output_if_no_image_can_be_read(model, pages, capsys):
    assert main(["predict", model, "broken.png", "--output", "out.csv"]) == 1
    assert capsys.readouterr().out == ""
    assert not Path("out.csv").exists()


@pytest.mark.parametrize("split", [[], ["--split"]])
def test_terminal_shows_table_with_full_names(split, model, pages, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    main(["predict", model, "pages", "blank.png", *split])
    out = capsys.readouterr().out
    for text in (os.path.join("pages", "b [red].png"), "blank.png", "no digit", "%"):
        assert text in out
    assert ("width height" in out) is bool(split)
    assert ("number" in out) is bool(split)


def test_error_names_file_that_is_not_a_model(pages, capsys):
    for path in ("broken.png", "nothing.skdigits"):
        assert main(["predict", path, "pages"]) == 1
        out, err = capsys.readouterr()
        assert out == "" and path in err and err.count("\n") == 1


def test_model_must_be_a_classifier(pages, capsys):
    skdigits.save(skdigits.DigitNormalizer().fit(np.eye(4)), "model.skdigits")
    assert main(["predict", "model.skdigits", "pages"]) == 1
    err = capsys.readouterr().err
    assert "classifier with predict_proba" in err and "DigitNormalizer" in err


def test_labels_may_be_words(pages, capsys):
    digits = load_sample()
    words = np.where(digits.y_train[:100] % 2, "odd", "even")
    cnn = skdigits.CNNClassifier(epochs=1, width=0.2)
    skdigits.save(cnn.fit(digits.X_train[:100], words), "words.skdigits")
    assert main(["predict", "words.skdigits", "pages"]) == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert set(table.label) <= {"odd", "even"} and len(table) == 2


def test_model_must_take_digits_of_28x28(digits, pages, capsys):
    cnn = skdigits.CNNClassifier(epochs=1, width=0.2).fit(*digits)
    skdigits.save(cnn, "small.skdigits")
    assert main(["predict", "small.skdigits", "pages"]) == 1
    err = capsys.readouterr().err
    assert "argument MODEL: " in err and "784" in err and "64" in err


def names_of(arguments, capsys):
    assert main(["predict", *arguments]) == 0
    out = capsys.readouterr().out
    assert out.isascii() and "\x1b" not in out and "\r" not in out
    return pd.read_csv(io.StringIO(out)).file.tolist()


def test_equal_names_in_two_zips_include_the_zip(model, pages, capsys):
    for name in ("one.zip", "two.zip"):
        with zipfile.ZipFile(name, "w") as archive:
            archive.write("pages/a.png", "1.png")
            archive.write("pages/a.png", f"{name}.png")
    expected = [os.path.join("one.zip", "1.png"), "one.zip.png"]
    expected += [os.path.join("two.zip", "1.png"), "two.zip.png", "pages/a.png"]
    images = ["one.zip", "two.zip", "pages/a.png"]
    assert names_of([model, *images], capsys) == expected


ESCAPED = {
    "a\nb.png": r"a\x0ab.png",
    "a\tb.png": r"a\x09b.png",
    r"a\x0ab.png": r"a\x5cx0ab.png",
    "red\x1b[31m.png": r"red\x1b[31m.png",
    "csi\x9b31m.png": r"csi\x9b31m.png",
    "gnp\u202egpj.png": r"gnp\u202egpj.png",
    "\ufeffa.png": r"\ufeffa.png",
    "\udcff.png": r"\udcff.png",
    "=1+1.png": "'=1+1.png",
    "'=1+1.png": "''=1+1.png",
    "  @SUM(A1).png": "'  @SUM(A1).png",
    "+1.png": "'+1.png",
    "-1.png": "'-1.png",
}


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such names")
def test_names_are_escaped_and_stay_distinct(model, pages, capsys):
    page = Path("pages/a.png").read_bytes()
    for name in ESCAPED:
        Path(name).write_bytes(page)
    names = names_of([model, "--", *ESCAPED], capsys)
    assert names == list(ESCAPED.values())
    assert len(set(names)) == len(names)
    with zipfile.ZipFile("z.zip", "w") as archive:
        archive.writestr("3/\x1b[31m.png", "no image")
        archive.writestr("3/\u202e.png", page)
    assert main(["fit", "z.zip"]) == 1
    err = capsys.readouterr().err
    assert r"\x1b[31m.png" in err and "\x1b" not in err


def test_labels_are_escaped_and_numbers_stay_numbers(pages, capsys):
    digits = load_sample()
    labels = np.array(["-1.5", "=1+1", "\x1b[31mred"])[digits.y_train[:100] % 3]
    cnn = skdigits.CNNClassifier(epochs=1, width=0.2, random_state=0)
    skdigits.save(cnn.fit(digits.X_train[:100], labels), "m.skdigits")
    assert main(["predict", "m.skdigits", "pages", "--split"]) == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out), dtype=str)
    shown = {*table.label, *table.second_label}
    assert shown <= {"-1.5", "'=1+1", r"\x1b[31mred"} and len(shown) > 1


@pytest.mark.parametrize("split", [[], ["--split"]])
def test_predict_holds_few_images_in_memory(split, model, pages, capsys):
    photo = make_digit_photo("7", random_state=0).image
    large = Image.fromarray(photo).resize((1200, 900))
    for i in range(20):
        large.save(f"pages/{i}.jpg")
    tracemalloc.start()
    try:
        assert main(["predict", model, "pages/*.jpg", *split]) == 0
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * 1200 * 900 * 3
    assert capsys.readouterr().out.count(".jpg,") >= 20


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    "streams", [">&-", "2>&-", "<&- >&- 2>&-", "| head -c 1 >first", "| true"]
)
def test_streams_may_be_closed(streams, model, pages):
    Path("pages/a.png").rename("pages/ö.png")
    arguments = "pages --split --output ö.csv"
    command = f"{sys.executable} -m skdigits predict {model} {arguments}"
    script = f"set -o pipefail; {command} {streams}"
    env = os.environ | {"PYTHONIOENCODING": "ascii"}
    ran = subprocess.run(["bash", "-c", script], capture_output=True, env=env)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert len(pd.read_csv("ö.csv")) == 15


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_errors_are_reported_if_output_is_not_read(model, pages):
    script = f"set -o pipefail; {sys.executable} -m skdigits predict {model} "
    script += "pages missing.png --split | true"
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert ran.returncode == 1
    assert "missing.png" in ran.stderr and len(ran.stderr.splitlines()) == 1


@pytest.mark.slow
def test_model_fitted_on_bundled_digits_reads_photos(tmp_path):
    write_pages(tmp_path / "pages")

    def run(*arguments):
        command = [sys.executable, "-m", "skdigits", *arguments]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout

    run("fit", "--seed", "0")
    table = pd.read_csv(
        io.StringIO(run("predict", "model.skdigits", "pages", "--split"))
    )
    expected = [
        int(digit) for text in TEXTS.values() for digit in text if digit != "\n"
    ]
    assert (table.label == expected).mean() >= 0.8
