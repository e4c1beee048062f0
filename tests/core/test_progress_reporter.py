"""Progress of long work, in a terminal and elsewhere."""

import io

import pytest

from skdigits._core.progress import ProgressReporter


class Terminal(io.StringIO):
    def isatty(self):
        return True


def report(file, **options):
    """Report two parts of work, with a line after each, and return the output."""
    with ProgressReporter(file=file, **options) as reporter:
        for done in (1, 2):
            reporter.update(done, 2, f"part {done}", f"{done} of 2")
            reporter.write(f"line {done}")
        reporter.write("note", above_bar=True)
    return file.getvalue()


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("file", "options"), [(io.StringIO, {}), (Terminal, {"only_lines": True})]
)
def test_lines_are_printed_without_a_bar(file, options):
    assert report(file(), **options) == "line 1\nline 2\nnote\n"


def test_terminal_shows_a_bar_and_notes():
    out = report(Terminal())
    assert "part 2" in out and "2 of 2" in out and "note" in out
    assert "line" not in out


def test_fast_work_shows_no_bar_and_no_positions():
    assert "part" not in report(Terminal(), bar_delay=60)
    assert "part" not in report(io.StringIO(), line_interval=60)


def test_positions_are_printed_after_an_interval():
    assert report(io.StringIO(), line_interval=1e-9).splitlines() == [
        "part 1: 1 of 2",
        "line 1",
        "part 2: 2 of 2",
        "line 2",
        "note",
    ]
