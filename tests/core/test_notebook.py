"""Progress of a fit and of a search in a notebook, and in its export."""

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

pytestmark = pytest.mark.slow  # it starts a kernel

CELLS = [
    "import sys; sys.modules['ipywidgets'] = None  # as in JupyterLab, without it",
    """
from sklearn.datasets import load_digits
from skdigits import CNNClassifier
X, y = load_digits(return_X_y=True)
cnn = CNNClassifier(epochs=3, width=0.3, validation_fraction=0.2, verbose=VERBOSE)
fitted = cnn.fit(X[:200], y[:200])
""",
    """
from skdigits.tuning import tune
result = tune(
    CNNClassifier(epochs=1, width=0.3), X[:200], y[:200], cv=2, n_trials=3,
    suggest=lambda trial: {"width": trial.suggest_float("width", 0.1, 0.3)},
)
""",
]


def outputs(verbose):
    """Run the cells in a kernel, and return the notebook and the outputs of each cell.

    Messages that TensorFlow writes to standard error when it starts are left out.
    """
    cells = [cell.replace("VERBOSE", str(verbose)) for cell in CELLS]
    notebook = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)])
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return notebook, [
        [shown for shown in cell.outputs if shown.get("name") != "stderr"]
        for cell in notebook.cells
    ]


def text_of(output):
    return output["data"]["text/plain"] if "data" in output else output["text"]


def test_fit_and_search_show_lines_that_stay():
    notebook, (nothing, fit, search) = outputs(verbose=1)
    assert nothing == []
    (shown,) = fit  # one text that was replaced
    lines = text_of(shown).splitlines()
    assert len(lines) == 3
    for epoch, line in enumerate(lines, start=1):
        assert line.startswith(f"Epoch {epoch}/3: loss ")
        assert "validation accuracy" in line and line.endswith(" s")
    assert {shown["name"] for shown in search} == {"stdout"}
    lines = "".join(map(text_of, search)).splitlines()
    assert [line.partition(" trial")[0] for line in lines] == ["1/3", "2/3", "3/3"]
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert "Epoch 3/3: loss" in page and "3/3 trial" in page


def test_verbose_2_prints_the_lines():
    _, (_, fit, _) = outputs(verbose=2)
    assert {shown["name"] for shown in fit} == {"stdout"}
    text = "".join(map(text_of, fit))
    assert [line[:9] for line in text.splitlines()] == [
        "Epoch 1/3",
        "Epoch 2/3",
        "Epoch 3/3",
    ]
