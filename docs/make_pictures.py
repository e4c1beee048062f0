"""Run the code of the first page and save its figures.

    OMP_NUM_THREADS=1 python docs/make_pictures.py

Writes two figures to docs/images, each for light and for dark pages: the figure of that
code, and the photo at the end of `skdigits demo`. Compare the printed text with
docs/index.md and README.md. It trains for a minute and a half.
"""

import re
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
from matplotlib.text import Text

from skdigits import make_digit_pipeline
from skdigits._cli.demo import SEED, SETTINGS, draw_photo, read_photo
from skdigits.datasets import load_sample

DOCS = Path(__file__).parent
TEXT = {"": "#222832", "-dark": "#ced6dd"}


def first_python(path):
    """Return the first Python block of a Markdown file."""
    return re.search(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.S)[1]


def save(figure, name):
    """Write a figure for light and for dark pages."""
    (DOCS / "images").mkdir(exist_ok=True)
    for page, colour in TEXT.items():
        for text in figure.findobj(Text):
            text.set_color(colour)
        path = DOCS / "images" / f"{name}{page}.png"
        figure.savefig(path, dpi=130, transparent=True, metadata={"Software": None})


if __name__ == "__main__":
    code = first_python(DOCS / "index.md")
    if first_python(DOCS.parent / "README.md") != code:
        raise SystemExit("README.md and docs/index.md must begin with the same code.")
    exec(compile(code, "docs/index.md", "exec"), {})
    save(plt.gcf(), "front-page")
    digits = load_sample()
    network = make_digit_pipeline("fast", random_state=SEED)
    network.set_params(**SETTINGS).fit(digits.X_train, digits.y_train)
    save(draw_photo(*read_photo(network)), "your-own-digits")
