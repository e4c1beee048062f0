"""What `verbose` shows of a fit, in a terminal and elsewhere."""

import io

import pytest
from helpers.classifiers import Failing, small
from rich.console import Console
from rich.progress import Progress, TextColumn

from skdigits._engine.keras.progress import EpochBar

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


def test_the_bar_of_the_first_epoch_shows_the_loss_so_far():
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    with Progress(TextColumn("{task.fields[scores]}"), console=console) as progress:
        bar = EpochBar(progress)
        bar.set_params({"epochs": 2, "steps": 2})
        bar.on_train_begin()
        bar.on_epoch_begin(0)
        (task,) = progress.tasks
        bar.on_train_batch_end(0, {"loss": 2.0, "accuracy": 0.1})
        assert task.fields["scores"] == "loss 2.0000, accuracy 0.1000"
        assert task.completed == 1
        bar.on_epoch_end(0, {"loss": 1.5, "accuracy": 0.4, "val_loss": 1.0})
        assert task.fields["scores"].endswith("0.4000, validation loss 1.0000")
        bar.on_epoch_begin(1)
        bar.on_train_batch_end(0, {"loss": 0.5, "accuracy": 0.9})
        shown = "loss 0.5000, accuracy 0.9000, validation loss 1.0000"
        assert task.fields["scores"] == shown
