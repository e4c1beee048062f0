"""Runs the code of the first page and keeps what it prints and draws.

    OMP_NUM_THREADS=1 python docs/make_pictures.py

Writes the figure to docs/images, for light and for dark pages. What the code prints
stands below it in docs/index.md and in README.md. It trains for a minute.
"""

import re
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
from matplotlib.text import Text

DOCS = Path(__file__).parent
TEXT = {"front-page.png": "#222832", "front-page-dark.png": "#ced6dd"}


def first_python(path):
    """Give the first block of Python of a Markdown file."""
    return re.search(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.S)[1]


if __name__ == "__main__":
    code = first_python(DOCS / "index.md")
    if first_python(DOCS.parent / "README.md") != code:
        raise SystemExit("README.md and docs/index.md begin with different code.")
    exec(compile(code, "docs/index.md", "exec"), {})
    figure = plt.gcf()
    (DOCS / "images").mkdir(exist_ok=True)
    for name, colour in TEXT.items():
        for text in figure.findobj(Text):
            text.set_color(colour)
        path = DOCS / "images" / name
        figure.savefig(path, dpi=130, transparent=True, metadata={"Software": None})
