"""Displays of digits, training histories, mistakes and activations."""

from ._activations import ActivationsDisplay
from ._augmentation import AugmentationDisplay
from ._digits import DigitsDisplay
from ._found_digits import FoundDigitsDisplay
from ._history import HistoryDisplay
from ._label_counts import LabelCountsDisplay
from ._top_errors import TopErrorsDisplay

__all__ = [
    "ActivationsDisplay",
    "AugmentationDisplay",
    "DigitsDisplay",
    "FoundDigitsDisplay",
    "HistoryDisplay",
    "LabelCountsDisplay",
    "TopErrorsDisplay",
]
