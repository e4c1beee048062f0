"""scikit-learn's Bunch with a representation that fits into a notebook's cell."""

from sklearn.utils import Bunch

WIDTH = 60  # characters of a value


class ShortBunch(Bunch):
    """A Bunch that is shown with a line for each entry."""

    def __repr__(self) -> str:
        lines = [f"{name}: {_described(value)}" for name, value in self.items()]
        return "\n  ".join(["Bunch with", *lines])


def _described(value):
    """Describe arrays and lists by their size, and show what is short."""
    kind = type(value).__name__
    if hasattr(value, "shape"):
        dtype = getattr(value, "dtype", None)
        return f"{kind} of shape {value.shape}" + (f", {dtype}" if dtype else "")
    if isinstance(value, list) and value:
        return f"list of {len(value)}, each {type(value[0]).__name__}"
    text = repr(value.partition("\n")[0] if isinstance(value, str) else value)
    return text if len(text) <= WIDTH else f"{text[:WIDTH]}..."
