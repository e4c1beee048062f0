"""Errors of the constructors of Displays that point to their class methods."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Init = TypeVar("Init", bound="Callable[..., None]")


def explain_arguments(init: Init) -> Init:
    """Make a keyword-only constructor point to ``from_estimator`` and the like."""
    signature = inspect.signature(init)

    @functools.wraps(init)
    def checked(self: Any, *args: Any, **params: Any) -> None:
        try:
            signature.bind(self, *args, **params)
        except TypeError as exc:
            name = type(self).__name__
            makers = [m for m in dir(self) if m.startswith("from_")]
            raise TypeError(
                f"{name} is made by {' or '.join(f'{name}.{m}(...)' for m in makers)}. "
                f"{name}(...) itself takes what these compute, by keyword: "
                f"{', '.join([*signature.parameters][1:])}. Got: {exc}."
            ) from None
        init(self, *args, **params)

    return checked  # type: ignore[return-value]
