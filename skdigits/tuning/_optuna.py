"""Optuna, imported without a word.

Its progress bar, which is not used here, warns in a notebook without ipywidgets.
"""

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="IProgress not found")
    import optuna

__all__ = ["optuna"]
