"""Pictures of a model's training and of its mistakes, as scikit-learn's Displays."""

from ._history import HistoryDisplay
from ._top_errors import TopErrorsDisplay

__all__ = ["HistoryDisplay", "TopErrorsDisplay"]
