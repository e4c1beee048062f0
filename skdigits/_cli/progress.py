"""Progress of a command that reads many images, on standard error."""

import sys
from contextlib import contextmanager
from time import monotonic

BEFORE_BAR = 2  # seconds without a bar: most commands are over by then
BETWEEN_LINES = 10  # seconds, where standard error is not a terminal


@contextmanager
def progress(total, what):
    """Show how much of a long piece of work is done.

    Parameters
    ----------
    total : int
    what : str
        Describes the work, such as "Reading images".

    Yields
    ------
    callable
        To be called without arguments after each part of the work.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    console = Console(stderr=True)
    is_bar = console.is_interactive
    bar = Progress(
        *columns,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not is_bar,
    )
    task = bar.add_task(what, total=total)
    done, due = 0, monotonic() + (BEFORE_BAR if is_bar else BETWEEN_LINES)

    def advance():
        nonlocal done, due
        done += 1
        bar.advance(task)
        if monotonic() < due:
            return
        if is_bar:
            bar.start()  # does nothing if it is shown
        else:
            print(f"{what}: {done:,} of {total:,}", file=sys.stderr, flush=True)
            due = monotonic() + BETWEEN_LINES

    try:
        yield advance
    finally:
        bar.stop()
