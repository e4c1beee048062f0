"""A Keras CNN for small images that behaves as an estimator of scikit-learn's own.

The names below are imported when they are first used, so that ``import skdigits``
takes no longer than it must and loads no TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what type checkers and editors see of the lazy names
    from ._augmenter import ImageAugmenter
    from ._classifier import CNNClassifier
    from ._draw import draw
    from ._finder import find_digits
    from ._normalizer import DigitNormalizer
    from .persistence import ModelFileError, export, load, save
    from .pipelines import make_digit_pipeline
    from .submission import write_submission

__version__ = "0.1.0"

_HOMES = {
    "CNNClassifier": "_classifier",
    "DigitNormalizer": "_normalizer",
    "ImageAugmenter": "_augmenter",
    "ModelFileError": "persistence",
    "draw": "_draw",
    "export": "persistence",
    "find_digits": "_finder",
    "load": "persistence",
    "make_digit_pipeline": "pipelines",
    "save": "persistence",
    "write_submission": "submission",
}

__all__ = [
    "CNNClassifier",
    "DigitNormalizer",
    "ImageAugmenter",
    "ModelFileError",
    "draw",
    "export",
    "find_digits",
    "load",
    "make_digit_pipeline",
    "save",
    "write_submission",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
