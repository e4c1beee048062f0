"""Accuracy of models of the competition on digits of another collection.

    python tests/benchmarks/own_digits.py NAME [NAME ...] [--seeds 0,1,2] [--workers 2]

NAME is a preset, or one with other values of parameters, as in
robust:augment__gaps=1. Each is trained on all 42,000 images, last weights, and labels
scikit-learn's bundled digits of 8x8 pixels behind a DigitNormalizer. These are split
into two fixed halves: "choose" was used to choose the preset, "report" is reported. A
row for each model is appended to docs/benchmarks/own-digits.jsonl.
"""

import argparse
import json
import platform
import time
from importlib.metadata import version
from pathlib import Path

from folds import make_model, processor, settings
from joblib import Parallel, delayed
from robustness import HALVES, NORMALIZED, small_digits

from skdigits.datasets import load_competition

ROWS = Path("docs/benchmarks/own-digits.jsonl")


def measure(name, seed):
    digits = load_competition()
    X, y = digits.X_train.to_numpy(), digits.y_train.to_numpy()
    start = time.process_time()
    model = make_model(name, seed).fit(X, y)
    core_seconds = time.process_time() - start
    errors, n = {}, {}
    for half in HALVES:
        images, labels = small_digits(f"{NORMALIZED}, {half}", model)
        errors[half] = int((model.predict(images) != labels).sum())
        n[half] = len(labels)
    return {
        "name": name,
        "seed": seed,
        "errors": errors,
        "n": n,
        "core_seconds": round(core_seconds, 1),
        "settings": settings(name),
        "processor": processor(),
        "python": platform.python_version(),
        "versions": {p: version(p) for p in ("tensorflow", "keras", "scikit-learn")},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    lines = ROWS.read_text(encoding="utf-8").splitlines() if ROWS.exists() else []
    rows = map(json.loads, lines)
    done = {
        (r["name"], r["seed"]) for r in rows if r["settings"] == settings(r["name"])
    }
    seeds = map(int, arguments.seeds.split(","))
    tasks = [(name, seed) for seed in seeds for name in arguments.names]
    tasks = [task for task in tasks if task not in done]
    parallel = Parallel(n_jobs=arguments.workers, return_as="generator_unordered")
    for row in parallel(delayed(measure)(*task) for task in tasks):
        with ROWS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(row["name"], row["seed"], row["errors"], flush=True)


if __name__ == "__main__":
    main()
