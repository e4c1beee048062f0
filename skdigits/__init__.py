"""A Keras CNN for small images that behaves like an estimator of scikit-learn.

Names and namespaces are imported at their first use: ``import skdigits`` is fast and
does not load TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the lazy names, for type checkers and editors
    from . import baselines as baselines
    from . import datasets as datasets
    from . import persistence as persistence
    from . import pipelines as pipelines
    from . import plots as plots
    from . import submission as submission
    from . import tuning as tuning
    from ._augmenter import ImageAugmenter
    from ._classifier import CNNClassifier
    from ._cli.draw import draw
    from ._normalizer import DigitNormalizer
    from ._recognition import read_numbers
    from ._vision.finder import find_digits
    from .persistence import ModelFileError, export, load, save
    from .pipelines import make_digit_pipeline
    from .submission import write_submission

__version__ = "0.1.0"

_MODULES = {  # of the public names
    "CNNClassifier": "_classifier",
    "DigitNormalizer": "_normalizer",
    "ImageAugmenter": "_augmenter",
    "ModelFileError": "persistence",
    "draw": "_cli.draw",
    "export": "persistence",
    "find_digits": "_vision.finder",
    "load": "persistence",
    "make_digit_pipeline": "pipelines",
    "read_numbers": "_recognition",
    "save": "persistence",
    "write_submission": "submission",
}
_NAMESPACES = {"baselines", "datasets", "persistence", "pipelines", "plots"}
_NAMESPACES |= {"submission", "tuning"}

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
    "read_numbers",
    "save",
    "write_submission",
]


def __getattr__(name: str) -> Any:
    if name in _NAMESPACES:
        return import_module(f"{__name__}.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_NAMESPACES})
