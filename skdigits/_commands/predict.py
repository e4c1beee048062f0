"""``skdigits predict``: labels of images, as a table or as CSV."""

import csv
import io
import sys

import numpy as np

from .._files.whole import check_writable, target_file, write_whole
from .._recognition import UNSURE, recognize
from .training import option_named

COLUMNS = ["file", "label", "probability", "second_label", "second_probability"]
COLUMNS += ["unsure"]
PLACE = ["line", "left", "top", "width", "height"]


def predict(arguments):
    """Read images, recognize their digits and show or write the result.

    Parameters
    ----------
    arguments : argparse.Namespace

    Returns
    -------
    int
        1 if there was an image that cannot be read, or one without a digit.
    """
    output = arguments.output
    if output is not None:
        with option_named("--output"):
            check_writable(output)
    from ..persistence import load

    model = load(arguments.model)
    with option_named("MODEL"):
        recognize(model, [np.eye(28, dtype=np.uint8) * 255])  # errors now, not later
    names, images, errors = _read(arguments.images)
    rows, digits = _find(names, images) if arguments.split else _whole(names, images)
    _label(rows, digits, model)
    errors += [f"{row['file']}: no digit can be seen" for row in rows if _is_blank(row)]
    columns = COLUMNS + PLACE if arguments.split else COLUMNS
    if rows and output is not None:
        write_whole(_as_csv(rows, columns).encode(), target_file(output))
    if rows and sys.stdout.isatty():
        _print_table(rows, arguments.split)
    elif rows and output is None:
        print(_as_csv(rows, columns), end="")
    if rows and output is not None:
        print(f"Wrote {output}, {len(rows):,} rows.")
    sys.stdout.flush()  # errors come last
    for error in errors:
        print(f"skdigits: {error}", file=sys.stderr)
    return 1 if errors else 0


def _read(paths):
    """Read all that can be read: names, images, and what is wrong with the others."""
    from ..datasets import load_images

    names, images, errors = [], [], []
    for path in paths:
        try:
            loaded = load_images(path, on_error="skip")
        except (OSError, ValueError) as exc:
            errors.append(str(exc))
            continue
        # A name may have bytes that are no text, or what a terminal takes for commands.
        printable = [
            name.encode(errors="replace").decode() for name in loaded.filenames
        ]
        names += ["".join(c if c.isprintable() else "?" for c in n) for n in printable]
        images += loaded.images
        errors += [reason for _, reason in loaded.skipped]
    return names, images, errors


def _whole(names, images):
    """Take each image for one digit."""
    return [{"file": name} for name in names], images


def _find(names, images):
    """Find the digits of each image. A photo without any has a row, too."""
    from .._finder import find_digits

    rows, digits = [], []
    for name, image in zip(names, images, strict=True):
        found = find_digits(image)
        if not found.images:
            rows.append({"file": name})
            digits.append(None)
        for digit, line, box in zip(
            found.images, found.lines.tolist(), found.boxes.tolist(), strict=True
        ):
            place = dict(zip(PLACE, [line, *box], strict=True))
            rows.append({"file": name, **place})
            digits.append(digit)
    return rows, digits


def _label(rows, digits, model):
    """Write into the rows what the model makes of the digits."""
    there = [i for i, digit in enumerate(digits) if digit is not None]
    classes, probabilities = recognize(model, [digits[i] for i in there])
    for row in rows:
        row["unsure"] = True
    for i, given in zip(there, probabilities, strict=True):
        if np.isnan(given).any():
            continue
        best, *others = given.argsort()[::-1]
        rows[i] |= {
            "label": classes[best],
            "probability": given[best],
            "unsure": bool(given[best] < UNSURE),
        }
        if others:
            rows[i] |= {
                "second_label": classes[others[0]],
                "second_probability": given[others[0]],
            }


def _is_blank(row):
    return "label" not in row


def _as_csv(rows, columns):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        shown = {
            name: f"{value:.6f}" if name.endswith("probability") else value
            for name, value in row.items()
        }
        writer.writerow(shown)
    return text.getvalue()


def _print_table(rows, split):
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    table.add_column("file", overflow="fold")  # a name is not cut off
    if split:
        table.add_column("line", justify="right", no_wrap=True)
        table.add_column("left top\nwidth height", justify="right", no_wrap=True)
    for name in ("label", "probability", "second"):
        table.add_column(name, justify="right")
    table.add_column(no_wrap=True, style="bold yellow")
    for row in rows:
        cells = [row["file"]]
        if split:
            cells.append(row.get("line", ""))
            cells.append(" ".join(str(row.get(name, "")) for name in PLACE[1:]))
        if _is_blank(row):
            cells += ["", "", "", "no digit"]
        else:
            cells += [row["label"], f"{row['probability']:.1%}"]
            second = row.get("second_label"), row.get("second_probability", 0.0)
            cells.append("" if second[0] is None else f"{second[0]} {second[1]:.1%}")
            cells.append("unsure" if row["unsure"] else "")
        table.add_row(*(Text(str(cell)) for cell in cells))  # in which is no markup
    Console().print(table)
