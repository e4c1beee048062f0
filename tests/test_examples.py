"""Examples run offline, and have fewer than 60 lines."""

import runpy
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

pytestmark = pytest.mark.slow
EXAMPLES = sorted(Path(__file__).parents[1].glob("examples/plot_*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(path, capsys, monkeypatch):
    monkeypatch.delenv("SKDIGITS_DATA", raising=False)
    assert len(path.read_text(encoding="utf-8").splitlines()) < 60
    runpy.run_path(str(path))
    plt.close("all")
    assert capsys.readouterr().out


def test_gallery_is_numbered():
    numbers = [path.stem.split("_")[1] for path in EXAMPLES]
    assert numbers == [f"{number:02}" for number in range(1, len(EXAMPLES) + 1)]
