"""Actions and interrupts between two lines of code."""

import contextlib
import itertools
import sys


@contextlib.contextmanager
def before_each_line(files, act):
    """Call `act(n)` before the nth line that runs in some files."""
    lines = itertools.count()

    def trace(frame, event, arg):
        if frame.f_code.co_filename not in files:
            return None
        if event == "line":
            act(next(lines))
        return trace

    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(None)


def interrupt_at(line, files, function):
    """Raise KeyboardInterrupt at the nth line that runs in some files.

    Returns whether so many lines ran.
    """

    def interrupt(n):
        if n == line:
            raise KeyboardInterrupt

    try:
        with before_each_line(files, interrupt):
            function()
    except KeyboardInterrupt:
        return True
    return False
