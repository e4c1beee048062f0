"""Differences between models of one seed on one thread and on two.

    python tests/benchmarks/threads.py

The preset "fast" on the first 5,000 of the competition's images, in processes of one
thread, of one again, and of two; then the labels of the next 5,000.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

OUT = Path("docs/benchmarks/threads.jsonl")
N = 5000


def probabilities(path):
    from skdigits import make_digit_pipeline
    from skdigits.datasets import load_competition

    digits = load_competition()
    X, y = digits.X_train, digits.y_train
    model = make_digit_pipeline("fast", random_state=0).fit(X[:N], y[:N])
    np.save(path, model.predict_proba(X[N : 2 * N]))


def main():
    found = {}
    for name, threads in (("one", 1), ("one again", 1), ("two", 2)):
        path = Path(f"{name}.npy")
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        subprocess.run(
            [sys.executable, __file__, str(path)], env=environment, check=True
        )
        found[name] = np.load(path)
        path.unlink()
    differ = found["one"].argmax(axis=1) != found["two"].argmax(axis=1)
    result = {
        "images": N,
        "equal_on_one_thread": bool(np.array_equal(found["one"], found["one again"])),
        "equal_on_two": bool(np.array_equal(found["one"], found["two"])),
        "largest_difference": float(np.abs(found["one"] - found["two"]).max()),
        "mean_difference": float(np.abs(found["one"] - found["two"]).mean()),
        "other_labels": int(differ.sum()),
    }
    print(json.dumps(result))
    OUT.write_text(json.dumps(result) + "\n", encoding="utf-8")


if __name__ == "__main__":
    probabilities(sys.argv[1]) if len(sys.argv) > 1 else main()
