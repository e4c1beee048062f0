"""Speed of training, augmenting and predicting against the alternatives.

    python tests/benchmarks/feed.py [ROW ...] [--runs 5] [--out FILE]

Each row times A and B in turn in one process and prints the ratio of the medians. Run
it on an idle machine. Rows that need PyTorch or skorch need the extra
"bench".
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
from folds import processor
from rivals import keras_rival, skorch_rival, torch_classic, unit_pixels

CLASSIC = {
    "architecture": "classic",
    "optimizer": "rmsprop",
    "learning_rate": 0.001,
    "schedule": "constant",
    "batch_size": 64,
    "random_state": 0,
}
N_TRAIN = 12_800
ROWS = {}


def row(function):
    ROWS[function.__name__] = function
    return function


def images(n, side=28):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (n, side * side), dtype=np.uint8)
    return X, np.arange(n) % 10


def timed(function):
    start = perf_counter()
    function()
    return perf_counter() - start


def in_turn(a, b, runs, *, warm_up=1):
    """Time two functions in turn: two lists of seconds."""
    for _ in range(warm_up):
        a(), b()
    seconds = [(timed(a), timed(b)) for _ in range(runs)]
    return [list(column) for column in zip(*seconds, strict=True)]


def fit_classic(epochs=1, **params):
    from skdigits import CNNClassifier

    X, y = images(N_TRAIN)
    model = CNNClassifier(**{**CLASSIC, "epochs": epochs, **params})
    return lambda: model.fit(X, y)


@row
def fit_over_plain_keras(runs):
    """Epoch of the classic network; B: keras.Model.fit on float32 arrays."""
    import keras

    X, y = images(N_TRAIN)
    a = fit_classic()
    rival = keras_rival()
    pixels = unit_pixels(X)
    labels = keras.utils.to_categorical(y)
    return in_turn(a, lambda: rival.fit(pixels, labels, batch_size=64, verbose=0), runs)


@row
def fit_over_bare_tensorflow(runs):
    """Epoch of the classic network; B: a tf.function step over arrays in memory."""
    import skdigits._engine.keras  # noqa: F401

    a = fit_classic()
    import keras
    import tensorflow as tf

    X, y = images(N_TRAIN)
    rival = keras_rival()
    loss = keras.losses.CategoricalCrossentropy()
    pixels = unit_pixels(X)
    labels = keras.utils.to_categorical(y).astype(np.float32)

    @tf.function
    def step(batch, targets):
        with tf.GradientTape() as tape:
            value = loss(targets, rival(batch, training=True))
        gradients = tape.gradient(value, rival.trainable_variables)
        rival.optimizer.apply_gradients(
            zip(gradients, rival.trainable_variables, strict=True)
        )
        return value

    def epoch():
        order = np.random.default_rng(0).permutation(N_TRAIN)
        for first in range(0, N_TRAIN, 64):
            batch = order[first : first + 64]
            step(tf.constant(pixels[batch]), tf.constant(labels[batch]))

    return in_turn(a, epoch, runs)


@row
def fit_over_pytorch(runs):
    """Epoch of the classic network; B: PyTorch, channels last, a hand-written loop."""
    import torch

    a = fit_classic()
    X, y = images(N_TRAIN)
    pixels = torch.from_numpy(unit_pixels(X, channels_first=True))
    pixels = pixels.contiguous(memory_format=torch.channels_last)
    labels = torch.from_numpy(y)
    rival = torch_classic().to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.RMSprop(rival.parameters(), lr=1e-3, alpha=0.9)
    loss = torch.nn.CrossEntropyLoss()

    def epoch():
        order = torch.randperm(N_TRAIN)
        for batch in order.split(64):
            optimizer.zero_grad()
            loss(rival(pixels[batch]), labels[batch]).backward()
            optimizer.step()

    return in_turn(a, epoch, runs)


@row
def fit_over_skorch(runs):
    """Epoch of the classic network; B: skorch with that PyTorch module."""
    a = fit_classic()
    X, y = images(N_TRAIN)
    pixels = unit_pixels(X, channels_first=True)
    rival = skorch_rival(max_epochs=1)
    return in_turn(a, lambda: rival.fit(pixels, y), runs)


@row
def augmenting(runs):
    """Epoch of the classic network on new augmented copies; B: without."""
    from sklearn.pipeline import make_pipeline

    from skdigits import CNNClassifier, ImageAugmenter

    X, y = images(N_TRAIN)
    model = make_pipeline(ImageAugmenter(), CNNClassifier(**CLASSIC, epochs=2))
    return in_turn(lambda: model.fit(X, y), fit_classic(epochs=2), runs)


@row
def seeded(runs):
    """Epoch of the classic network with an int random_state; B: with None."""
    return in_turn(fit_classic(), fit_classic(random_state=None), runs)


@row
def bfloat16(runs):
    """Epoch of the classic network in mixed_bfloat16; B: in float32."""
    return in_turn(fit_classic(dtype_policy="mixed_bfloat16"), fit_classic(), runs)


@row
def predict_bfloat16(runs):
    """Probabilities of 28,000 images in mixed_bfloat16; B: in float32."""
    a, b = (fit_classic(dtype_policy=name)() for name in ("mixed_bfloat16", "float32"))
    X, _ = images(28_000)
    return in_turn(lambda: a.predict_proba(X), lambda: b.predict_proba(X), runs)


@row
def augment_over_keras_generator(runs):
    """Augmented copies of 2,000 images on one thread; B: Keras's ImageDataGenerator."""
    import skdigits._engine.keras  # noqa: F401

    # isort: split
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    generator = ImageDataGenerator(
        rotation_range=15, zoom_range=0.1, width_shift_range=0.1, height_shift_range=0.1
    )
    X, _ = images(2000)
    cube = X.reshape(-1, 28, 28, 1).astype(np.float32)
    flow = generator.flow(cube, batch_size=64, shuffle=False)
    return in_turn(augmenter(X), lambda: [flow[i] for i in range(len(flow))], runs)


@row
def augment_over_keras_layers(runs):
    """Augmented copies of 2,000 images on one thread; B: three Keras layers."""
    import skdigits._engine.keras  # noqa: F401

    # isort: split
    import keras
    import tensorflow as tf

    layers = keras.Sequential(
        [
            keras.layers.RandomRotation(15 / 360),
            keras.layers.RandomZoom(0.1, 0.1),
            keras.layers.RandomTranslation(0.1, 0.1),
        ]
    )
    X, _ = images(2000)
    cube = tf.constant(X.reshape(-1, 28, 28, 1), tf.float32)
    function = tf.function(lambda batch: layers(batch, training=True))
    return in_turn(
        augmenter(X),
        lambda: [function(cube[i : i + 64]) for i in range(0, 2000, 64)],
        runs,
    )


def augmenter(X):
    import cv2

    from skdigits import ImageAugmenter

    cv2.setNumThreads(1)
    fitted = ImageAugmenter(random_state=0).fit(X)
    return lambda: fitted.augment(X)


@row
def predict_over_keras(runs):
    """Probabilities of 28,000 images; B: keras.Model.predict on float32 arrays."""
    a = fit_classic()
    model = a()
    X, _ = images(28_000)
    rival = keras_rival()
    pixels = unit_pixels(X)
    return in_turn(
        lambda: model.predict_proba(X), lambda: rival.predict(pixels, verbose=0), runs
    )


@row
def predict_one_image(runs):
    """Probabilities of one image; B: keras.Model.predict of one image."""
    model = fit_classic()()
    X, _ = images(1)
    rival = keras_rival()
    pixels = unit_pixels(X)
    return in_turn(
        lambda: model.predict_proba(X),
        lambda: rival.predict(pixels, verbose=0),
        10 * runs,
        warm_up=5,
    )


@row
def equal_batches(runs):
    """Probabilities of 28,000 images; B: in batches of 256 and a smaller last one."""
    import tensorflow as tf

    from skdigits._engine.keras.predictor import predictor_of
    from skdigits._images.layout import as_pixels

    model = fit_classic()()
    X, _ = images(28_000)

    def unequal():
        pixels = as_pixels(X, model.image_shape_)
        predictor = predictor_of(model._trained.spec)
        weights = predictor._weights(model._trained)
        function = predictor._function(pixels.dtype, 0)
        for first in range(0, len(X), 256):
            function(tf.constant(pixels[first : first + 256]), *weights).numpy()

    return in_turn(lambda: model.predict_proba(X), unequal, runs)


@row
def equal_batches_of_a_few(runs):
    """Probabilities of 30 images, filled up to 48; B: of 30 images as they are."""
    import tensorflow as tf

    from skdigits._engine.keras.predictor import predictor_of

    model = fit_classic()()
    X, _ = images(30)
    pixels = X.reshape(-1, 28, 28, 1)

    def unequal():
        predictor = predictor_of(model._trained.spec)
        weights = predictor._weights(model._trained)
        predictor._function(pixels.dtype, 0)(tf.constant(pixels), *weights).numpy()

    return in_turn(lambda: model.predict_proba(X), unequal, 10 * runs, warm_up=5)


@row
def one_image_in_threads(runs):
    """300 predictions of one image in 16 threads; B: one after another."""
    from concurrent.futures import ThreadPoolExecutor

    model = fit_classic()()
    X, _ = images(1)

    def predict(_):
        model.predict_proba(X)

    def threads():
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(predict, range(300)))

    return in_turn(threads, lambda: [predict(i) for i in range(300)], runs)


@row
def onednn(runs):
    """Epoch of the classic network with oneDNN; B: without. Each in a new process."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import feed;"
        "fit = feed.fit_classic(); fit(); print(feed.timed(fit))"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent)]

    def seconds(enabled):
        settings = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": enabled}
        ran = subprocess.run(command, env=settings, capture_output=True, check=True)
        return float(ran.stdout)

    pairs = [(seconds("1"), seconds("0")) for _ in range(runs)]
    return [list(column) for column in zip(*pairs, strict=True)]


@row
def fixed_cost(runs):
    """Fit of 256 images of 8x8 for one epoch; B: scikeras with the same rival."""
    from skdigits import CNNClassifier

    X, y = images(256, side=8)
    ours = CNNClassifier(epochs=1)
    ours.fit(X, y)

    from scikeras.wrappers import KerasClassifier

    from skdigits._engine.architectures import fast
    from skdigits._engine.keras.build import build_layers

    theirs = KerasClassifier(
        lambda: build_layers(fast((8, 8, 1), 10)),
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
        batch_size=128,
        epochs=1,
        verbose=0,
    )
    pixels = (X / 255).astype(np.float32).reshape(-1, 8, 8, 1)
    return in_turn(lambda: ours.fit(X, y), lambda: theirs.fit(pixels, y), runs)


@row
def two_workers(runs):
    """Five-fold cross_validate with n_jobs=2; B: with n_jobs=1."""
    from sklearn.model_selection import cross_validate

    from skdigits import CNNClassifier

    X, y = images(N_TRAIN // 2)
    model = CNNClassifier(**{**CLASSIC, "epochs": 1})
    return in_turn(
        lambda: cross_validate(model, X, y, cv=5, n_jobs=2),
        lambda: cross_validate(model, X, y, cv=5, n_jobs=1),
        runs,
    )


@row
def import_time(runs):
    """A process that imports skdigits; B: one that imports sklearn."""

    def imports(name):
        return lambda: subprocess.run([sys.executable, "-c", f"import {name}"])

    return in_turn(imports("skdigits"), imports("sklearn"), runs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", default=list(ROWS), metavar="ROW")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks/feed.jsonl"))
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    for name in arguments.rows:
        a, b = ROWS[name](arguments.runs)
        ratios = [y / x for x, y in zip(a, b, strict=True)]
        result = {
            "row": name,
            "what": ROWS[name].__doc__,
            "seconds_a": statistics.median(a),
            "seconds_b": statistics.median(b),
            "b_over_a": statistics.median(b) / statistics.median(a),
            "deviation": statistics.stdev(ratios),
            "runs": len(a),
            "processor": processor(),
        }
        print(json.dumps(result), flush=True)
        with arguments.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
