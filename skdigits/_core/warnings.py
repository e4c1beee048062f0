"""Warnings that point at the user's line."""

import sys
import warnings

# Packages that may call skdigits; the user's line is in another.
LIBRARIES = {"skdigits", "sklearn", "joblib", "keras", "optuna", "scikeras"}


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Issue a warning for the innermost line outside of these libraries.

    Python also shows a warning once for each such line.

    Parameters
    ----------
    message : str
    category : type of Warning
    """
    frame, level = sys._getframe(1), 2  # level 1 is this function
    while frame.f_back is not None and _is_library(frame):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _is_library(frame):
    package = frame.f_globals.get("__name__", "").partition(".")[0]
    return package in LIBRARIES or package in sys.stdlib_module_names
