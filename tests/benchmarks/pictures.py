"""Accuracy and training time on pictures of things: 12,000 images of CIFAR-10.

    OMP_NUM_THREADS=1 python tests/benchmarks/pictures.py NAME [NAME ...] [--seed 0]

NAME is "pictures" or "fast" (presets), "keras", "skorch", "SVC" or "histogram gradient
boosting". Each trains on the first 10,000 images of the folder cifar10 of
SKDIGITS_DATA, last weights, and labels the last 2,000. The folder has batch_0.png to
batch_11.png, each with a row for each of 1,000 images of 32x32 pixels, and labels.csv.
Keras and skorch train one network on mirrored and shifted copies, with the number of
epochs of "pictures". A row for each model is appended to
docs/benchmarks/pictures.jsonl.
"""

import argparse
import json
import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from calibration import scores
from folds import processor, settings
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skdigits.pipelines import make_digit_pipeline

ROWS = Path("docs/benchmarks/pictures.jsonl")
SHAPE = 32, 32, 3
TRAIN = 10_000
EPOCHS = 20
BATCH_SIZE = 64


def load_pictures():
    """Return all images and their labels, 0 to 9."""
    folder = Path(os.environ["SKDIGITS_DATA"]) / "cifar10"
    batches = [np.array(Image.open(folder / f"batch_{i}.png")) for i in range(12)]
    y = np.loadtxt(folder / "labels.csv", dtype=int, skiprows=1)
    return np.concatenate(batches).reshape(-1, *SHAPE), y


class Keras:
    """Four convolutions behind layers that mirror and shift, trained with Adam."""

    def __init__(self, seed):
        self.seed = seed

    def fit(self, X, y):
        import keras
        from keras import layers

        keras.utils.set_random_seed(self.seed)
        self.model = keras.Sequential(
            [
                keras.Input(SHAPE),
                layers.Rescaling(1 / 255),
                layers.RandomFlip("horizontal"),
                layers.RandomTranslation(0.1, 0.1),
                layers.Conv2D(32, 3, padding="same", activation="relu"),
                layers.Conv2D(32, 3, activation="relu"),
                layers.MaxPooling2D(),
                layers.Dropout(0.25),
                layers.Conv2D(64, 3, padding="same", activation="relu"),
                layers.Conv2D(64, 3, activation="relu"),
                layers.MaxPooling2D(),
                layers.Dropout(0.25),
                layers.Flatten(),
                layers.Dense(512, activation="relu"),
                layers.Dropout(0.5),
                layers.Dense(10, activation="softmax"),
            ]
        )
        loss = "sparse_categorical_crossentropy"
        self.model.compile("adam", loss, metrics=["accuracy"])
        self.model.fit(X, y, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0)
        return self

    def predict_proba(self, X):
        return self.model.predict(X, verbose=0)


class Skorch:
    """The network and the augmentation of `Keras` in PyTorch."""

    def __init__(self, seed):
        self.seed = seed

    def fit(self, X, y):
        import torch
        from skorch import NeuralNetClassifier
        from torch import nn
        from torch.nn.functional import affine_grid, grid_sample

        class MirrorAndShift(nn.Module):
            def forward(self, images):
                if not self.training:
                    return images
                n = len(images)
                maps = torch.eye(2, 3).repeat(n, 1, 1)
                maps[:, 0, 0] = torch.randint(0, 2, (n,)) * 2.0 - 1
                maps[:, :, 2] = torch.rand(n, 2) * 0.4 - 0.2  # the side is 2 long
                grid = affine_grid(maps, images.shape, align_corners=False)
                return grid_sample(
                    images, grid, padding_mode="reflection", align_corners=False
                )

        torch.manual_seed(self.seed)
        module = nn.Sequential(
            MirrorAndShift(),
            nn.Conv2d(3, 32, 3, padding="same"),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
            nn.Conv2d(32, 64, 3, padding="same"),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
            nn.Flatten(),
            nn.Linear(64 * 6 * 6, 512),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(512, 10),
        )
        self.model = NeuralNetClassifier(
            module.to(memory_format=torch.channels_last),
            criterion=nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            lr=1e-3,
            batch_size=BATCH_SIZE,
            max_epochs=EPOCHS,
            train_split=None,
            iterator_train__shuffle=True,
            verbose=0,
        )
        self.model.fit(self._unit(X), y)
        return self

    def predict_proba(self, X):
        logits = np.float64(self.model.forward(self._unit(X)))
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    @staticmethod
    def _unit(X):
        return (X / 255).astype(np.float32).transpose(0, 3, 1, 2)


def _rows(X):
    """Convert images to rows of numbers in 0..1."""
    return X.reshape(len(X), -1) / 255


def classical(model):
    return make_pipeline(FunctionTransformer(_rows), model)


MODELS = {
    "pictures": lambda seed: make_digit_pipeline("pictures", random_state=seed),
    "fast": lambda seed: make_digit_pipeline("fast", random_state=seed),
    "keras": Keras,
    "skorch": Skorch,
    "SVC": lambda seed: classical(make_pipeline(PCA(80, random_state=seed), SVC(C=10))),
    "histogram gradient boosting": lambda seed: classical(
        HistGradientBoostingClassifier(
            learning_rate=0.2, max_leaf_nodes=15, random_state=seed
        )
    ),
}


def versions():
    found = {}
    for package in ("tensorflow", "keras", "torch", "skorch", "scikit-learn"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def measure(name, seed, X, y):
    """Train a model and return its row."""
    model = MODELS[name](seed)
    if name in ("pictures", "fast", "keras"):
        import tensorflow  # noqa: F401  its start is not part of the time
    start = time.perf_counter(), time.process_time()
    model.fit(X[:TRAIN], y[:TRAIN])
    seconds = time.perf_counter() - start[0], time.process_time() - start[1]
    row = {
        "name": name,
        "seed": seed,
        "n": len(X) - TRAIN,
        "fit_seconds": round(seconds[0], 1),
        "core_seconds": round(seconds[1], 1),
    }
    start = time.process_time()
    if name == "SVC":  # its probabilities would need further fits
        errors = int((model.predict(X[TRAIN:]) != y[TRAIN:]).sum())
    else:
        proba = model.predict_proba(X[TRAIN:])
        errors = int((proba.argmax(axis=1) != y[TRAIN:]).sum())
        row |= scores(np.float64(proba), y[TRAIN:])
    return row | {
        "errors": errors,
        "predict_core_seconds": round(time.process_time() - start, 1),
        "settings": settings(name),
        "processor": processor(),
        "python": platform.python_version(),
        "versions": versions(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", metavar="NAME", choices=MODELS)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    X, y = load_pictures()
    for name in arguments.names:
        row = measure(name, arguments.seed, X, y)
        with ROWS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(name, row["errors"], row["core_seconds"], flush=True)


if __name__ == "__main__":
    main()
