"""The file that a command writes."""

import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from .._core.atomic import check_writable

STANDARD_OUTPUT = "-"


@contextmanager
def option_named(name):
    """Name the option whose value an error is about, as argparse does."""
    try:
        yield
    except (OSError, ValueError) as exc:
        raise ValueError(f"argument {name}: {exc}") from exc


def check_output(arguments, inputs):
    """Check before any work that --output can be written, and is not an input.

    Parameters
    ----------
    arguments : argparse.Namespace
    inputs : iterable of str
        Files that the command reads.
    """
    if arguments.output == STANDARD_OUTPUT:
        arguments.error(
            "argument --output: must be a file, as a model or a submission is not "
            "written to standard output. Got '-' instead"
        )
    check_not_input(arguments, inputs)
    with option_named("--output"):
        check_writable(arguments.output)  # better an error now than after the work


def check_not_input(arguments, inputs):
    """Exit with a usage error if writing --output would replace an input.

    Parameters
    ----------
    arguments : argparse.Namespace
    inputs : iterable of str
        Files that the command reads.
    """
    for path in inputs:
        if is_same(arguments.output, path):
            arguments.error(
                "argument --output: must not be a file that the command reads. Got "
                f"{arguments.output!r}, which would replace {path!r}. Choose another "
                "name"
            )


def is_same(first, second):
    """Whether two paths lead to one file or folder."""
    with suppress(OSError, ValueError):  # one of the two does not exist
        return os.path.samefile(os.path.expanduser(first), os.path.expanduser(second))
    return False


def write_or_rescue(write, output, what):
    """Write a result, and if that fails write it elsewhere: the training was long.

    Parameters
    ----------
    write : callable
        Takes the path.
    output : str
    what : str
        Names the result, with its verb.
    """
    try:
        write(output)
    except OSError as exc:
        elsewhere = Path(tempfile.mkdtemp(prefix="skdigits-"), Path(output).name)
        write(elsewhere)
        raise OSError(
            f"argument --output: {exc}. {what} in {elsewhere} instead."
        ) from exc
