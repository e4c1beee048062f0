"""Training time of the presets, relative to the classic one.

    OMP_NUM_THREADS=1 python tests/benchmarks/training_time.py [--rounds 5]

Each round trains each preset for one epoch on the first 8,400 of the competition's
images and measures the CPU time. The rows replace the content of
docs/benchmarks/training-time.jsonl.
"""

import argparse
import json
import platform
import time
from importlib.metadata import version
from pathlib import Path

from folds import make_model, processor, settings

from skdigits.datasets import load_competition

OUT = Path("docs/benchmarks/training-time.jsonl")
IMAGES = 8400
# Names as in folds.py. Presets in bfloat16 are also measured in float32.
NAMES = [
    "classic",
    "fast",
    "residual",
    "residual:cnn__dtype_policy=float32",
]


def core_seconds(name, X, y):
    """Train for one epoch and return the CPU time in seconds."""
    model = make_model(name, 0).set_params(cnn__epochs=1)
    start = time.process_time()
    model.fit(X, y)
    return round(time.process_time() - start, 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = range(parser.parse_args().rounds)
    digits = load_competition()
    X = digits.X_train.to_numpy()[:IMAGES]
    y = digits.y_train.to_numpy()[:IMAGES]
    for name in NAMES:  # traces the functions before the time is measured
        core_seconds(name, X[:200], y[:200])
    seconds = [[core_seconds(name, X, y) for name in NAMES] for _ in rounds]
    rows = [
        {
            "name": name,
            "epochs": settings(name)[-1]["epochs"],
            "core_seconds": own,
            "images": IMAGES,
            "processor": processor(),
            "python": platform.python_version(),
            "versions": {p: version(p) for p in ("tensorflow", "keras")},
        }
        for name, own in zip(NAMES, zip(*seconds, strict=True), strict=True)
    ]
    OUT.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
