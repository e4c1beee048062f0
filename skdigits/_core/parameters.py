"""Errors for unknown parameters of constructors."""

import difflib
import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

Init = TypeVar("Init", bound=Callable[..., None])


def suggest_parameters(init: Init) -> Init:
    """Decorate a keyword-only constructor: errors suggest the intended parameter.

    scikit-learn still reads the signature of the constructor.
    """
    allowed = list(inspect.signature(init).parameters)[1:]

    @functools.wraps(init)
    def checked(self: Any, *args: Any, **params: Any) -> None:
        name = type(self).__name__
        if args:
            raise TypeError(
                f"{name} takes its parameters by keyword, such as "
                f"{name}({allowed[0]}=...). Got {len(args)} by position instead."
            )
        unknown = [param for param in params if param not in allowed]
        if unknown:
            raise TypeError(
                f"{name} has no parameter {_listed(unknown)}."
                f"{_guesses(unknown, allowed)} Its parameters are {', '.join(allowed)}."
            )
        init(self, **params)

    return checked  # type: ignore[return-value]


def _listed(names):
    *first, last = map(repr, names)
    return f"{', '.join(first)} or {last}" if first else last


def _guesses(unknown, allowed):
    """Return a question that suggests similar parameters, or nothing."""
    guesses = {
        name: close[0]
        for name in unknown
        if (close := difflib.get_close_matches(name, allowed, n=1))
    }
    if not guesses:
        return ""
    if len(unknown) == 1:
        return f" Did you mean {guesses[unknown[0]]!r}?"
    meant = ", ".join(f"{right!r} for {wrong!r}" for wrong, right in guesses.items())
    return f" Did you mean {meant}?"
