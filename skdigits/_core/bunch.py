"""scikit-learn's Bunch with a short representation."""

from sklearn.utils import Bunch

MAX_VALUE_CHARACTERS = 60


class ShortBunch(Bunch):
    """Bunch that is shown with one line for each entry."""

    def __repr__(self) -> str:
        lines = [f"{name}: {_described(value)}" for name, value in self.items()]
        return "\n  ".join(["Bunch with", *lines])


def _described(value):
    """Return the size of an array or a list, or the beginning of another value."""
    kind = type(value).__name__
    if hasattr(value, "shape"):
        dtype = getattr(value, "dtype", None)
        return f"{kind} of shape {value.shape}" + (f", {dtype}" if dtype else "")
    if isinstance(value, list) and value:
        return f"list of {len(value)}, each {type(value[0]).__name__}"
    text = repr(value.partition("\n")[0] if isinstance(value, str) else value)
    is_short = len(text) <= MAX_VALUE_CHARACTERS
    return text if is_short else f"{text[:MAX_VALUE_CHARACTERS]}..."
