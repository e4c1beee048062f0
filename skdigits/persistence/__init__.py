"""Model files that run no code when they are loaded, and exports for other programs."""

import contextlib
import os
import re
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import __version__
from .._core.atomic import source_file, target_file, write_whole
from .._core.safetensors_file import (
    DamagedFileError,
    OtherFormatError,
    pack,
    read_arrays,
    read_header,
)

if TYPE_CHECKING:
    from sklearn.ensemble import VotingClassifier
    from sklearn.pipeline import Pipeline

    from .._augmenter import ImageAugmenter
    from .._classifier import CNNClassifier
    from .._normalizer import DigitNormalizer

__all__ = ["ModelFileError", "export", "load", "save"]

FORMAT = "skdigits model 3"
PACKAGES = ("keras", "numpy", "scikit-learn", "tensorflow")
OTHER_FILES = {  # first bytes -> kind of file
    b"PK\x03\x04": "It is a zip archive, such as a .keras or .skops file.",
    b"\x89HDF\r\n\x1a\n": "It is an HDF5 file, such as Keras writes.",
    b"\x93NUMPY": "It is a NumPy array.",
    b"\x80": "It looks like a pickle.",
}


class ModelFileError(ValueError):
    """A file that is not a valid model: it is damaged, hostile, or of another kind."""


def save(
    estimator: "CNNClassifier | ImageAugmenter | DigitNormalizer | Pipeline "
    "| VotingClassifier",
    path: str | os.PathLike[str],
) -> None:
    """Write a fitted estimator to a file that contains no code.

    The file is a safetensors file [1]_. It has the weights as tensors, and in its
    metadata the parameters and learned attributes as JSON, with SHA-256 digests. Equal
    estimators give equal bytes under the same versions. A failed write leaves an older
    file unchanged.

    Parameters
    ----------
    estimator : CNNClassifier, ImageAugmenter, DigitNormalizer, Pipeline or \
            VotingClassifier
        Fitted. The steps of a Pipeline and the estimators of a VotingClassifier, such
        as `skdigits.make_digit_ensemble` makes, must also be of these classes, or
        ``"passthrough"`` or ``"drop"``.
    path : str or os.PathLike
        The file to write. Its folder must exist; an older file is replaced.

    Raises
    ------
    TypeError
        If the estimator or one of its steps is of another class.
    ValueError
        If a parameter or a label cannot be stored, such as a `RandomState`.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    FileNotFoundError, IsADirectoryError
        If the folder does not exist, or `path` is a folder.

    See Also
    --------
    load : Reads the file.
    export : Writes the model for programs that do not have skdigits.

    Notes
    -----
    The parameters `callbacks` and `checkpoint`, the `memory` of a Pipeline and the
    `n_jobs` of an ensemble are not saved. Of an architecture that is a function, the
    file stores only the name. A `loss` that is an object is saved as "crossentropy",
    with a warning.

    References
    ----------
    .. [1] https://github.com/huggingface/safetensors

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import skdigits
    >>> from skdigits.datasets import load_sample
    >>> digits = load_sample()
    >>> model = skdigits.CNNClassifier(epochs=1, width=0.25, random_state=0)
    >>> model = model.fit(digits.X_train, digits.y_train)
    >>> with TemporaryDirectory() as folder:
    ...     skdigits.save(model, Path(folder, "digits.skdigits"))
    ...     loaded = skdigits.load(Path(folder, "digits.skdigits"))
    >>> bool((loaded.predict(digits.X_test) == model.predict(digits.X_test)).all())
    True
    """
    from ._classifier import write_arrays
    from ._estimators import classifiers_in, write_estimator

    arrays = write_arrays(classifiers_in(estimator))
    content = {"estimator": write_estimator(estimator), "versions": _versions()}
    write_whole(pack(FORMAT, content, arrays), target_file(path))


def _versions():
    """Return the versions of skdigits and of the installed packages it uses."""
    found = {"skdigits": __version__}  # a copy on the path is not installed
    for package in PACKAGES:
        # TensorFlow has other distributions, such as tensorflow-cpu.
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def load(
    path: str | os.PathLike[str],
    *,
    architectures: dict[str, Callable[..., Any]] | None = None,
    allow_nan: bool = False,
) -> Any:
    """Read an estimator from a file that `save` wrote.

    No code in the file is run. The model is built from validated parameters, and the
    shapes of the weights are compared with it before they are read.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    architectures : dict of str to callable, default=None
        For a model whose `architecture` is a function: that function, by its name.
    allow_nan : bool, default=False
        Whether weights may be NaN or infinite.

    Returns
    -------
    estimator : CNNClassifier, ImageAugmenter, DigitNormalizer, Pipeline or \
            VotingClassifier
        Its predictions are those of the saved one, to the last bit, and further
        training gives the same results.

    Raises
    ------
    ModelFileError
        If the file is damaged, inconsistent, of another kind or from a newer version.
        It is a ValueError.
    FileNotFoundError, IsADirectoryError
        If the file does not exist, or is a folder.
    TypeError
        If a value of `architectures` is not callable.

    See Also
    --------
    save : Writes the file, and has an example.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import skdigits
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "model.pickle")
    ...     _ = path.write_bytes(b"cos\\nsystem\\n(S'echo hello'\\ntR.")
    ...     skdigits.load(path)
    Traceback (most recent call last):
    ...
    skdigits.persistence.ModelFileError: ...model.pickle is not a valid model: its...
    """
    architectures = dict(architectures or {})
    for name, function in architectures.items():
        if not callable(function):
            raise TypeError(
                f"architectures[{name!r}] must be callable. Got {function!r} instead."
            )
    source = source_file(path)
    try:
        with source.open("rb") as file:
            return _load(file, architectures, allow_nan)
    except DamagedFileError as exc:
        hint = _other_file(source, exc)
        raise ModelFileError(f"{source} is not a valid model: {exc}.{hint}") from exc


def _load(file, architectures, allow_nan):
    from ._classifier import check_shapes, read_arrays_into
    from ._estimators import EstimatorReader, classifiers_in

    header = read_header(file, FORMAT)
    match header.content:
        case {"estimator": data, "versions": dict(), **rest} if not rest:
            estimator = EstimatorReader(architectures).read(data)
        case _:
            raise DamagedFileError("its content must be an estimator and versions")
    classifiers = classifiers_in(estimator)
    check_shapes(header.shapes, classifiers)
    arrays = read_arrays(file, header)
    if not allow_nan and not all(np.isfinite(array).all() for array in arrays.values()):
        raise DamagedFileError(
            "it has weights that are NaN or infinite. Pass allow_nan=True to load them"
        )
    read_arrays_into(classifiers, arrays)
    if classifiers:  # this starts TensorFlow
        from .._engine.keras.pool import check_weights

        for classifier in classifiers.values():
            try:
                check_weights(classifier._trained)
            except (TypeError, ValueError) as exc:
                raise DamagedFileError(str(exc).removesuffix(".")) from exc
    return estimator


def _other_file(source, error):
    """Describe a file that `save` did not write, as far as its first bytes tell."""
    found = getattr(error, "found", None) or ""
    newer = re.fullmatch(r"skdigits model (\d{1,9})", found, re.ASCII)
    if newer and int(newer[1]) > int(FORMAT.split()[-1]):
        return " It was written by a newer version of skdigits. Update skdigits."
    if not isinstance(error, OtherFormatError):
        return ""
    with source.open("rb") as file:
        start = file.read(32)
    return "".join(
        f" {what}" for first, what in OTHER_FILES.items() if start.startswith(first)
    )


def export(estimator: "CNNClassifier | Pipeline", path: str | os.PathLike[str]) -> None:
    """Write a fitted model for programs that do not have skdigits.

    Parameters
    ----------
    estimator : CNNClassifier or Pipeline
        Fitted. The steps of a Pipeline before its classifier must not change images;
        `ImageAugmenter` does not.
    path : str or os.PathLike
        The file to write. A failed write leaves an older file unchanged. The suffix
        selects the format:

        - ``.keras``: architecture and weights, for ``keras.models.load_model``;
        - ``.onnx``: architecture and weights for any ONNX runtime, in float32 also
          after training in mixed precision; needs the extra "onnx";
        - ``.json``: the architecture alone, for ``keras.models.model_from_json``.

    Raises
    ------
    ImportError
        If the suffix is ``.onnx`` and tf2onnx is not installed.
    TypeError
        If the estimator does not end in a `CNNClassifier`, or has a step that changes
        images.
    ValueError
        If the suffix is another.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    FileNotFoundError, IsADirectoryError
        If the folder does not exist, or `path` is a folder.

    See Also
    --------
    save : Writes the whole estimator, for `load`.

    Notes
    -----
    The exported model is ``model_``. It takes raw pixels, float32 of shape (n, height,
    width, channels), in the unit of the training images, and returns the probabilities
    of ``classes_``. In ONNX its input is "images" and its output "probabilities".
    The file contains no labels, no `test_time_shift`, no `test_time_flip` and no
    ``temperature_``; `export` warns if one of the last three changes the probabilities.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import skdigits
    >>> from skdigits.datasets import load_sample
    >>> digits = load_sample()
    >>> model = skdigits.CNNClassifier(epochs=1, width=0.25, random_state=0)
    >>> model = model.fit(digits.X_train, digits.y_train)
    >>> with TemporaryDirectory() as folder:
    ...     skdigits.export(model, Path(folder, "digits.json"))
    ...     Path(folder, "digits.json").read_text()[:23]
    '{"module": "keras", "cl'
    """
    from ._export import exported_bytes

    target = target_file(path)
    write_whole(exported_bytes(estimator, target.suffix), target)
