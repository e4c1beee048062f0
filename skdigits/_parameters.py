"""What a constructor says when it is given a parameter that it does not have."""

import difflib
import functools
import inspect


def suggest_parameters(init):
    """Make a keyword-only constructor name what was meant and what it takes.

    The signature that scikit-learn reads stays the constructor's own.
    """
    allowed = list(inspect.signature(init).parameters)[1:]

    @functools.wraps(init)
    def checked(self, *args, **params):
        name = type(self).__name__
        if args:
            raise TypeError(
                f"{name} takes its parameters by keyword, such as "
                f"{name}({allowed[0]}=...). Got {len(args)} by position instead."
            )
        for unknown in params.keys() - set(allowed):
            close = difflib.get_close_matches(unknown, allowed, n=1)
            meant = f" Did you mean {close[0]!r}?" if close else ""
            raise TypeError(
                f"{name} has no parameter {unknown!r}.{meant} "
                f"Its parameters are {', '.join(allowed)}."
            )
        init(self, **params)

    return checked
