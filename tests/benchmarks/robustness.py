"""Accuracy on corrupted images and on digits of another collection.

    python tests/benchmarks/robustness.py NAME [NAME ...] [--seeds 0,1,2] [--workers 2]

NAME is a preset, or one with other values of parameters, as in
fast:cnn__epochs=3,augment__elastic=0. Each is trained with each seed on 33,600 of the
competition's images, those that the first fold of folds.py trains on. It then labels
the other 8,400 as they are, and one in four of them under each of
`corruptions.CORRUPTIONS` at three strengths; the corrupted images are the same for all
models. A preset without a normalizer also labels the 8,400 behind a DigitNormalizer.
All label the 1,797 digits of 8x8 that come with scikit-learn, in two halves: one to
choose settings by, one to report.

A row for each kind of images is appended to docs/benchmarks/robustness.jsonl when a
model has labelled all; a restart skips existing rows. Trained models are saved in the
folder --models, so that a restart does not train them again. No result influences
another fit: weights are those of the last epoch, and all seeds are reported.
"""

import argparse
import json
import platform
import re
import tempfile
import zlib
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from corruptions import CORRUPTIONS, SIZE, STRENGTHS, to_uint8
from folds import PRESETS, make_model, parse, processor, settings, test_indices
from joblib import Parallel, delayed
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import skdigits
from skdigits.datasets import load_competition

ROWS = Path("docs/benchmarks/robustness.jsonl")
MODELS = Path(tempfile.gettempdir()) / "skdigits-robustness"

# Conversions of 8x8 digits to 28x28. A preset with a normalizer gets them unchanged,
# which counts as normalized.
CLEAN, CLEAN_NORMALIZED = "clean", "clean normalized"
RESIZED, NORMALIZED = "optdigits resized", "optdigits normalized"
HALVES = ("choose", "report")
EVERY = 4  # one held-out image in four is corrupted


def read_rows(path=ROWS):
    """Read the rows of models and corruptions with the present settings."""
    if not path.exists():
        return []
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [row for row in rows if is_current(row)]


def is_current(row):
    strengths = STRENGTHS.get(row["images"])
    same = json.loads(json.dumps(strengths)) == row["strengths"]
    return same and row["settings"] == settings(row["name"])


def trained(name, seed, folder, X, y):
    """Load the model from its file, or train it and write the file."""
    depends_on = f"{name} {json.dumps(settings(name))}"
    label = f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}-{seed}"
    path = folder / f"{label}-{zlib.crc32(depends_on.encode()):08x}.skdigits"
    if path.exists():
        return skdigits.load(path)
    model = make_model(name, seed).fit(X, y)
    folder.mkdir(parents=True, exist_ok=True)
    skdigits.save(model, path)
    return model


def own_normalizer(model):
    """Return the first step of a preset if it normalizes images."""
    return model[0] if hasattr(model[0], "on_blank") else None


def kinds_of_images(name):
    """Return all kinds of images that a model labels, one for each row."""
    has_normalizer = own_normalizer(make_model(name, 0)) is not None
    ways = [NORMALIZED] if has_normalizer else [RESIZED, NORMALIZED]
    return [
        CLEAN,
        *([] if has_normalizer else [CLEAN_NORMALIZED]),
        *CORRUPTIONS,
        *(f"{way}, {half}" for way in ways for half in HALVES),
    ]


def corrupted(images, kind):
    """Yield images under a corruption at each strength."""
    for strength in (1, 2, 3):
        rng = np.random.default_rng([strength, *kind.encode()])
        yield CORRUPTIONS[kind](images, strength, rng)


def small_digits(kind, model):
    """Return half of scikit-learn's digits, converted in one way, and their labels."""
    way, half = kind.split(", ")
    X, y = load_digits(return_X_y=True)
    halves = train_test_split(
        np.arange(len(y)), test_size=0.5, stratify=y, random_state=0
    )
    chosen = halves[HALVES.index(half)]
    images, y = X[chosen].reshape(-1, 8, 8) * (255 / 16), y[chosen]
    if way == RESIZED:
        size = (SIZE, SIZE)
        resized = [cv2.resize(i, size, interpolation=cv2.INTER_CUBIC) for i in images]
        return to_uint8(np.array(resized)).reshape(len(y), -1), y
    if own_normalizer(model) is not None:
        return to_uint8(images), y
    return skdigits.DigitNormalizer().transform(to_uint8(images)), y


def errors_on(kind, model, X, y):
    """Count the errors on images of a kind, by strength, and the images."""
    if kind.startswith("optdigits"):
        X, y = small_digits(kind, model)
        batches = [X]
    elif kind == CLEAN:
        batches = [X]
    elif kind == CLEAN_NORMALIZED:
        batches = [skdigits.DigitNormalizer(on_blank="ignore").transform(X)]
    else:
        X, y = X[::EVERY], y[::EVERY]
        images = X.reshape(-1, SIZE, SIZE)
        batches = (batch.reshape(len(X), -1) for batch in corrupted(images, kind))
    errors = [int((model.predict(batch) != y).sum()) for batch in batches]
    return {"errors": errors, "n": len(y)}


def measure(name, seed, kinds, folder, X, y):
    """Train on all but the first fold, label images of some kinds, and return rows."""
    test = test_indices(y)[0]
    train = np.setdiff1d(np.arange(len(y)), test)
    model = trained(name, seed, folder, X[train], y[train])
    if own_normalizer(model) is not None:
        # A blank image counts as an error.
        model[0].set_params(on_blank="ignore")
    return [
        {
            "name": name,
            "seed": seed,
            "images": kind,
            **errors_on(kind, model, X[test], y[test]),
            "strengths": STRENGTHS.get(kind),
            "settings": settings(name),
            "processor": processor(),
            "python": platform.python_version(),
            "versions": {
                **{p: version(p) for p in ("tensorflow", "keras", "scikit-learn")},
                "opencv": cv2.__version__,
            },
        }
        for kind in kinds
    ]


def keep(rows):
    ROWS.parent.mkdir(parents=True, exist_ok=True)
    with ROWS.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    for row in rows:
        print(row["name"], row["seed"], row["images"], row["errors"], flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--models", type=Path, default=MODELS, metavar="FOLDER")
    arguments = parser.parse_args()
    for name in arguments.names:
        if parse(name)[0] not in PRESETS:
            raise SystemExit(f"NAME must be one of {[*PRESETS]}. Got {name!r} instead.")
    done = {(row["name"], row["seed"], row["images"]) for row in read_rows()}
    tasks = []
    for seed in map(int, arguments.seeds.split(",")):
        for name in arguments.names:
            kinds = [k for k in kinds_of_images(name) if (name, seed, k) not in done]
            if kinds:
                tasks.append((name, seed, kinds))
    digits = load_competition()
    X, y = digits.X_train.to_numpy(), digits.y_train.to_numpy()
    parallel = Parallel(n_jobs=arguments.workers, return_as="generator_unordered")
    for rows in parallel(delayed(measure)(*t, arguments.models, X, y) for t in tasks):
        keep(rows)


if __name__ == "__main__":
    main()
