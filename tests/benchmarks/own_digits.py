"""Accuracy of models of the competition on digits of other people.

    python tests/benchmarks/own_digits.py NAME [NAME ...] [--seeds 0,1,2] [--workers 2]

NAME is a preset, or one with other values of parameters, as in
fast:augment__drawn=0.1. Each is trained on all 42,000 images, last weights. It labels
374 pictures of single digits that people wrote, photographed, scanned or drew, from
the folder real-digits of SKDIGITS_DATA, and scikit-learn's bundled digits of 8x8
pixels, split into two fixed halves: settings may be chosen on "choose", and "report"
is reported. A preset without a normalizer labels them in two forms: behind a
DigitNormalizer, and grey, light on dark and resized to 28x28. A row for each model and
form is appended to docs/benchmarks/own-digits.jsonl.
"""

import argparse
import csv
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from folds import make_model, processor, settings
from joblib import Parallel, delayed
from PIL import Image
from robustness import HALVES, NORMALIZED, RESIZED, own_normalizer, small_digits

import skdigits
from skdigits.datasets import load_competition, load_images

ROWS = Path("docs/benchmarks/own-digits.jsonl")
SIDE = 28


def single_pictures():
    """Return the pictures of one digit, as arrays of any size, and their labels."""
    folder = Path(os.environ["SKDIGITS_DATA"]) / "real-digits"
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "single"]
    images = load_images([folder / row["file"] for row in rows]).images
    return images, np.array([int(row["label"]) for row in rows])


def resized(picture):
    """Convert a picture in the shortest way: grey, light on dark, 28x28."""
    grey = Image.fromarray(np.asarray(picture)).convert("L").resize((SIDE, SIDE))
    pixels = np.asarray(grey)
    return (255 - pixels if pixels.mean() > 127 else pixels).ravel()


def errors_on_pictures(model, form):
    """Return the indices of the pictures that a model labels wrongly, and their number.

    `form` is "normalized" or "resized"; a model with a normalizer gets the pictures
    unchanged.
    """
    pictures, y = single_pictures()
    if form == "resized":
        pictures = np.array([resized(picture) for picture in pictures])
    elif own_normalizer(model) is None:
        pictures = skdigits.DigitNormalizer(on_blank="ignore").transform(pictures)
    return np.flatnonzero(model.predict(pictures) != y).tolist(), len(y)


def measure(name, seed):
    """Train a model and return its row for each form."""
    digits = load_competition()
    X, y = digits.X_train.to_numpy(), digits.y_train.to_numpy()
    start = time.process_time()
    model = make_model(name, seed).fit(X, y)
    core_seconds = time.process_time() - start
    forms = {"normalized": NORMALIZED}
    if own_normalizer(model) is None:
        forms["resized"] = RESIZED
    else:
        model[0].set_params(on_blank="ignore")  # a blank image counts as an error
    rows = []
    for form, way in forms.items():
        wrong, n_pictures = errors_on_pictures(model, form)
        errors, n = {"pictures": len(wrong)}, {"pictures": n_pictures}
        for half in HALVES:
            images, labels = small_digits(f"{way}, {half}", model)
            errors[half] = int((model.predict(images) != labels).sum())
            n[half] = len(labels)
        rows.append(
            {
                "name": name,
                "form": form,
                "seed": seed,
                "errors": errors,
                "n": n,
                "wrong pictures": wrong,
                "core_seconds": round(core_seconds, 1),
                "settings": settings(name),
                "processor": processor(),
                "python": platform.python_version(),
                "versions": {
                    p: version(p) for p in ("tensorflow", "keras", "scikit-learn")
                },
            }
        )
    return rows


def read_rows():
    """Read the rows of models with the present settings."""
    lines = ROWS.read_text(encoding="utf-8").splitlines() if ROWS.exists() else []
    rows = map(json.loads, lines)
    return [row for row in rows if row["settings"] == settings(row["name"])]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    done = {(row["name"], row["seed"]) for row in read_rows()}
    seeds = map(int, arguments.seeds.split(","))
    tasks = [(name, seed) for seed in seeds for name in arguments.names]
    tasks = [task for task in tasks if task not in done]
    parallel = Parallel(n_jobs=arguments.workers, return_as="generator_unordered")
    for rows in parallel(delayed(measure)(*task) for task in tasks):
        with ROWS.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        for row in rows:
            print(row["name"], row["form"], row["seed"], row["errors"], flush=True)


if __name__ == "__main__":
    main()
