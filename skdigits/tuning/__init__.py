"""Tuning with Optuna: trials pruned by epoch, in studies that can be resumed."""

import warnings

with warnings.catch_warnings():
    # In a notebook without ipywidgets, the unused progress bar of Optuna warns.
    warnings.filterwarnings("ignore", message="IProgress not found")
    import optuna as _optuna  # noqa: F401

from ._objective import CrossValidationObjective
from ._search_space import suggest_digit_params
from ._tune import TuningResult, tune

__all__ = ["CrossValidationObjective", "TuningResult", "suggest_digit_params", "tune"]
