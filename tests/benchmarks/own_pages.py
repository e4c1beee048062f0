"""Numbers read from real photos and scans of pages.

    python tests/benchmarks/own_pages.py MODEL [MODEL ...] [--seed 0]

MODEL is a file written by skdigits.save, or a preset, which is trained on all 42,000
images of the competition. The pages lie in real-digits/pages of the folder
SKDIGITS_DATA, with labels in real-digits/labels.csv: the digits in reading order, lines
separated by "/".

A page is exact if all its lines are read without an error, and segmented if each line
has the right number of digits. The character error rate is the edit distance of the
digits of a page, summed over the pages, by their number. A row for each model is
appended to docs/benchmarks/own-pages.jsonl.
"""

import argparse
import csv
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

from folds import make_model, processor, settings

import skdigits
from skdigits.datasets import load_competition, load_images

ROWS = Path("docs/benchmarks/own-pages.jsonl")
DATA = Path(os.environ["SKDIGITS_DATA"], "real-digits")
SHOWN_CHARACTERS = 60


def load_model(name, seed):
    if Path(name).exists():
        return skdigits.load(name)
    digits = load_competition()
    X, y = digits.X_train.to_numpy(), digits.y_train.to_numpy()
    return make_model(name, seed).fit(X, y)


def edit_distance(a, b):
    """Count the digits to insert, remove or replace to turn one text into another."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        above, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            best = min(row[j] + 1, row[j - 1] + 1, above + (left != right))
            above, row[j] = row[j], best
    return row[-1]


def measure(model):
    """Read all pages, print each, and return the sums."""
    with (DATA / "labels.csv").open(encoding="utf-8") as file:
        pages = [row for row in csv.DictReader(file) if row["kind"] == "page"]
    sums = dict.fromkeys(["exact", "segmented", "empty", "errors", "digits"], 0)
    start = time.process_time()
    for page in pages:
        truth = page["label"].split("/")
        image = load_images(DATA / page["file"]).images[0]
        found = skdigits.read_numbers(model, image).numbers
        errors = edit_distance("".join(found), "".join(truth))
        sums["exact"] += found == truth
        sums["segmented"] += [*map(len, found)] == [*map(len, truth)]
        sums["empty"] += not found
        sums["errors"] += errors
        sums["digits"] += sum(map(len, truth))
        read = "/".join(found)[:SHOWN_CHARACTERS]
        print(page["file"], page["label"][:SHOWN_CHARACTERS], read, errors, flush=True)
    return {
        "pages": len(pages),
        **sums,
        "error_rate": round(sums["errors"] / sums["digits"], 5),
        "core_seconds": round(time.process_time() - start, 1),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    for name in arguments.models:
        is_file = Path(name).exists()
        row = {
            "name": Path(name).name if is_file else name,
            "seed": None if is_file else arguments.seed,
            **measure(load_model(name, arguments.seed)),
            "settings": None if is_file else settings(name),
            "processor": processor(),
            "python": platform.python_version(),
            "versions": {p: version(p) for p in ("tensorflow", "keras", "numpy")},
        }
        with ROWS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
