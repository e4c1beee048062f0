"""Files that are written whole or not at all."""

import contextlib
import errno
import functools
import os
from pathlib import Path
from uuid import uuid4


def source_file(path):
    """Return the file to read: what `path` means."""
    source = _real_path(path)
    if source.is_dir():
        raise IsADirectoryError(
            f"path must be a file. Got the folder '{path}' instead."
        )
    if not source.exists():
        raise FileNotFoundError(f"There is no file '{path}'.")
    _check_ordinary(source, path)
    return source


def target_file(path):
    """Return the file to replace: what `path` means, links followed."""
    target = _real_path(path)
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
    if target.exists():
        _check_ordinary(target, path)
    return target


def check_writable(path):
    """Raise now what `write_whole` would raise later, after hours of training perhaps.

    Parameters
    ----------
    path : str or path-like

    Raises
    ------
    OSError
        If no file can be made in its folder.
    """
    target = target_file(path)
    probe = _temporary(target)
    try:
        if os.name == "nt" and target.exists():
            target.open("ab").close()  # fails if read-only, or open in Excel
        _new_file(probe).close()
    except OSError as exc:
        raise OSError(
            exc.errno,
            f"'{path}' cannot be written ({exc.strerror}). Choose a place where you "
            "may write. The folder is",
            str(target.parent),
        ) from exc
    with contextlib.suppress(FileNotFoundError):  # most probes never had a name
        probe.unlink()


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


def write_whole(content, target):
    """Replace a file by one step, so that nobody ever finds a part of it.

    Parameters
    ----------
    content : bytes
    target : pathlib.Path
    """
    # Not from tempfile: its files are for their owner only, whatever the umask.
    temporary = _temporary(target)
    is_new = not target.exists()
    try:
        with _new_file(temporary, 0o666 if is_new else 0o600) as file:
            # Until now nobody else may open it. Windows has no mode but "read-only",
            # and such a file is not replaced.
            if not is_new and os.name == "posix":
                os.chmod(file.fileno(), target.stat().st_mode & 0o7777)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if not temporary.exists():  # now it gets its name
                number = file.fileno()  # as src_dir_fd it only makes link follow
                os.link(f"/proc/self/fd/{number}", temporary, src_dir_fd=number)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _new_file(path, mode=0o666):
    """Open a file that has no name while it is written: a kill leaves nothing behind.

    Where the system or the file system has no such files, or none that can be named
    later, it has its name from the beginning.
    """
    can_be_named = hasattr(os, "link") and os.path.isdir("/proc/self/fd")
    if hasattr(os, "O_TMPFILE") and can_be_named:
        try:
            number = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, mode)
            return os.fdopen(number, "wb")
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT):
                raise
    return open(path, "xb", opener=functools.partial(os.open, mode=mode))
