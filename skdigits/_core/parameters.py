"""What a constructor says when it is given a parameter that it does not have."""

import difflib
import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

Init = TypeVar("Init", bound=Callable[..., None])


def suggest_parameters(init: Init) -> Init:
    """Make a keyword-only constructor name what was meant and what it takes.

    The signature that scikit-learn reads stays the constructor's own.
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
    """Say which parameters were meant, as far as that can be guessed."""
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
