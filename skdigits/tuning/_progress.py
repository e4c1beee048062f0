"""How far a study is, shown while it runs."""

import contextlib
import sys
import threading

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from .._core.notebook import NotebookText
from ._study import TrialState, is_done

POLL = 0.5  # seconds


class StudyProgress:
    """A context that shows a study's trials, whichever process runs them.

    In a terminal it is a bar; elsewhere, a line for each trial that ends.

    Parameters
    ----------
    study : optuna.study.Study
    n_trials : int or None
    verbose : bool
    """

    def __init__(self, study, n_trials, verbose):
        self.study, self.n_trials, self.verbose = study, n_trials, verbose
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

    def _run(self):
        console = Console(file=sys.stdout)
        with contextlib.suppress(Exception):  # a storage is lost: the search says so
            if console.is_jupyter:
                self._text()
            elif console.is_terminal:
                self._bar(console)
            else:
                self._lines()

    def _looks(self):
        """Give the trials that are done, now and then, and once more at the end."""
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
                bar.update(task, completed=len(done), description=trials_text(done))

    def _lines(self):
        for line in self._news():
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

    def _text(self):
        text, lines = NotebookText(), []
        for line in self._news():
            lines.append(line)
            text.show(lines)

    def _news(self):
        """Give a line for each trial that ends."""
        seen = set()
        for done in self._looks():
            for trial in done:
                if trial.number in seen:
                    continue
                seen.add(trial.number)
                result = trial.state.name.lower()
                if trial.state == TrialState.COMPLETE:
                    result = f"{trial.value:.4f}"
                count = f"{len(seen)}/{self.n_trials or '?'}"
                yield f"{count} trial {trial.number}: {result}, {trials_text(done)}"


def trials_text(done):
    """Say in a few words what the trials of a study came to.

    Parameters
    ----------
    done : list of optuna.trial.FrozenTrial

    Returns
    -------
    str
    """
    scores = [t.value for t in done if t.state == TrialState.COMPLETE]
    best = f"best {max(scores):.4f}" if scores else "no score yet"
    pruned = sum(t.state == TrialState.PRUNED for t in done)
    failed = sum(t.state == TrialState.FAIL for t in done)
    return f"{best}, {pruned} pruned" + (f", {failed} failed" if failed else "")
