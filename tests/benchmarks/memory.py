"""Resident memory: growth over many fits, and peak of one large fit.

    python tests/benchmarks/memory.py fits [--fits 500]
    python tests/benchmarks/memory.py peak

"fits": each takes new images of 8x8; every fiftieth changes the batch size. The growth
per fit is the slope of a line through the readings after the twentieth fit.

"peak": one epoch of the classic network on 42,000 uint8 images of 28x28, batch 64, in a
separate process, and the same batches in a bare TensorFlow loop in another process.
"""

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np

OUT = Path("docs/benchmarks/memory.jsonl")
SETTLED = 20  # fits after which caches and allocators are full
N_PEAK, BATCH = 42_000, 64


def resident_mib():
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * 4096 / 2**20


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def many_fits(n_fits):
    from skdigits import CNNClassifier

    rng = np.random.default_rng(0)
    readings = []
    for fit in range(n_fits):
        X = rng.integers(0, 17, (256, 64), dtype=np.uint8)
        model = CNNClassifier(epochs=1, batch_size=16 * (1 + fit // 50))
        model.fit(X, np.arange(256) % 10).predict(X)
        readings.append(resident_mib())
    settled = readings[SETTLED:]
    slope = np.polyfit(np.arange(len(settled)), settled, 1)[0]
    return {
        "row": "fits",
        "fits": n_fits,
        "mib_after_1": round(readings[0]),
        "mib_after_20": round(readings[SETTLED - 1]),
        "mib_at_the_end": round(readings[-1]),
        "mib_per_fit": round(float(slope), 3),
    }


def large():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (N_PEAK, 784), dtype=np.uint8), np.arange(N_PEAK) % 10


def fit_ours():
    from skdigits import CNNClassifier

    X, y = large()
    options = {"optimizer": "rmsprop", "schedule": "constant", "batch_size": BATCH}
    CNNClassifier(architecture="classic", epochs=1, **options).fit(X, y)


def fit_bare():
    from rivals import keras_rival

    import skdigits._engine.keras  # noqa: F401

    # isort: split
    import keras
    import tensorflow as tf

    X, y = large()
    rival = keras_rival()
    loss = keras.losses.CategoricalCrossentropy()

    @tf.function(reduce_retracing=True)
    def step(images, labels):
        pixels = tf.cast(images, tf.float32) / 255
        with tf.GradientTape() as tape:
            value = loss(tf.one_hot(labels, 10), rival(pixels, training=True))
        gradients = tape.gradient(value, rival.trainable_variables)
        rival.optimizer.apply_gradients(
            zip(gradients, rival.trainable_variables, strict=True)
        )

    order = np.random.default_rng(0).permutation(N_PEAK)
    for first in range(0, N_PEAK, BATCH):
        batch = order[first : first + BATCH]
        images = X[batch].reshape(-1, 28, 28, 1)
        step(tf.constant(images), tf.constant(y[batch]))


def peaks():
    found = {}
    for name in ("ours", "bare"):
        command = [sys.executable, __file__, name]
        found[name] = float(subprocess.check_output(command, text=True))
    ratio = round(found["ours"] / found["bare"], 2)
    return {"row": "peak", **{w: round(m) for w, m in found.items()}, "ratio": ratio}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["fits", "peak", "ours", "bare"])
    parser.add_argument("--fits", type=int, default=500)
    arguments = parser.parse_args()
    if arguments.what in ("ours", "bare"):
        {"ours": fit_ours, "bare": fit_bare}[arguments.what]()
        print(peak_mib())
        return
    result = many_fits(arguments.fits) if arguments.what == "fits" else peaks()
    print(json.dumps(result))
    with OUT.open("a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
