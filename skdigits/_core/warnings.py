"""Warnings of the line at which a user called, however deep what they warn of lies."""

import sys
import warnings

# Whoever may stand between a user's line and ours.
LIBRARIES = {"skdigits", "sklearn", "joblib", "keras", "optuna", "scikeras"}


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn of the innermost line that is no library's.

    It is also by that line that Python knows whether it has warned before.

    Parameters
    ----------
    message : str
    category : type of Warning
    """
    frame, level = sys._getframe(1), 2  # 1 would be here
    while frame.f_back is not None and _is_library(frame):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _is_library(frame):
    package = frame.f_globals.get("__name__", "").partition(".")[0]
    return package in LIBRARIES or package in sys.stdlib_module_names
