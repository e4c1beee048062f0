"""Files that are written completely or not at all."""

import functools
import os
from pathlib import Path
from uuid import uuid4


def source_file(path):
    """Return the file to read, with links resolved."""
    source = _real_path(path)
    if source.is_dir():
        raise IsADirectoryError(
            f"path must be a file. Got the folder '{path}' instead."
        )
    if not source.exists():
        raise FileNotFoundError(f"The file '{path}' does not exist.")
    _check_ordinary(source, path)
    return source


def target_file(path):
    """Return the file to write or replace, with links resolved."""
    target = _real_path(path)
    if target.is_dir():
        raise IsADirectoryError(
            f"path must be a file. Got the folder '{path}' instead. Pass the name of "
            "a file in it, such as submission.csv."
        )
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"path must be in an existing folder. Got '{path}', but the folder "
            f"'{target.parent}' does not exist. Create it first."
        )
    if target.exists():
        _check_ordinary(target, path)
    return target


def check_writable(path):
    """Check before a long training that `write_whole` will be able to write a file.

    Parameters
    ----------
    path : str or path-like

    Raises
    ------
    OSError
        If a file cannot be created in its folder.
    """
    target = target_file(path)
    temporary = _temporary(target)
    try:
        if os.name == "nt" and target.exists():
            target.open("ab").close()  # fails if read-only, or open in Excel
        temporary.touch(exist_ok=False)
        temporary.unlink()
    except OSError as exc:
        raise OSError(
            exc.errno,
            f"'{path}' cannot be written ({exc.strerror}). Choose a folder in which "
            "you may write. The folder is",
            str(target.parent),
        ) from exc


def write_whole(content, target):
    """Write or replace a file in one step, so that no other program reads half of it.

    Parameters
    ----------
    content : bytes
    target : pathlib.Path
        As `target_file` returns it.
    """
    # Not from tempfile: only the owner may read its files, whatever the umask is.
    temporary = _temporary(target)
    mode = target.stat().st_mode & 0o7777 if target.exists() else None
    create = functools.partial(os.open, mode=0o666 if mode is None else 0o600)
    try:
        with open(temporary, "xb", opener=create) as file:
            # Windows has only the mode "read-only", and does not replace such a file.
            if mode is not None and os.name == "posix":
                os.chmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _temporary(target):
    return target.with_name(f".skdigits-{uuid4().hex}.tmp")


def _real_path(path):
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"path must be a str or an os.PathLike. Got {type(path).__name__} instead."
        )
    return Path(os.path.realpath(os.path.expanduser(path)))


def _check_ordinary(found, path):
    if not found.is_file():
        raise ValueError(
            f"path must be an ordinary file. Got '{path}' instead, which is a device "
            "or a pipe."
        )
