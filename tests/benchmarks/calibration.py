"""Log loss and calibration error of the presets on held-out images.

    python tests/benchmarks/calibration.py PRESET [PRESET ...] [--folds 0,1]

Each preset, or the ensemble "record" of two models, is trained as in folds.py, with the
number of the fold as its seed. The expected calibration error (ECE) is the mean
difference between the accuracy and the probability of the predicted label in 15 bins of
equal width, weighted by their number of images. "before" is without the temperature
that corrects label smoothing. A row of each fit is appended to
docs/benchmarks/calibration.jsonl; a restart skips existing rows.
"""

import argparse
import json
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
from folds import MEMBERS, make_model, processor, settings, test_indices
from sklearn.metrics import log_loss

from skdigits.datasets import load_competition
from skdigits.pipelines import ENSEMBLES, find_classifiers, make_digit_ensemble

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


def settings_of(preset):
    return settings("+".join(MEMBERS) if preset in ENSEMBLES else preset)


def measure(preset, fold, X, y):
    test = test_indices(y)[fold]
    train = np.setdiff1d(np.arange(len(y)), test)
    if preset in ENSEMBLES:
        model = make_digit_ensemble(preset, random_state=fold)
    else:
        model = make_model(preset, fold)
    corrected = model.fit(X[train], y[train]).predict_proba(X[test])
    temperature = find_classifiers(model)[0].classifier.temperature_
    before = corrected**temperature
    before /= before.sum(axis=1, keepdims=True)
    return {
        "name": preset,
        "fold": fold,
        "errors": int((corrected.argmax(axis=1) != y[test]).sum()),
        "temperature": round(temperature, 3),
        "before": scores(before, y[test]),
        **scores(corrected, y[test]),
        "settings": settings_of(preset),
        "processor": processor(),
        "python": platform.python_version(),
        "versions": {p: version(p) for p in ("tensorflow", "keras", "scikit-learn")},
    }


def read_rows():
    """Read the rows of presets with the present settings."""
    if not ROWS.exists():
        return []
    rows = map(json.loads, ROWS.read_text(encoding="utf-8").splitlines())
    return [row for row in rows if row["settings"] == settings_of(row["name"])]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("presets", nargs="+", metavar="PRESET")
    parser.add_argument("--folds", default="0,1")
    arguments = parser.parse_args()
    digits = load_competition()
    X, y = digits.X_train.to_numpy(), digits.y_train.to_numpy()
    done = {(row["name"], row["fold"]) for row in read_rows()}
    for preset in arguments.presets:
        for fold in map(int, arguments.folds.split(",")):
            if (preset, fold) in done:
                continue
            row = measure(preset, fold, X, y)
            with ROWS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            print({key: row[key] for key in [*row][:7]}, flush=True)


if __name__ == "__main__":
    main()
