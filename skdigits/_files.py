"""Files that are written whole or not at all."""

import os
import shutil
from pathlib import Path
from uuid import uuid4


def target_file(path):
    """Return the file to replace: what `path` means, links followed."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"path must be a str or an os.PathLike. Got {type(path).__name__} instead."
        )
    target = Path(os.path.realpath(os.path.expanduser(path)))
    if target.is_dir():
        raise IsADirectoryError(
            f"path must be a file. Got the folder '{path}' instead. Pass the name of "
            "a file in it, such as submission.csv."
        )
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"path must be in a folder that exists. Got '{path}', and there is no "
            f"folder '{target.parent}'. Create it first."
        )
    if target.exists() and not target.is_file():
        raise ValueError(
            f"path must be an ordinary file. Got '{path}' instead, which is a device "
            "or a pipe."
        )
    return target


def write_whole(content, target):
    """Replace a file by one step, so that nobody ever finds a part of it.

    Parameters
    ----------
    content : bytes
    target : pathlib.Path
    """
    # Not from tempfile: its files are for their owner only, whatever the umask.
    temporary = target.with_name(f".skdigits-{uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
            if target.exists():
                shutil.copymode(target, temporary)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
