"""Standard output whose reader has ended, as in ``skdigits predict ... | head``."""

import errno
import os
import sys
from contextlib import contextmanager

CLOSED_PIPE = (errno.EPIPE, errno.EINVAL) if os.name == "nt" else (errno.EPIPE,)


def is_closed_pipe(exc):
    """Whether an exception says that the reader of standard output has ended."""
    has_number = isinstance(exc, OSError) and exc.errno in CLOSED_PIPE
    return has_number and exc.filename is None


def drop_output():
    """Drop unwritten output, which Python would try to write again when it exits."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def optional_reader():
    """Ignore that the reader of standard output ends early, as ``head`` does."""
    try:
        yield
        sys.stdout.flush()  # to raise the error of a closed pipe here
    except OSError as exc:
        if not is_closed_pipe(exc):
            raise
        drop_output()
