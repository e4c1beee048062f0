"""Presets by name: settings of augmenter and classifier that fit each other."""

from typing import Literal

# Name -> parameters of the augmenter, parameters of the classifier.
PRESETS = {
    "classic": (
        {"rotation": 15, "zoom": 0.1, "shift": 0.1},
        {
            "architecture": "classic",
            "epochs": 20,
            "batch_size": 64,
            "optimizer": "rmsprop",
            "learning_rate": 0.001,
            "schedule": "plateau",
            "validation_fraction": 0.1,
        },
    ),
    "fast": (
        {"rotation": 8, "zoom": 0.08, "shift": 0.04, "elastic": 0.5},
        {
            "architecture": "fast",
            "epochs": 8,
            "batch_size": 128,
            "optimizer": "muon",
            "learning_rate": 0.003,
            "schedule": "one_cycle",
            "test_time_shift": 1,
        },
    ),
    "accurate": (
        {"rotation": 8, "zoom": 0.08, "shift": 0.04, "elastic": 0.5},
        {
            "architecture": "classic",
            "epochs": 24,
            "batch_size": 128,
            "optimizer": "muon",
            "learning_rate": 0.003,
            "schedule": "one_cycle",
        },
    ),
}

# The same names for type checkers, which cannot read the table.
PresetName = Literal["classic", "fast", "accurate"]
