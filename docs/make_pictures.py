"""Runs the code of the first page and keeps what it prints and draws.

    OMP_NUM_THREADS=1 python docs/make_pictures.py

Writes two figures to docs/images, each for light and for dark pages: what that code
draws, and how the digits of a photo are read. What the code prints stands below it in
docs/index.md and in README.md. It trains for a minute and a half.
"""

import re
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
from matplotlib.text import Text

from skdigits import find_digits, make_digit_pipeline
from skdigits.datasets import load_sample, make_digit_photo

DOCS = Path(__file__).parent
TEXT = {"": "#222832", "-dark": "#ced6dd"}


def first_python(path):
    """Give the first block of Python of a Markdown file."""
    return re.search(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.S)[1]


def draw_photo():
    """Draw a photo, what the network sees of it, and the labels that it predicts."""
    digits = load_sample()
    model = make_digit_pipeline("robust", random_state=0).set_params(cnn__epochs=20)
    model.fit(digits.X_train, digits.y_train)
    photo = make_digit_photo(
        "0123456789", paper="squared", light="shadow", random_state=0
    ).image
    found = find_digits(photo).images
    seen = model["normalize"].transform(found).reshape(-1, 28, 28)
    figure = plt.figure(figsize=(8, 2.7), layout="constrained")
    top, bottom = figure.subfigures(2, height_ratios=[1.9, 1])
    page, axes = top.subplots(), bottom.subplots(1, len(found))
    page.imshow(photo)
    for ax, image, label in zip(axes, seen, model.predict(found), strict=True):
        ax.imshow(image, cmap="gray")
        ax.set_xlabel(label, fontsize="xx-large")
    for ax in [page, *axes]:
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    return figure


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
        raise SystemExit("README.md and docs/index.md begin with different code.")
    exec(compile(code, "docs/index.md", "exec"), {})
    save(plt.gcf(), "front-page")
    save(draw_photo(), "your-own-digits")
