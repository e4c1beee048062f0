"""Untrusted text, such as file names and class labels, made safe to show."""

import os
import re
import unicodedata

# Controls, marks that reverse the direction of text, lone surrogates, line separators.
UNSAFE_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
JOINERS = "\u200c\u200d"  # of category Cf; Persian words and emoji need them
# A spreadsheet runs a cell that begins with one of these characters. Cells that already
# begin with apostrophes get one more, so that different texts stay different.
FORMULA = re.compile(r"[\s']*[=+\-@＝＋－＠]")  # noqa: RUF001
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
# Backslash of a text that looks like an escape.
ESCAPE = re.compile(r"\\(?=x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")


def printable(text):
    r"""Escape the characters that a terminal could obey, as \xNN or \uNNNN."""
    return "".join(_escaped(c) for c in text)


def _escaped(c):
    if unicodedata.category(c) not in UNSAFE_CATEGORIES or c in JOINERS:
        return c
    code = ord(c)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def printable_name(name):
    """Escape a name as `printable` does, so that different names stay different."""
    if os.sep != "\\":  # on Windows photos\x01.png is a file in a folder
        name = ESCAPE.sub(r"\\x5c", name)
    return printable(name)


def csv_cell(text):
    """Return a text, after an apostrophe if a spreadsheet would run it as a formula."""
    is_formula = FORMULA.match(text) and not NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text
