"""What a command has trained so far, in a folder beside the file that it will write."""

import contextlib
from pathlib import Path


class KeptTraining:
    """The checkpoints of a command's networks.

    Parameters
    ----------
    output : str
        The file that the command will write. The folder has its name and ".training".
    name : str
        Of the training: another one has other files.
    """

    def __init__(self, output, name):
        self.folder = Path(f"{Path(output).expanduser()}.training")
        self.name = name
        self._files = []

    def keep(self, model, part=""):
        """Give each network a file, and say how far an earlier run came.

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
        from .._fit.checkpoint import epochs_kept

        self.folder.mkdir(exist_ok=True)
        kept = []
        for name, network in networks(model):
            words = (self.name, part, name)
            # Processes that train for us may be in another folder.
            file = (
                self.folder.absolute() / f"{'-'.join(filter(None, words))}.checkpoint"
            )
            network.set_params(cnn__checkpoint=file)
            self._files += [file, file.with_name(f"{file.name}.previous")]
            kept.append((network, epochs_kept(file)))
        return kept

    def remove(self):
        """Remove the files: the command has written its own."""
        for file in self._files:
            file.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # of other trainings there may be some
            self.folder.rmdir()


def networks(model):
    """Give the networks of a model, with their names: [(str, Pipeline), ...]."""
    return getattr(model, "estimators", [("", model)])
