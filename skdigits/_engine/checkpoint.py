"""Checkpoints: a killed fit resumes at its last saved epoch."""

import dataclasses
import json
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
from .trained import numbered_arrays

# Keras's BackupAndRestore saves neither the history nor random numbers nor the state of
# callbacks, needs h5py, and resumes from any file that it finds.
KIND = "skdigits checkpoint 4"
# Of an augmented training set: enough for two shares of drawn digits to differ.
COMPARED_COPIES = 1000


@dataclasses.dataclass
class Progress:
    """The state of a training when its checkpoint was written.

    Parameters
    ----------
    seed : int
        The seed of the training, random if ``random_state`` is None.
    history : dict of lists of float
    trained_with : dict
        As in `Learned`.
    learning_rate : float
        At the end of the last epoch.
    control : list of dict
        Attributes of each callback that controls the training: numbers or lists of
        arrays.
    is_finished : bool
    arrays : dict of str to ndarray
        The weights, as `TrainedNetwork.to_arrays` returns them.
    """

    seed: int
    history: dict
    trained_with: dict
    learning_rate: float
    control: list
    is_finished: bool
    arrays: dict

    @property
    def n_iter(self):
        """Number of epochs."""
        return len(self.history["loss"])

    def resume(self, trained):
        """Return a `TrainedNetwork` with the weights of the checkpoint."""
        return dataclasses.replace(trained, seed=self.seed).with_arrays(self.arrays)


class Checkpoint:
    """The file of one fit.

    Parameters
    ----------
    path : str or path-like
    identity : dict
        What a fit must have in common with the one that it resumes.

    Attributes
    ----------
    found : Progress or None
        The state that an earlier fit has written.

    Raises
    ------
    ValueError
        If the file is damaged, not a checkpoint, or the checkpoint of another fit.
    OSError
        If the file cannot be written.
    """

    def __init__(self, path, identity):
        self.path = target_file(path)
        self.identity = identity
        self.found = self._find()
        if self.found is None or not self.found.is_finished:
            check_writable(path)  # before the training, not after its first epoch

    def write(self, learned, *, learning_rate, control, is_finished):
        """Replace the file by one with the state of the training.

        Parameters
        ----------
        learned : Learned
        learning_rate, control, is_finished
            As in `Progress`.
        """
        arrays = learned.trained.to_arrays()
        header = {
            "identity": self.identity,
            "seed": learned.trained.seed,
            "history": learned.history,
            "trained_with": learned.trained_with,
            "learning_rate": learning_rate,
            "control": [
                {name: _put_aside(value, arrays) for name, value in attributes.items()}
                for attributes in control
            ],
            "is_finished": is_finished,
        }
        # NumPy numbers, which callbacks log, become Python numbers.
        header = json.loads(json.dumps(header, default=float))
        write_whole(pack(KIND, header, arrays), self.path)

    def _find(self):
        if not self.path.exists():
            return None
        header, arrays = _read(self.path)
        found = header.pop("identity")
        different = [
            name for name in self.identity if found.get(name) != self.identity[name]
        ]
        if different:
            raise ValueError(
                f"The checkpoint {self.path} is of another fit, with other "
                f"{', '.join(different)}. Pass another path for this fit, or remove "
                "the file."
            )
        header["control"] = [
            {
                name: numbered_arrays(arrays, value["arrays"])
                if isinstance(value, dict)
                else value
                for name, value in attributes.items()
            }
            for attributes in header["control"]
        ]
        return Progress(**header, arrays=arrays)


def saved_epochs(path):
    """Return the number of epochs in a checkpoint: 0 if there is none that is whole."""
    try:
        return len(_read(path)[0]["history"]["loss"])
    except (FileNotFoundError, ValueError):
        return 0


def fit_identity(plan, data):
    """Describe a fit by its parameters and its data.

    Parameters
    ----------
    plan : TrainingPlan
    data : TrainingData

    Returns
    -------
    dict of str to str
    """
    # The parameters of a fitted augmenter are not known here: its copies are compared.
    first = np.arange(min(COMPARED_COPIES, len(data)))
    copies = data.load(first, np.random.default_rng(0))
    return {
        **plan.identity,
        "epochs before": str(plan.epochs_before),
        "X": describe(data.images),
        "y": describe([data.labels, data.classes.astype(str)]),
        "weights": describe(data.weights),
        "groups": describe(data.groups),
        "validation_data": describe(
            data.validation and [data.validation.images, data.validation.labels]
        ),
        "augmentation": describe([copies, data.augment_seeds]),
    }


def _put_aside(value, arrays):
    """Move a list of arrays from the header to the arrays."""
    if not isinstance(value, list):
        return value
    arrays |= {f"memory/{i}": array for i, array in enumerate(value)}
    return {"arrays": "memory"}


def _read(path):
    """Read a checkpoint: (header, arrays)."""
    with path.open("rb") as file:
        try:
            header = read_header(file, KIND)
            content, arrays = header.content, read_arrays(file, header)
        except OtherFormatError as exc:
            is_ours = re.match(r"skdigits checkpoint \d", exc.found or "")
            raise ValueError(
                "checkpoint must be a new path or a checkpoint of this version of "
                f"skdigits. {path} is {'of another version' if is_ours else 'neither'}."
                f" Pass another path{', or remove the file' if is_ours else ''}."
            ) from exc
        except DamagedFileError as exc:
            raise _damaged(path, exc) from exc
    fields = {field.name for field in dataclasses.fields(Progress)} - {"arrays"}
    if content.keys() != fields | {"identity"}:
        raise _damaged(path, "it has other entries")
    return content, arrays


def _damaged(path, reason):
    return ValueError(
        f"The checkpoint {path} is damaged: {reason}. Remove it to start again."
    )
