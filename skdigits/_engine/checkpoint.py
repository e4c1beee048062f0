"""Checkpoints: a fit that was killed goes on at the epoch where it was."""

import dataclasses
import json
import os
import re

import numpy as np

from .._core.atomic import check_writable, target_file, write_whole
from .._core.identity import describe
from .._core.safetensors_file import (
    DamagedFileError,
    OtherFormatError,
    pack,
    read_arrays,
    read_header,
)
from .._core.warnings import warn_user
from .trained import TrainedNetwork, numbered_arrays

# Keras's BackupAndRestore was weighed: it keeps neither history, random numbers nor
# what callbacks remember, needs h5py, and takes up any file that it finds.
KIND = "skdigits checkpoint 4"
NOT_COMPARED = {"callbacks", "checkpoint", "random_state", "verbose"}


@dataclasses.dataclass
class Progress:
    """How far a training had come when a checkpoint was written.

    Parameters
    ----------
    seed : int
        The classifier's; a random one if its ``random_state`` is None.
    n_iter : int
        Epochs trained.
    history : dict of lists of float
        History of these epochs.
    learning_rate : float
        At the end of the last one.
    control : list of dict
        What each callback that steers the training remembers: numbers, or lists of
        arrays.
    is_finished : bool
        Whether the training came to its end.
    trained_with : dict
        As `CNNClassifier.trained_with_`.
    arrays : dict of str to ndarray
        The state of the network, as `TrainedNetwork.to_arrays` gives it.
    """

    seed: int
    n_iter: int
    history: dict
    learning_rate: float
    control: list
    is_finished: bool
    trained_with: dict
    arrays: dict

    def resume(self, network):
        """Give a `TrainedNetwork` as it was then."""
        return TrainedNetwork.from_arrays(
            self.arrays, spec=network.spec, pixels=network.pixels, seed=self.seed
        )


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
        # As it comes out of a file: there are no tuples in JSON.
        self.identity = json.loads(json.dumps(identity))
        self.found = self._find()
        if self.found is None or not self.found.is_finished:
            check_writable(path)  # before the training, not after its first epoch

    def write(
        self, network, *, history, learning_rate, control, is_finished, trained_with
    ):
        """Put a training on disk; the last file stays as the one before.

        Parameters
        ----------
        network : TrainedNetwork
            As it is now.
        history, learning_rate, control, is_finished, trained_with
            As in `Progress`.
        """
        arrays = network.to_arrays()
        header = {
            "identity": self.identity,
            "seed": network.seed,
            "n_iter": len(history["loss"]),
            "history": history,
            "learning_rate": learning_rate,
            "control": [
                {key: _put_aside(value, arrays) for key, value in memory.items()}
                for memory in control
            ],
            "is_finished": is_finished,
            "trained_with": trained_with,
        }
        # Numbers of NumPy's, which callbacks log, become Python's.
        header = json.loads(json.dumps(header, default=float))
        content = pack(KIND, header, arrays)
        # A torn file must not take the place of the whole one before it.
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
                warn_user(
                    f"The checkpoint {torn[0]} is torn. The fit goes on from the one "
                    f"before, after epoch {progress.n_iter}."
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


def epochs_kept(path):
    """Say for how many epochs a checkpoint was trained: 0 if there is no whole one."""
    for file in (path, path.with_name(f"{path.name}.previous")):
        contents = _read_whole(file) if file.exists() else None
        if contents is not None:
            return contents[0]["n_iter"]
    return 0


def fit_identity(classifier, plan, data):
    """Say what a fit is: its parameters and its data.

    Parameters
    ----------
    classifier : CNNClassifier
    plan : TrainingPlan
    data : TrainingData

    Returns
    -------
    dict
    """
    params = classifier.get_params(deep=False)
    names = sorted(params.keys() - NOT_COMPARED)
    identity = {name: describe(params[name]) for name in names}
    seed = classifier.random_state
    identity["random_state"] = (
        int(seed) if isinstance(seed, (int, np.integer)) else None
    )
    identity["epochs before"] = plan.epochs_before
    identity["X"] = describe(data.images)
    identity["y"] = describe([data.labels, classifier.classes_.astype(str)])
    identity["weights"] = describe(data.weights)
    # The parameters of a fitted augmenter are not known here: its copies are compared.
    copies = data.load(np.arange(min(8, len(data))), np.random.default_rng(0))
    identity["augmentation"] = describe([copies, data.augment_seeds])
    return identity


def _put_aside(value, arrays):
    """Move a list of arrays out of what becomes JSON."""
    if not isinstance(value, list):
        return value
    arrays |= {f"memory/{i}": array for i, array in enumerate(value)}
    return {"arrays": "memory"}


def _read_whole(path):
    """Read a file: (header, arrays), or None if it is torn.

    Raises
    ------
    ValueError
        If the file is not a checkpoint, or one of another version.
    """
    with path.open("rb") as file:
        try:
            header = read_header(file, KIND)
            content, arrays = header.content, read_arrays(file, header)
        except OtherFormatError as exc:
            is_ours = re.match(r"skdigits checkpoint \d", exc.found or "")
            kind = "a checkpoint of another version of" if is_ours else "not one of"
            raise ValueError(
                f"checkpoint must be a new path or a checkpoint of this version of "
                f"skdigits. {path} is {kind} skdigits. Pass another path"
                f"{', or remove the file' if is_ours else ''}."
            ) from exc
        except DamagedFileError:
            return None
    fields = {field.name for field in dataclasses.fields(Progress)} - {"arrays"}
    return (content, arrays) if content.keys() == fields | {"identity"} else None


def _restore(header, arrays):
    header["control"] = [
        {
            key: numbered_arrays(arrays, value["arrays"])
            if isinstance(value, dict)
            else value
            for key, value in memory.items()
        }
        for memory in header["control"]
    ]
    return Progress(**header, arrays=arrays)
