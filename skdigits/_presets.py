"""Presets: parameters for the steps of a pipeline that work well together."""

from typing import Literal

# Preset -> step -> parameters.
PRESETS = {
    "classic": {
        "augment": {"rotation": 15, "zoom": 0.1, "shift": 0.1},
        "cnn": {
            "architecture": "classic",
            "batch_size": 64,
            "optimizer": "rmsprop",
            "learning_rate": 0.001,
            "schedule": "plateau",
            "validation_fraction": 0.1,
        },
    },
    "fast": {
        "augment": {"rotation": 8, "zoom": 0.08, "shift": 0.04},
        "cnn": {
            "architecture": "fast",
            "batch_size": 128,
            "optimizer": "muon",
            "learning_rate": 0.003,
            "schedule": "one_cycle",
            "label_smoothing": 0.03,
            "test_time_shift": 0.04,
        },
    },
    "robust": {
        "normalize": {},
        "augment": {"rotation": 8, "zoom": 0.08, "shift": 0.04, "drawn": 0.1},
        "cnn": {
            "architecture": "fast",
            "batch_size": 128,
            "optimizer": "muon",
            "learning_rate": 0.003,
            "schedule": "one_cycle",
            "label_smoothing": 0.03,
            "test_time_shift": 0.04,
        },
    },
    "pictures": {
        "augment": {
            "rotation": 0,
            "zoom": 0.1,
            "shift": 0.12,
            "flip": "horizontal",
            "cutout": 0.4,
        },
        "cnn": {
            "architecture": "vgg",
            "batch_size": 64,
            "optimizer": "muon",
            "learning_rate": 0.01,
            "schedule": "one_cycle",
            "label_smoothing": 0.1,
            "dtype_policy": "auto",
            "test_time_flip": "horizontal",
        },
    },
}

# Presets of the commands, which read digits. Mirrored digits are other signs.
DIGIT_PRESETS = [name for name in PRESETS if name != "pictures"]

# Ensemble -> parameters of its kinds of members, which alternate. The first is not a
# preset: alone it makes hardly fewer errors than "fast", in ten times the time.
ENSEMBLES = {
    "record": [
        {
            "augment": {"rotation": 10, "zoom": 0.1, "shift": 0.05, "elastic": 0.8},
            "cnn": {
                "architecture": "residual",
                "batch_size": 128,
                "optimizer": "muon",
                "learning_rate": 0.003,
                "schedule": "one_cycle",
                "dtype_policy": "auto",
                "test_time_shift": 0.04,
            },
        },
        PRESETS["fast"],
    ],
}

# The same names for type checkers, which cannot read the tables.
PresetName = Literal["classic", "fast", "robust", "pictures"]
EnsembleName = Literal[PresetName, "record"]
