"""Checkpoints of the trainings of a command, in a folder next to its output."""

import contextlib
import errno
import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

IS_LOCKED = (errno.EAGAIN, errno.EACCES)  # another process has the lock


class TrainingCheckpoints:
    """Checkpoints of the models that a command trains.

    As a context manager it locks the folder, so that no other command trains for the
    same output at the same time.

    Parameters
    ----------
    output : str
        File that the command will write. The folder has its name and ".training".
    name : str
        Name of the training. Trainings of other names have other files.
    """

    def __init__(self, output, name):
        self.output = output
        self.folder = Path(f"{Path(output).expanduser()}.training")
        self.name = name
        self._files = []

    def __enter__(self):
        self._lock = self.folder / "lock"
        self._descriptor = _lock(self._lock)
        if self._descriptor is None:
            raise BlockingIOError(
                f"another skdigits command is training for {self.output!r}. Wait until "
                "it ends, or choose another name."
            )
        return self

    def __exit__(self, kind, *_):
        if os.name == "nt":  # an open file cannot be removed
            os.close(self._descriptor)
        with contextlib.suppress(OSError):
            self._lock.unlink()
        if os.name != "nt":  # another command may have a new file after the removal
            os.close(self._descriptor)
        if kind is not KeyboardInterrupt:  # then a message has named the folder
            with contextlib.suppress(OSError):  # the folder contains checkpoints
                self.folder.rmdir()

    def assign(self, model, part=""):
        """Set the checkpoint of each pipeline of a model.

        Parameters
        ----------
        model : Pipeline or VotingClassifier
        part : str
            Name of this training among those of the command.

        Returns
        -------
        list of (Pipeline, int)
            Each pipeline, and the epochs that an earlier run trained it for.
        """
        from .._engine.checkpoint import saved_epochs

        found = []
        for name, pipeline in getattr(model, "estimators", [("", model)]):
            stem = "-".join(filter(None, (self.name, part, name)))
            # Worker processes may have another working directory.
            file = self.folder.absolute() / f"{stem}.checkpoint"
            pipeline.set_params(cnn__checkpoint=file)
            self._files.append(file)
            found.append((pipeline, saved_epochs(file)))
        return found

    def remove(self):
        """Remove the files, once the command has written its output."""
        for file in self._files:
            file.unlink(missing_ok=True)


def _lock(path):
    """Create and lock a file, and return its descriptor, or None if it is locked.

    The system unlocks it when the process ends.
    """
    while True:
        path.parent.mkdir(exist_ok=True)  # the owner of the lock may remove it
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
        try:
            if sys.platform == "win32":
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            if exc.errno in IS_LOCKED:
                os.close(descriptor)
                return None
            return descriptor  # this file system has no locks
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        os.close(descriptor)  # the file was removed before it was locked
