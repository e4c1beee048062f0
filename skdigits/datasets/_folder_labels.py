"""Labels of images from the names of their folders."""

import re

import numpy as np

DIGIT_WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
)


def labels_of_folders(folders):
    """Convert names of folders to labels.

    Parameters
    ----------
    folders : list of PurePath

    Returns
    -------
    ndarray of shape (n_images,), dtype int or str, or None
        As `load_images` returns it.
    """
    names = [folder.name for folder in folders]
    digits = {name: _digit_of(name) for name in names}
    first = {kind: name for name, (kind, _) in reversed(digits.items())}
    examples = [name for kind, name in first.items() if kind is not None]
    if len(examples) > 1:
        raise ValueError(
            "Folders must be named after digits in one way, such as 0 to 9. Got "
            f"{' and '.join(map(repr, sorted(examples)))}. Rename the folders."
        )
    if None not in first:
        return np.array([digits[name][1] for name in names])
    has_one_parent = len({folder.parent for folder in folders}) == 1
    if has_one_parent and all(names) and len(digits) > 1:
        return np.array(names)
    return None


def _digit_of(name):
    """Return how a folder is named after a digit, and the digit, or None and None."""
    name = name.casefold()
    if name in DIGIT_WORDS:
        return "word", DIGIT_WORDS.index(name)
    found = re.fullmatch("(digit[-_]?|)([0-9])", name)
    return (found[1], int(found[2])) if found else (None, None)
