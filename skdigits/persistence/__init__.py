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
from .._core.container import DamagedFileError, pack, read_arrays, read_header

if TYPE_CHECKING:
    from sklearn.ensemble import VotingClassifier
    from sklearn.pipeline import Pipeline

    from .._augmenter import ImageAugmenter
    from .._classifier import CNNClassifier
    from .._normalizer import DigitNormalizer

__all__ = ["ModelFileError", "export", "load", "save"]

KIND = "skdigits model 3"
PACKAGES = ("keras", "numpy", "scikit-learn", "tensorflow")
OTHERS = {  # first bytes -> what a file is
    b"PK\x03\x04": "It is a zip archive, such as Keras's or skops's.",
    b"\x89HDF\r\n\x1a\n": "It is an HDF5 file, such as Keras's.",
    b"\x93NUMPY": "It is an array of NumPy's.",
    b"\x80": "It looks like a pickle.",
}


class ModelFileError(ValueError):
    """A file holds no model: it is damaged, hostile, or of another kind."""


def save(
    estimator: "CNNClassifier | ImageAugmenter | DigitNormalizer | Pipeline "
    "| VotingClassifier",
    path: str | os.PathLike[str],
) -> None:
    """Write a fitted estimator to a file that holds no code.

    The file has a line that names its format, a checksum, the parameters and what was
    learned as JSON, and the weights as safetensors [1]_. Equal estimators give equal
    bytes under the same versions. It is written whole or not at all.

    Parameters
    ----------
    estimator : CNNClassifier, ImageAugmenter, DigitNormalizer, Pipeline or \
            VotingClassifier
        Fitted. The steps of a Pipeline and the estimators of a VotingClassifier, such
        as `skdigits.make_digit_ensemble` makes, must be of these classes, too, or
        ``"passthrough"`` and ``"drop"``.
    path : str or os.PathLike
        The file to write. Its folder must exist; an older file is replaced.

    Raises
    ------
    TypeError
        If the estimator, or one of its steps, is of another class.
    ValueError
        If a parameter or a label is nothing that a file can hold, such as a
        `RandomState`.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    FileNotFoundError, IsADirectoryError
        If no file can be at `path`.

    See Also
    --------
    load : Reads the file.
    export : Writes the network for programs that do not have skdigits.

    Notes
    -----
    The parameters `callbacks` and `checkpoint`, a Pipeline's `memory` and an ensemble's
    `n_jobs`, which are of this program and this machine, stay behind. An architecture
    that is a function is named in the file; it is not in it.

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
    from ._describe import take_apart

    data, arrays = take_apart(estimator)
    content = pack(KIND, {"estimator": data, "versions": _versions()}, arrays)
    write_whole(content, target_file(path))


def _versions():
    """Say with what a file is written, as far as it is known."""
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
    """Read an estimator from a file of `save`.

    Nothing in the file is run. Its network is built from parameters that were checked,
    and weights are compared with it before they are read.

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
        It predicts what the saved one predicted, to the last bit, and goes on training
        as that would have.

    Raises
    ------
    ModelFileError
        If the file is damaged, of another kind or of a newer version, or if it does not
        hold together. It is a ValueError.
    FileNotFoundError, IsADirectoryError
        If there is no such file.
    TypeError
        If `architectures` is no dict of functions.

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
    skdigits.persistence.ModelFileError: ...model.pickle holds no model: it does not...
    """
    architectures = dict(architectures or {})
    for name, function in architectures.items():
        if not callable(function):
            raise TypeError(f"architectures[{name!r}] must be callable: {function!r}.")
    source = source_file(path)
    try:
        with source.open("rb") as file:
            return _load(file, architectures, allow_nan)
    except DamagedFileError as exc:
        message = f"{source} holds no model: {exc}.{_what_else(source)}"
        raise ModelFileError(message) from exc


def _load(file, architectures, allow_nan):
    from ._rebuild import Loader

    header = read_header(file, KIND)
    if header.keys() != {"arrays", "estimator", "versions"}:
        raise DamagedFileError("it has other entries than we write")
    loader = Loader(architectures)
    estimator = loader.estimator(header["estimator"])
    arrays = read_arrays(file, header["arrays"], limit=loader.limit)
    if not allow_nan and not all(np.isfinite(array).all() for array in arrays.values()):
        raise DamagedFileError(
            "it has weights that are NaN or infinite. Pass allow_nan=True to load them"
        )
    classifiers = loader.give_arrays(arrays)
    if classifiers:  # this starts TensorFlow
        from .._engine.keras.pool import check_state

        for classifier in classifiers:
            network = classifier._network
            try:
                check_state(network)
            except (TypeError, ValueError) as exc:
                raise DamagedFileError(str(exc).removesuffix(".")) from exc
    return estimator


def _what_else(source):
    """Say what a file is that is none of ours, where its first bytes tell."""
    with source.open("rb") as file:
        start = file.read(32)
    newer = re.match(rb"skdigits model (\d{1,9})\n", start)
    if newer and int(newer[1]) > int(KIND.split()[-1]):
        return " It was written by a newer version of skdigits. Update skdigits."
    return "".join(
        f" {what}" for sign, what in OTHERS.items() if start.startswith(sign)
    )


def export(estimator: "CNNClassifier | Pipeline", path: str | os.PathLike[str]) -> None:
    """Write a fitted network for programs that do not have skdigits.

    Parameters
    ----------
    estimator : CNNClassifier or Pipeline
        Fitted. The steps of a Pipeline before its classifier must not change images,
        as `ImageAugmenter` does not.
    path : str or os.PathLike
        The file to write, whole or not at all. Its ending tells the format:

        - ``.keras``: architecture and weights, for ``keras.models.load_model``;
        - ``.onnx``: the same for any runtime of ONNX, in float32 after a training in
          mixed precision; needs the extra "onnx";
        - ``.json``: the architecture alone, for ``keras.models.model_from_json``.

    Raises
    ------
    ImportError
        If the ending is ``.onnx`` and tf2onnx is not installed.
    TypeError
        If the estimator ends in no `CNNClassifier`, or has a step that changes images.
    ValueError
        If the ending is none of these.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    FileNotFoundError, IsADirectoryError
        If no file can be at `path`.

    See Also
    --------
    save : Writes all of the estimator, for `load`.

    Notes
    -----
    The network takes raw pixels, float32 of shape (n, height, width, channels), in the
    unit of the training images, and returns the probabilities of ``classes_``. It is
    ``model_``. In ONNX its input is "images" and its output "probabilities". The file
    holds neither labels nor `test_time_shift`, whose loss brings a warning.

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
    from ._export import network_bytes

    target = target_file(path)
    write_whole(network_bytes(estimator, target.suffix), target)
