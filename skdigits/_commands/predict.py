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
        recognize(model, [np.eye(28, dtype=np.uint8)])  # an error now, or none
    names, images, errors = _read(arguments.images)
    rows, digits = _find(names, images) if arguments.split else _whole(names, images)
    _label(rows, digits, model)
    errors += [f"{row['file']}: no digit can be seen" for row in rows if _is_blank(row)]
    columns = COLUMNS + PLACE if arguments.split else COLUMNS
    if output is not None and rows:
        write_whole(_as_csv(rows, columns).encode(), target_file(output))
    if sys.stdout.isatty():
        _print_table(rows, columns)
    elif output is None and rows:
        print(_as_csv(rows, columns), end="")
    if output is not None and rows:
        print(f"Wrote {output}, {len(rows):,} rows.")
    sys.stdout.flush()
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


def _print_table(rows, columns):
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for name in columns:
        is_text = name == "file"
        table.add_column(
            "" if name == "unsure" else name.replace("_", " "),
            justify="left" if is_text else "right",
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(_cell(name, row) for name in columns))
    if rows:
        Console().print(table)


def _cell(name, row):
    """Give a cell as text, in which no markup is read."""
    from rich.text import Text

    if name == "unsure":
        mark = "no digit" if _is_blank(row) else "unsure" if row[name] else ""
        return Text(mark, style="bold yellow")
    value = row.get(name, "")
    return Text(
        f"{value:.1%}" if name.endswith("probability") and value != "" else str(value)
    )
