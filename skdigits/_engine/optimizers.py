"""Optimizers by name, with their options in addition to the learning rate."""

from typing import Literal

OPTIMIZERS = {
    "adam": {},
    "adamw": {},
    "muon": {},
    "nadam": {},
    "rmsprop": {},
    "sgd": {"momentum": 0.9, "nesterov": True},
}

# The same names for type checkers, which cannot read the table.
OptimizerName = Literal["adam", "adamw", "muon", "nadam", "rmsprop", "sgd"]
