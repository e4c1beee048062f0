"""Resident memory of one process over many fits.

    python tests/benchmarks/memory.py [--fits 100]

Each fit takes new images of 8x8; every tenth changes the batch size. The growth per fit
is the slope of a line through the readings after the twentieth fit.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from skdigits import CNNClassifier

SETTLED = 20  # fits until caches and allocators have what they keep


def resident_mib():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fits", type=int, default=100)
    parser.add_argument(
        "--out", type=Path, default=Path("docs/benchmarks/memory.jsonl")
    )
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    readings = []
    for fit in range(arguments.fits):
        X = rng.integers(0, 17, (256, 64), dtype=np.uint8)
        model = CNNClassifier(epochs=1, batch_size=16 * (1 + fit // 10))
        model.fit(X, np.arange(256) % 10).predict(X)
        readings.append(resident_mib())
    settled = readings[SETTLED:]
    slope = np.polyfit(np.arange(len(settled)), settled, 1)[0]
    result = {
        "fits": arguments.fits,
        "mib_after_1": round(readings[0]),
        "mib_after_20": round(readings[SETTLED - 1]),
        "mib_at_the_end": round(readings[-1]),
        "mib_per_fit": round(float(slope), 3),
    }
    print(json.dumps(result))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with arguments.out.open("a") as file:
        file.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
