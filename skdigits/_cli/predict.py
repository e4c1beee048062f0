"""``skdigits predict``: label images, as a table or as CSV."""

import csv
import io
import sys
import warnings
from collections import Counter
from contextlib import ExitStack
from operator import itemgetter
from os.path import join

import numpy as np

from .._core.atomic import target_file, write_whole
from .._recognition import UNSURE, Recognizer, read_page
from .closed_pipe import optional_reader
from .output import (
    STANDARD_OUTPUT,
    check_not_input,
    check_output,
    option_named,
    reading_progress,
)
from .quiet import without_start_messages
from .text import csv_cell, printable, printable_name

COLUMNS = ["file", "label", "probability", "second_label", "second_probability"]
COLUMNS += ["unsure"]
PLACE_COLUMNS = ["line", "left", "top", "width", "height"]
NUMBER_COLUMNS = ["number", "number_probability"]
# An image with so many digits on a line, each with this fraction of the height of the
# highest one, needs --split. None of 374 photos of single digits looked like that.
MIN_SEVERAL, MIN_SEVERAL_HEIGHT = 3, 0.6
SPLIT_HINT = "{}: seems to have several digits; --split finds and labels each of them"


def run(arguments):
    """Label images, and return 1 if one could not be read or shows no digit."""
    output = None if arguments.output == STANDARD_OUTPUT else arguments.output
    if output is not None:
        check_output(arguments, [arguments.model, *arguments.images])
    with ExitStack() as stack:
        files, errors = _find_files(arguments.images, stack)
        if output is not None:
            check_not_input(arguments, {file.path for file in files})
        recognizer = _load(arguments.model)
        rows, probabilities, hints = _read(files, errors, recognizer, arguments.split)
    _label(rows, probabilities, recognizer)
    reasons = [reason for _, reason in sorted(errors, key=itemgetter(0))]
    reasons += [f"{r['file']}: no digit can be seen" for r in rows if _is_blank(r)]
    columns = COLUMNS
    if arguments.split:
        columns = COLUMNS + PLACE_COLUMNS + NUMBER_COLUMNS
    if rows and output is not None:
        write_whole(_as_csv(rows, columns).encode(), target_file(output))
    with optional_reader():
        if rows and sys.stdout.isatty() and arguments.output != STANDARD_OUTPUT:
            _print_table(rows, arguments.split)
            if arguments.split:
                _print_numbers(rows)
        elif rows and output is None:
            print(_as_csv(rows, columns), end="")
        if rows and output is not None:
            print(f"Wrote {printable(output)}, {len(rows):,} rows.")
    for message in reasons + hints:
        print(f"skdigits: {printable(message)}", file=sys.stderr)
    return 1 if reasons else 0


def _find_files(paths, stack):
    """Return the image files of all paths, and errors as (index in files, message)."""
    from ..datasets._image_files import find_images

    files, errors = [], []
    for path in paths:
        try:
            files += find_images(path, stack)
        except (OSError, ValueError) as exc:
            errors.append((len(files), str(exc)))
    return files, errors


@without_start_messages()
def _load(path):
    """Load a model and predict a digit, to raise errors before the images are read."""
    from ..persistence import load

    recognizer = Recognizer(load(path))
    with option_named("MODEL"):
        diagonal = np.eye(28, dtype=np.uint8) * 255
        recognizer.predict_proba(recognizer.normalize([diagonal]))
    return recognizer


def _read(files, errors, recognizer, split):
    """Read the images one by one, and hold only their digits in memory.

    Messages for images that cannot be read are added to `errors`.

    Returns
    -------
    rows : list of dict
        One for each digit, and one for each image without a visible digit.
    probabilities : ndarray of shape (n_rows, n_classes)
        NaN for images without a visible digit.
    hints : list of str
        One message if the first image needs --split.
    """
    from ..datasets._images import read_image

    rows, probabilities, digits, hints = [], [], [], []
    with reading_progress(len(files)) as advance:
        for index, name in enumerate(_unique_names(files)):
            try:
                image = read_image(files[index])
            except (OSError, ValueError) as exc:
                errors.append((index, str(exc)))
            else:
                places = [{}]
                if split:
                    places, of_digits = _split(image, recognizer)
                    probabilities += list(of_digits)
                else:
                    if index == 0 and _has_several(image):
                        hints.append(SPLIT_HINT.format(name))
                    digits += list(recognizer.normalize([image]))
                rows += [{"file": name, **place} for place in places]
            advance()
    if digits:  # all in one batch
        probabilities = recognizer.predict_proba(np.array(digits))
    return rows, probabilities, hints


def _has_several(image):
    """Whether an image clearly has more than one digit."""
    from .._vision.finder import find_digits

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = find_digits(image)
    heights = found.boxes[:, 3]
    is_high = heights > MIN_SEVERAL_HEIGHT * heights.max(initial=0)
    return np.bincount(found.lines[is_high]).max(initial=0) >= MIN_SEVERAL


def _unique_names(files):
    """Return a name for each file; equal names from two zips include the zip."""
    counts = Counter(file.name for file in files)
    return [
        printable_name(
            file.name
            if counts[file.name] == 1 or file.name == file.path
            else join(file.path, file.name)
        )
        for file in files
    ]


def _split(image, recognizer):
    """Return the place and the probabilities of each digit of an image.

    Without digits, they are one empty place and NaN.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the command has its own message
        page = read_page(recognizer, image)
    places = [
        {
            **dict(zip(PLACE_COLUMNS, [line, *box], strict=True)),
            "number": printable_name(page.numbers[line]),
            "number_probability": page.probabilities[line],
        }
        for line, box in zip(page.lines.tolist(), page.boxes.tolist(), strict=True)
    ]
    if not places:
        return [{}], np.full((1, len(recognizer.classes)), np.nan)
    return places, page.digit_probabilities


def _label(rows, probabilities, recognizer):
    """Add the labels and their probabilities to the rows."""
    classes = [printable_name(str(label)) for label in recognizer.classes]
    for row, of_digit in zip(rows, probabilities, strict=True):
        row["unsure"] = True
        if np.isnan(of_digit).any():
            continue
        best, *others = of_digit.argsort()[::-1]
        row["label"], row["probability"] = classes[best], of_digit[best]
        row["unsure"] = bool(of_digit[best] < UNSURE)
        for second in others[:1]:
            row["second_label"] = classes[second]
            row["second_probability"] = of_digit[second]


def _is_blank(row):
    return "label" not in row


def _as_csv(rows, columns):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        shown = {
            name: f"{value:.6f}" if name.endswith("probability") else str(value)
            for name, value in row.items()
        }
        writer.writerow({name: csv_cell(text) for name, text in shown.items()})
    return text.getvalue()


def _print_table(rows, split):
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    table.add_column("file", overflow="fold")  # names are not cut off
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
            cells.append(" ".join(str(row.get(name, "")) for name in PLACE_COLUMNS[1:]))
        if _is_blank(row):
            cells += ["", "", "", "no digit"]
        else:
            cells += [row["label"], f"{row['probability']:.1%}"]
            second = row.get("second_label"), row.get("second_probability", 0.0)
            cells.append("" if second[0] is None else f"{second[0]} {second[1]:.1%}")
            cells.append("unsure" if row["unsure"] else "")
        table.add_row(*(Text(str(cell)) for cell in cells))  # not read as markup
    Console().print(table)


def _print_numbers(rows):
    """Print the number of each line."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    table.add_column("file", overflow="fold")
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("number", overflow="fold")
    table.add_column("lowest\nprobability", justify="right", no_wrap=True)
    numbers = {
        (row["file"], row["line"]): (row["number"], row["number_probability"])
        for row in rows
        if "number" in row
    }
    for (file, line), (number, probability) in numbers.items():
        cells = file, str(line), number, f"{probability:.1%}"
        table.add_row(*map(Text, cells))
    if numbers:
        Console().print(table)
