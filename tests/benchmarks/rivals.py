"""The classic architecture in other libraries, for comparisons."""

import numpy as np

EPOCHS = 20
BATCH_SIZE = 64


def torch_classic():
    """Return the classic architecture as a PyTorch module that computes logits."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(64, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
        nn.Conv2d(64, 128, 3, padding=1),
        nn.ReLU(),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(4608, 128),
        nn.ReLU(),
        nn.BatchNorm1d(128, momentum=0.01, eps=1e-3),
        nn.Dropout(0.25),
        nn.Linear(128, 10),
    )


def keras_rival():
    """Return the classic model as Keras users compile it."""
    from skdigits._engine.architectures import classic
    from skdigits._engine.keras.build import build_layers

    rival = build_layers(classic((28, 28, 1), 10))
    rival.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
    return rival


def skorch_rival(**options):
    """Return a skorch classifier with `torch_classic`."""
    import torch
    from skorch import NeuralNetClassifier

    return NeuralNetClassifier(
        torch_classic().to(memory_format=torch.channels_last),
        **{
            "criterion": torch.nn.CrossEntropyLoss,
            "optimizer": torch.optim.RMSprop,
            "optimizer__alpha": 0.9,
            "lr": 1e-3,
            "batch_size": BATCH_SIZE,
            "train_split": None,
            "iterator_train__shuffle": True,
            "verbose": 0,
            **options,
        },
    )


def unit_pixels(X, *, channels_first=False):
    """Scale pixels to 0..1, in the shape that the model takes."""
    shape = (-1, 1, 28, 28) if channels_first else (-1, 28, 28, 1)
    return (X / 255).astype(np.float32).reshape(shape)


class KerasClassic:
    """20 epochs of keras.Model.fit on arrays, at a constant rate, not augmented."""

    def __init__(self, seed):
        self.seed = seed

    def fit(self, X, y):
        import skdigits._engine.keras  # noqa: F401  silence

        # isort: split
        import keras

        keras.utils.set_random_seed(self.seed)
        self.rival = keras_rival()
        self.rival.fit(
            unit_pixels(X),
            keras.utils.to_categorical(y),
            batch_size=BATCH_SIZE,
            epochs=EPOCHS,
            verbose=0,
        )
        return self

    def predict(self, X):
        return self.rival.predict(unit_pixels(X), verbose=0).argmax(axis=1)


class SkorchClassic:
    """20 epochs of skorch, at a constant rate, not augmented."""

    def __init__(self, seed):
        self.seed = seed

    def fit(self, X, y):
        import torch

        torch.manual_seed(self.seed)
        self.rival = skorch_rival(max_epochs=EPOCHS)
        self.rival.fit(unit_pixels(X, channels_first=True), y.astype(np.int64))
        return self

    def predict(self, X):
        return self.rival.predict(unit_pixels(X, channels_first=True))
