"""Directions in which images are mirrored, by name."""

from typing import Literal

# Name -> axes of an array of shape (n, height, width, channels).
FLIPS = {"horizontal": (2,), "vertical": (1,), "both": (1, 2)}

# The same names for type checkers, which cannot read the table.
FlipName = Literal["horizontal", "vertical", "both"]
