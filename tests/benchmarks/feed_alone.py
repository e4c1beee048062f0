"""Images per second that the training feed delivers without a model.

    python tests/benchmarks/feed_alone.py [--processes 1 2 4] [--runs 5] [--out FILE]

A model that trains faster, on a GPU, waits for the feed. Each process has one feed, and
all deliver at the same time, as with ``n_jobs``; the rows are measured in turn. Images
are random, 28x28 pixels, in batches of 128.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from time import perf_counter

from folds import processor

N_IMAGES, BATCH_SIZE = 42_000, 128


def work(kind):
    """Deliver one epoch for each line of the input, and print its seconds."""
    import numpy as np

    from skdigits import ImageAugmenter
    from skdigits._engine.data import TrainingData
    from skdigits._engine.keras.feed import training_feed

    shape = (N_IMAGES, 28, 28, 1)
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    labels = np.arange(N_IMAGES, dtype=np.int32) % 10
    augment = ImageAugmenter()._augment if kind == "augmented" else None
    data = TrainingData(images, labels, None, np.arange(10), augment)
    feed = training_feed(
        data,
        batch_size=BATCH_SIZE,
        seed=0,
        first_epoch=0,
        n_classes=10,
    )
    for _ in sys.stdin:
        start = perf_counter()
        for _batch in feed:
            pass
        print(perf_counter() - start, flush=True)


def start(kind):
    return subprocess.Popen(
        [sys.executable, __file__, "--work", kind],
        env={**os.environ, "OMP_NUM_THREADS": "1"},  # as in workers of joblib
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def deliver(workers):
    """Return the images per second of all workers together."""
    for worker in workers:
        print(file=worker.stdin, flush=True)
    return sum(N_IMAGES / float(worker.stdout.readline()) for worker in workers)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", choices=["plain", "augmented"])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out")
    arguments = parser.parse_args()
    if arguments.work:
        work(arguments.work)
        return
    rows = [(kind, n) for kind in ("plain", "augmented") for n in arguments.processes]
    most = max(arguments.processes)
    workers = {kind: [start(kind) for _ in range(most)] for kind, _ in rows}
    for some in workers.values():
        deliver(some)  # the first epoch compiles
    rates = {row: [] for row in rows}
    for _ in range(arguments.runs):
        for kind, n in rows:
            rates[kind, n].append(deliver(workers[kind][:n]))
    for (kind, n), found in rates.items():
        result = {
            "feed": kind,
            "processes": n,
            "cores": os.cpu_count(),
            "processor": processor(),
            "images_per_second": [round(rate) for rate in found],
            "median": round(statistics.median(found)),
            "deviation": round(statistics.stdev(found)),
        }
        print(json.dumps(result))
        if arguments.out:
            with open(arguments.out, "a") as file:
                file.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
