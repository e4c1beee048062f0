"""Checkpoints: a fit that was killed goes on at the epoch where it was."""

import dataclasses
import hashlib
import json
import os
import warnings

import numpy as np

from ._container import DamagedFileError, pack, read_arrays, read_header
from ._files import check_writable, target_file, write_whole
from ._network_state import NetworkState

KIND = "skdigits checkpoint 1"
NOT_COMPARED = {"callbacks", "checkpoint", "random_state", "verbose"}


@dataclasses.dataclass
class Progress:
    """How far a training has come.

    Parameters
    ----------
    seed : int
        Of the classifier, drawn if its ``random_state`` is None.
    n_iter : int
        Epochs trained.
    history : dict of lists of float
        Of these epochs.
    learning_rate : float
        At the end of the last one.
    control : list of dict
        What each of the callbacks of `_callbacks.control_callbacks` remembers: numbers,
        or lists of arrays.
    is_finished : bool
        Whether the training came to its end.
    trained_with : dict
        As `CNNClassifier.trained_with_`.
    state : NetworkState
    """

    seed: int
    n_iter: int
    history: dict
    learning_rate: float
    control: list
    is_finished: bool
    trained_with: dict
    state: NetworkState


class Checkpoint:
    """The file of one fit, and the one before it, whose name ends in ".previous".

    Parameters
    ----------
    path : str or path-like
    identity : dict
        What a fit must have in common with the one that it continues.

    Attributes
    ----------
    found : Progress or None
        What an earlier fit left.

    Raises
    ------
    ValueError
        If the file is of another fit, or if neither it nor the one before is whole.
    OSError
        If the file cannot be written, and there is something to write.
    """

    def __init__(self, path, identity):
        self.path = target_file(path)
        self.previous = self.path.with_name(f"{self.path.name}.previous")
        self.identity = json.loads(json.dumps(identity))
        self.found = self._find()
        if self.found is None or not self.found.is_finished:
            check_writable(path)  # before the training, not after its first epoch

    def write(self, progress):
        """Put a `Progress` on disk; the last one stays as the one before."""
        fields = {
            field.name: getattr(progress, field.name)
            for field in dataclasses.fields(Progress)
        }
        arrays = {}
        for kind, values in vars(fields.pop("state")).items():
            arrays |= {f"{kind} {i}": value for i, value in enumerate(values)}
        fields["control"] = [
            {key: _put_aside(value, arrays) for key, value in memory.items()}
            for memory in progress.control
        ]
        header = {"identity": self.identity, **fields}
        header = json.loads(json.dumps(header, default=float))
        content = pack(KIND, header, arrays)
        if self.path.exists() and not self._is_torn:
            os.replace(self.path, self.previous)
        self._is_torn = False
        write_whole(content, self.path)

    def _find(self):
        self._is_torn = False
        files = [path for path in (self.path, self.previous) if path.exists()]
        torn = []
        for path in files:
            contents = _read_whole(path)
            if contents is None:
                torn.append(path)
                self._is_torn |= path == self.path
                continue
            header, arrays = contents
            self._check_identity(header.pop("identity"))
            progress = _restore(header, arrays)
            if torn:
                warnings.warn(
                    f"The checkpoint {torn[0]} is torn. The fit goes on from the one "
                    f"before, after epoch {progress.n_iter}.",
                    stacklevel=2,
                )
            return progress
        if torn:
            raise ValueError(
                f"The checkpoint {torn[0]} is torn, and there is no whole one before "
                "it. Remove it to start anew."
            )
        return None

    def _check_identity(self, found):
        different = [
            key for key in self.identity if found.get(key) != self.identity[key]
        ]
        if different:
            raise ValueError(
                f"The checkpoint {self.path} is of another fit, with other "
                f"{', '.join(different)}. Give this fit a file of its own, or remove "
                "that one."
            )


def fit_identity(classifier, data):
    """Say what a fit is: its parameters and its data.

    Parameters
    ----------
    classifier : CNNClassifier
    data : TrainingData

    Returns
    -------
    dict
    """
    params = classifier.get_params(deep=False)
    identity = {key: params[key] for key in sorted(params.keys() - NOT_COMPARED)}
    if callable(classifier.architecture):
        function = classifier.architecture  # a functools.partial has no name
        identity["architecture"] = getattr(function, "__qualname__", repr(function))
    identity = {key: repr(value) for key, value in identity.items()}
    seed = classifier.random_state
    identity["random_state"] = (
        int(seed) if isinstance(seed, (int, np.integer)) else None
    )
    identity["epochs before"] = classifier.n_iter_
    identity["X"] = _digest(data.images)
    identity["y"] = _digest(data.labels, classifier.classes_.astype(str))
    identity["weights"] = None if data.weights is None else _digest(data.weights)
    sample = data.load(np.arange(min(8, len(data))), np.random.default_rng(0))
    identity["augmentation"] = _digest(sample, np.array(data.draw_seeds))
    return identity


def _digest(*arrays):
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape} {array.dtype} ".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _put_aside(value, arrays):
    """Move a list of arrays out of what becomes JSON."""
    if not isinstance(value, list):
        return value
    arrays |= {f"memory {i}": array for i, array in enumerate(value)}
    return {"arrays": "memory"}


def _read_whole(path):
    """Read a file: (header, arrays), or None if it is torn."""
    try:
        with path.open("rb") as file:
            header = read_header(file, KIND)
            return header, read_arrays(file, header.pop("arrays", None))
    except DamagedFileError:
        return None


def _restore(header, arrays):
    def gather(kind):
        count = sum(name.startswith(f"{kind} ") for name in arrays)
        return [arrays[f"{kind} {i}"] for i in range(count)]

    header["control"] = [
        {
            key: gather(value["arrays"]) if isinstance(value, dict) else value
            for key, value in memory.items()
        }
        for memory in header["control"]
    ]
    state = NetworkState(gather("network"), gather("optimizer"))
    return Progress(**header, state=state)
