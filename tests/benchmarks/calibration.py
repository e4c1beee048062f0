"""Log loss and calibration error of the presets on held-out images.

    python tests/benchmarks/calibration.py NAME [NAME ...] [--folds 0,1]

NAME is a preset or, as in folds.py, residual+fast for the ensemble "record". Each model
is trained as there, with the number of the fold as its seed. The expected calibration
error (ECE) is the mean difference between the accuracy and the probability of the
predicted label in 15 bins of equal width, weighted by their number of images. "before"
is without the temperature that corrects label smoothing. A row of each fit is appended
to docs/benchmarks/calibration.jsonl; a restart skips existing rows.
"""

import argparse
import json
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
from folds import make_model, processor, settings, test_indices
from sklearn.metrics import log_loss

from skdigits.datasets import load_competition

ROWS = Path("docs/benchmarks/calibration.jsonl")
BINS = 15


def calibration_error(probabilities, y):
    """Compute the expected calibration error (ECE)."""
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == y  # the labels are 0 to 9
    bins = np.minimum(sure * BINS, BINS - 1).astype(int)
    gaps = np.bincount(bins, weights=right - sure, minlength=BINS)
    return np.abs(gaps).sum() / len(y)


def scores(probabilities, y):
    return {
        "log_loss": round(log_loss(y, probabilities), 5),
        "calibration_error": round(calibration_error(probabilities, y), 5),
    }


def measure(name, fold, X, y):
    test = test_indices(y)[fold]
    train = np.setdiff1d(np.arange(len(y)), test)
    models = [
        make_model(each, fold).fit(X[train], y[train]) for each in name.split("+")
    ]
    temperatures = [model["cnn"].temperature_ for model in models]
    corrected = [model.predict_proba(X[test]) for model in models]
    return {
        "name": name,
        "fold": fold,
        **measured(corrected, temperatures, y[test]),
        "settings": settings(name),
        "processor": processor(),
        "python": platform.python_version(),
        "versions": {p: version(p) for p in ("tensorflow", "keras", "scikit-learn")},
    }


def measured(probabilities, temperatures, y):
    """Return the entries of a row about the mean of some models."""
    before = [p**t for p, t in zip(probabilities, temperatures, strict=True)]
    before = [p / p.sum(axis=1, keepdims=True) for p in before]
    mean = np.mean(probabilities, axis=0)
    return {
        "errors": int((mean.argmax(axis=1) != y).sum()),
        "temperatures": [round(t, 3) for t in temperatures],
        "before": scores(np.mean(before, axis=0), y),
        **scores(mean, y),
    }


def read_rows():
    """Read the rows of models with the present settings."""
    if not ROWS.exists():
        return []
    rows = map(json.loads, ROWS.read_text(encoding="utf-8").splitlines())
    return [row for row in rows if row["settings"] == settings(row["name"])]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--folds", default="0,1")
    arguments = parser.parse_args()
    digits = load_competition()
    X, y = digits.X_train.to_numpy(), digits.y_train.to_numpy()
    done = {(row["name"], row["fold"]) for row in read_rows()}
    for name in arguments.names:
        for fold in map(int, arguments.folds.split(",")):
            if (name, fold) in done:
                continue
            row = measure(name, fold, X, y)
            with ROWS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            print({key: row[key] for key in [*row][:7]}, flush=True)


if __name__ == "__main__":
    main()
