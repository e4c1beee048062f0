"""Progress of a study, shown while it runs."""

import contextlib
import sys
import threading

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from .._core.notebook import NotebookText
from ._study import TrialState, is_done

POLL = 0.5  # seconds


class StudyProgress:
    """A context that shows a study's trials, of all processes.

    In a terminal it is a bar; elsewhere, a line for each trial that ends.
    """

    def __init__(self, study, n_trials, verbose):
        self.study, self.n_trials, self.verbose = study, n_trials, verbose
        self._lines, self._seen = [], set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        if self.verbose:
            self._thread.start()
        return self

    def __exit__(self, *error):
        self._ended.set()
        if self.verbose:
            self._thread.join()

    def write(self, line):
        """Show a line among those of the trials."""
        self._lines.append(line)

    def _run(self):
        console = Console(file=sys.stdout)
        with contextlib.suppress(Exception):  # a storage is lost: the search reports it
            if console.is_terminal and not console.is_jupyter:
                self._bar(console)
                return
            text, shown = NotebookText() if console.is_jupyter else None, []
            for done in self._looks():
                self._lines += self._news(done)
                while self._lines:
                    shown.append(self._lines.pop(0))
                    if text is None:
                        sys.stdout.write(f"{shown[-1]}\n")
                        sys.stdout.flush()
                    else:
                        text.show(shown)

    def _looks(self):
        """Yield the trials that are done, again and again, and once more at the end."""
        while True:
            last = self._ended.wait(POLL)
            yield [*filter(is_done, self.study.get_trials(deepcopy=False))]
            if last:
                return

    def _bar(self, console):
        columns = "{task.description}", BarColumn(), MofNCompleteColumn()
        with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
            task = bar.add_task("trials", total=self.n_trials)
            for done in self._looks():
                while self._lines:
                    console.print(self._lines.pop(0))
                bar.update(task, completed=len(done), description=trials_text(done))

    def _news(self, done):
        """Yield a line for each trial that ended since the last look."""
        for trial in done:
            if trial.number in self._seen:
                continue
            self._seen.add(trial.number)
            result = trial.state.name.lower()
            if trial.state == TrialState.COMPLETE:
                result = f"{trial.value:.4f}"
            count = f"{len(self._seen)}/{self.n_trials or '?'}"
            yield f"{count} trial {trial.number}: {result}, {trials_text(done)}"


def trials_text(done):
    """Summarise the trials that are done, in a few words."""
    scores = [t.value for t in done if t.state == TrialState.COMPLETE]
    best = f"best {max(scores):.4f}" if scores else "no score yet"
    pruned = sum(t.state == TrialState.PRUNED for t in done)
    failed = sum(t.state == TrialState.FAIL for t in done)
    return f"{best}, {pruned} pruned" + (f", {failed} failed" if failed else "")
