"""Progress of a long piece of work, as a bar, as text in a notebook or as lines."""

import sys
import uuid
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

NOTEBOOK_INTERVAL = 0.5  # seconds between two changes of a notebook's running line


class ProgressReporter:
    """Reporter of a long piece of work, to be used in a ``with`` block.

    A terminal shows a bar. A notebook shows the lines that were written and, below
    them, the position; this needs no widgets, and an exported notebook has the lines.
    Elsewhere the lines are printed.

    Parameters
    ----------
    file : file, default=None
        Where to write. None means standard output.
    only_lines : bool, default=False
        Whether to print the lines in terminals and notebooks as well.
    bar_delay : float, default=0
        Seconds before the bar appears. A bar with a delay disappears at the end.
    line_interval : float, default=None
        Seconds between two positions that are printed where there is neither a bar nor
        a notebook. None prints only the lines that were written.

    Attributes
    ----------
    is_live : bool
        Whether `update` shows each new position.
    """

    def __init__(
        self, *, file=None, only_lines=False, bar_delay=0.0, line_interval=None
    ):
        self._file = sys.stdout if file is None else file
        self._line_interval = line_interval
        self._bar = self._display_id = None
        self._lines, self._first = [], None
        self._next = monotonic() + (line_interval or 0)
        console = Console(file=self._file)
        if console.is_jupyter and not only_lines:
            self._display_id = uuid.uuid4().hex
            self._is_displayed, self._next = False, 0
        elif console.is_interactive and not only_lines:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[status]}"),
                TimeRemainingColumn(),
                console=console,
                transient=bar_delay > 0,
            )
            self._task = self._bar.add_task("", total=None, status="")
            self._next = monotonic() + bar_delay
        self.is_live = self._bar is not None or self._display_id is not None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._bar is not None:
            self._bar.stop()
        elif self._display_id is not None and self._is_displayed:
            self._display(self._lines)  # without the running line

    def update(self, done, total, description, status=""):
        """Show a new position.

        Parameters
        ----------
        done : float
            Parts of the work that are done.
        total : float or None
            All parts; None if their number is unknown.
        description : str
            Text before the bar.
        status : str
            Text after the bar.
        """
        now = monotonic()
        if self._first is None:
            self._first = done, now
        if self._bar is not None:
            self._bar.update(
                self._task,
                completed=done,
                total=total,
                description=description,
                status=status,
            )
        if now < self._next:
            return
        if self._bar is not None:
            self._bar.start()  # does nothing if the bar is shown
        elif self._display_id is not None and total:
            self._next = now + NOTEBOOK_INTERVAL
            running = f"{description}: {done / total:.0%} done"
            self._display([*self._lines, running + self._time_left(done, total, now)])
        elif self._line_interval is not None:
            self._next = now + self._line_interval
            self._print(f"{description}: {status}")

    def write(self, line, *, above_bar=False):
        """Write a line that stays.

        Parameters
        ----------
        line : str
        above_bar : bool, default=False
            Whether a terminal with a bar shows the line as well.
        """
        if self._display_id is not None:
            self._lines.append(line)
            self._display(self._lines)
        elif self._bar is None:
            self._print(line)
        elif above_bar:
            self._bar.console.print(line, markup=False, highlight=False)

    def _print(self, line):
        self._file.write(f"{line}\n")
        self._file.flush()

    def _display(self, lines):
        from IPython.display import display

        text = {"text/plain": "\n".join(lines)}
        display(text, raw=True, display_id=self._display_id, update=self._is_displayed)
        self._is_displayed = True

    def _time_left(self, done, total, now):
        first_done, start = self._first
        if done <= first_done:
            return ""
        left = round((now - start) / (done - first_done) * (total - done))
        minutes, seconds = divmod(left, 60)
        return f", {f'{minutes} min ' if minutes else ''}{seconds} s left"
