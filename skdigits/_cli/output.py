"""Checks and rescue of the file that a command writes."""

import os
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from .._core.atomic import check_writable
from .._core.progress import ProgressReporter

STANDARD_OUTPUT = "-"


@contextmanager
def option_named(name):
    """Begin the messages of errors with the name of an option, as argparse does."""
    try:
        yield
    except (OSError, ValueError) as exc:
        raise ValueError(f"argument {name}: {exc}") from exc


def check_output(arguments, inputs):
    """Check, before any work, that --output can be written and is not an input."""
    if arguments.output == STANDARD_OUTPUT:
        arguments.error(
            "argument --output: must be a file, because a model or a submission is not "
            "written to standard output. Got '-' instead"
        )
    check_not_input(arguments, inputs)
    with option_named("--output"):
        check_writable(arguments.output)


def check_not_input(arguments, inputs):
    """Exit with a usage error if writing --output would replace an input file."""
    for path in inputs:
        if is_same(arguments.output, path):
            arguments.error(
                "argument --output: must not be a file that the command reads. Got "
                f"{arguments.output!r}, which would replace {path!r}. Choose another "
                "name"
            )


def is_same(first, second):
    """Whether two paths lead to the same file or folder."""
    with suppress(OSError, ValueError):  # one of the two does not exist
        return os.path.samefile(os.path.expanduser(first), os.path.expanduser(second))
    return False


def write_or_rescue(write, output, subject):
    """Write a result of a long training, to another folder if the first attempt fails.

    Parameters
    ----------
    write : callable
        Function of the path.
    output : str
    subject : str
        Result with its verb, such as "The model is".
    """
    try:
        write(output)
    except OSError as exc:
        rescued = Path(tempfile.mkdtemp(prefix="skdigits-"), Path(output).name)
        write(rescued)
        raise OSError(
            f"argument --output: {exc}. {subject} in {rescued} instead."
        ) from exc


@contextmanager
def reading_progress(n_files):
    """Show on standard error how many images are read, if it takes long.

    Yields a function without arguments, to be called after each image.
    """
    with ProgressReporter(file=sys.stderr, bar_delay=2, line_interval=10) as reporter:
        done = 0

        def advance():
            nonlocal done
            done += 1
            status = f"{done:,} of {n_files:,}"
            reporter.update(done, n_files, "Reading images", status)

        yield advance
