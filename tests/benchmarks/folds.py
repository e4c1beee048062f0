"""Out-of-fold accuracy and wall time of the presets on the competition's 42,000.

    python tests/benchmarks/folds.py PRESET [PRESET ...] [--out docs/benchmarks]

Five stratified folds, fixed. Each fit's row is appended to folds.jsonl as it ends, and
its predictions to folds-PRESET.npy; a restart skips what is there. Nothing is chosen
by what comes out: last weights, one seed a fold (its number).
"""

import argparse
import json
import platform
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np
from sklearn.model_selection import StratifiedKFold

from skdigits import make_digit_pipeline
from skdigits.datasets import load_competition
from skdigits.pipelines import PRESETS

FOLDS = 5
VERSIONS = {
    name: version(name)
    for name in ("skdigits", "tensorflow", "keras", "scikit-learn", "numpy")
}


def done(rows_file, preset):
    """Folds of the preset, as it is now, that have a row."""
    if not rows_file.exists():
        return set()
    rows = map(json.loads, rows_file.read_text().splitlines())
    wanted = json.loads(json.dumps(PRESETS[preset]))
    return {r["fold"] for r in rows if (r["preset"], r["settings"]) == (preset, wanted)}


def processor():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(line.split(": ")[1] for line in lines if line.startswith("model name"))


def run(preset, digits, out):
    rows_file, predictions_file = out / "folds.jsonl", out / f"folds-{preset}.npy"
    X, y = digits.X_train.to_numpy(), digits.y_train.to_numpy()
    finished = done(rows_file, preset)
    # 255: not predicted yet
    predicted = np.full(len(y), 255, np.uint8)
    if finished and predictions_file.exists():
        predicted = np.load(predictions_file)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for fold, (train, test) in enumerate(folds.split(X, y)):
        if fold in finished:
            continue
        model = make_digit_pipeline(preset, random_state=fold)
        start = perf_counter()
        model.fit(X[train], y[train])
        seconds = perf_counter() - start
        predicted[test] = model.predict(X[test])
        row = {
            "preset": preset,
            "fold": fold,
            "errors": int((predicted[test] != y[test]).sum()),
            "n": len(test),
            "fit_seconds": round(seconds, 1),
            "settings": PRESETS[preset],
            "processor": processor(),
            "python": platform.python_version(),
            "versions": VERSIONS,
        }
        np.save(predictions_file, predicted)
        with rows_file.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(preset, fold, row["errors"], f"{seconds:.0f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("presets", nargs="+", choices=list(PRESETS))
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks"))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    digits = load_competition()
    for preset in arguments.presets:
        run(preset, digits, arguments.out)
