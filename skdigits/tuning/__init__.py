"""Tuning with Optuna: trials that are pruned by epoch, in studies that survive."""

from ._objective import CrossValidationObjective
from ._search_space import suggest_digit_params
from ._tune import TuningResult, tune

__all__ = ["CrossValidationObjective", "TuningResult", "suggest_digit_params", "tune"]
