"""The checkpoints of a command's trainings, in a folder next to its output."""

import contextlib
import errno
import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

TAKEN = (errno.EAGAIN, errno.EACCES)  # what a lock that another process has raises


class KeptTraining:
    """The checkpoints of a command's networks.

    As a context manager it locks the folder: no other command may train for the same
    output meanwhile.

    Parameters
    ----------
    output : str
        The file that the command will write. The folder has its name and ".training".
    name : str
        Of the training: another one has other files.
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
                f"Another skdigits command is training for {self.output!r}. Wait until "
                "it ends, or choose another name."
            )
        return self

    def __exit__(self, kind, *_):
        if os.name == "nt":  # where an open file cannot be removed
            os.close(self._descriptor)
        with contextlib.suppress(OSError):
            self._lock.unlink()
        if os.name != "nt":  # where another command may have a new file by now
            os.close(self._descriptor)
        if kind is not KeyboardInterrupt:  # after which the folder has been named
            with contextlib.suppress(OSError):  # there are checkpoints
                self.folder.rmdir()

    def keep(self, model, part=""):
        """Set a file for each network, and return how far an earlier run came.

        Parameters
        ----------
        model : Pipeline or VotingClassifier
        part : str
            Names this training among those of the command.

        Returns
        -------
        list of (Pipeline, int)
            The networks, and the epochs that each was trained for.
        """
        from .._engine.checkpoint import saved_epochs

        kept = []
        for name, network in networks(model):
            words = (self.name, part, name)
            # Processes that train for us may be in another folder.
            file = (
                self.folder.absolute() / f"{'-'.join(filter(None, words))}.checkpoint"
            )
            network.set_params(cnn__checkpoint=file)
            self._files.append(file)
            kept.append((network, saved_epochs(file)))
        return kept

    def remove(self):
        """Remove the files: the command has written its own."""
        for file in self._files:
            file.unlink(missing_ok=True)


def _lock(path):
    """Open and lock a file; the system unlocks it when the process ends, or is killed.

    Returns
    -------
    int or None
        Its descriptor; None if another process has the lock.
    """
    while True:
        path.parent.mkdir(exist_ok=True)  # which the owner of the lock may remove
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
        try:
            if sys.platform == "win32":
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            if exc.errno in TAKEN:
                os.close(descriptor)
                return None
            return descriptor  # the file system has no locks
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        os.close(descriptor)  # of a file that has been removed meanwhile


def networks(model):
    """Return the networks of a model, with their names: [(str, Pipeline), ...]."""
    return getattr(model, "estimators", [("", model)])
