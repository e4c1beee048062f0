"""What `verbose` shows of a fit, in a terminal and elsewhere."""

import pytest
from helpers.classifiers import Failing, small

pytestmark = pytest.mark.processor


def test_verbose_without_a_terminal_is_a_line_for_each_epoch(digits, capsys):
    model = small(verbose=1, validation_fraction=0.2).fit(*digits)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    loss, accuracy = (model.history_[key][1] for key in ("loss", "val_accuracy"))
    assert lines[1].startswith(f"Epoch 2/2: loss {loss:.4f}, accuracy ")
    assert f"validation accuracy {accuracy:.4f}, " in lines[1]


def test_verbose_in_a_terminal_is_one_bar(digits, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes it for a terminal
    model = small(verbose=1).fit(*digits)
    out = capsys.readouterr().out
    assert "epoch 2/2" in out and f"loss {model.history_['loss'][-1]:.4f}" in out
    assert "Epoch" not in out
    small(verbose=2).fit(*digits)
    assert capsys.readouterr().out.count("Epoch ") == 2


def test_a_bar_ends_with_an_error(digits, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    for _ in range(2):  # rich refuses a second display while one is alive
        with pytest.raises(ZeroDivisionError):
            small(verbose=1, callbacks=[Failing()]).fit(*digits)
