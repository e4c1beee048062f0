"""Errors of Display constructors that point to the class methods."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Init = TypeVar("Init", bound="Callable[..., None]")


def explain_arguments(init: Init) -> Init:
    """Make the errors of a constructor point to ``from_estimator`` and the like."""
    signature = inspect.signature(init)

    @functools.wraps(init)
    def checked(self: Any, *args: Any, **params: Any) -> None:
        try:
            signature.bind(self, *args, **params)
        except TypeError as exc:
            name = type(self).__name__
            makers = [m for m in dir(self) if m.startswith("from_")]
            raise TypeError(
                f"Call {' or '.join(f'{name}.{m}(...)' for m in makers)} instead of "
                f"{name}(...), which takes computed values as keyword arguments: "
                f"{', '.join([*signature.parameters][1:])}. Got: {exc}."
            ) from None
        init(self, *args, **params)

    return checked  # type: ignore[return-value]
