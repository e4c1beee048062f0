"""Output of `verbose` during a fit, in a terminal and elsewhere."""

import pytest
from helpers.classifiers import Failing, small

pytestmark = pytest.mark.processor


def test_verbose_prints_line_for_each_epoch(digits, capsys):
    model = small(verbose=1, validation_fraction=0.2).fit(*digits)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    loss, accuracy = (model.history_[key][1] for key in ("loss", "val_accuracy"))
    assert lines[1].startswith(f"Epoch 2/2: loss {loss:.4f}, accuracy ")
    assert f"validation accuracy {accuracy:.4f}, " in lines[1]


def test_verbose_shows_bar_in_a_terminal(digits, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes the output for a terminal
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    model = small(verbose=1, validation_fraction=0.2).fit(*digits)
    out = capsys.readouterr().out
    loss, accuracy = (model.history_[key][1] for key in ("loss", "val_accuracy"))
    assert "Epoch 2/2" in out and "Epoch 2/2: " not in out
    assert f"loss {loss:.4f}" in out and f"validation accuracy {accuracy:.4f}" in out
    small(verbose=2).fit(*digits)
    assert capsys.readouterr().out.count("Epoch ") == 2


def test_bar_ends_with_an_error(digits, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    for _ in range(2):  # rich allows one display at a time
        with pytest.raises(ZeroDivisionError):
            small(verbose=1, callbacks=[Failing()]).fit(*digits)
