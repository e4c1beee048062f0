"""`sklearn.callback` for scikit-learn before 1.9, which has none.

As much of it as estimators of this package use: the same names, hooks and arguments.
Nothing here is propagated to the steps of a Pipeline or the candidates of a search,
which know nothing of callbacks; clones share them, as in 1.9.
"""

import contextlib
import copy
import functools
import inspect
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Self

_teardowns = ContextVar("teardowns")  # an ExitStack, of the innermost fit

HOOKS = ("setup", "teardown", "on_fit_task_begin", "on_fit_task_end")


class CallbackSupportMixin:
    """Lets an estimator have callbacks."""

    def set_callbacks(self, *callbacks: Any) -> Self:
        """Set the callbacks, in place of those that were set before.

        Parameters
        ----------
        *callbacks : callback instances
            With the hooks of scikit-learn's ``FitCallback``: ``setup``, ``teardown``,
            ``on_fit_task_begin`` and ``on_fit_task_end``.

        Returns
        -------
        self : estimator
            The estimator.

        Raises
        ------
        TypeError
            If one of them lacks a hook, or is a class.
        """
        for callback in callbacks:
            lacks = [hook for hook in HOOKS if not hasattr(callback, hook)]
            if lacks or isinstance(callback, type):
                raise TypeError(
                    f"callbacks must be instances with the methods {', '.join(HOOKS)}. "
                    f"Got {callback!r} instead."
                )
        vars(self).pop("_skl_callbacks", None)
        if callbacks:
            self._skl_callbacks = list(callbacks)
        return self

    def __sklearn_clone__(self):
        cloned = super().__sklearn_clone__()
        if hasattr(self, "_skl_callbacks"):
            cloned._skl_callbacks = self._skl_callbacks
        return cloned

    def _init_callback_context(self, max_subtasks=0):
        """Set the callbacks up; return the task of the fit, for them to be told of."""
        callbacks = getattr(self, "_skl_callbacks", [])
        task = Task(callbacks, type(self).__name__, "fit", 0, max_subtasks, None)
        for callback in callbacks:
            # First, so that a `setup` that fails half-way is cleaned up, too.
            _teardowns.get().callback(callback.teardown, estimator=self, context=task)
            callback.setup(estimator=self, context=task)
        return task


def with_callbacks(method):
    """Call the callbacks' `teardown` when a method ends, also with an error."""

    @functools.wraps(method)
    def managed(estimator, *args, **kwargs):
        with contextlib.ExitStack() as stack:
            before = _teardowns.set(stack)
            try:
                return method(estimator, *args, **kwargs)
            finally:
                _teardowns.reset(before)

    return managed


@dataclass(eq=False)
class Task:
    """What callbacks get as their `context`: a fit, or an epoch of it."""

    _callbacks: list[Any]
    estimator_name: str
    task_name: str
    task_id: int
    max_subtasks: int
    parent: "Task | None" = None
    _n_subtasks: int = 0

    def subcontext(self, task_name):
        number = self._n_subtasks
        self._n_subtasks += 1
        return Task(self._callbacks, self.estimator_name, task_name, number, 0, self)

    def call_on_fit_task_begin(self, *, estimator, **told):
        for callback in self._callbacks:
            self._call(callback.on_fit_task_begin, estimator, told)

    def call_on_fit_task_end(self, *, estimator, reconstruction_attributes, **told):
        """Return whether a callback wants the training to stop."""

        @functools.cache
        def fitted_estimator():
            learned = reconstruction_attributes
            fitted = copy.copy(estimator)
            vars(fitted).update(learned() if callable(learned) else learned)
            return fitted

        # A list: all are told, also after one that wants to stop.
        answers = [
            self._call(callback.on_fit_task_end, estimator, told, fitted_estimator)
            for callback in self._callbacks
        ]
        return any(answers)

    def _call(self, hook, estimator, told, fitted_estimator=lambda: None):
        """Call a hook with those of the keyword arguments that it asks for."""
        parameters = inspect.signature(hook).parameters.values()
        names = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
        known = {*told, "fitted_estimator"}
        if not known.issuperset(names):
            raise TypeError(
                f"{hook.__qualname__} may ask for {', '.join(sorted(known))}. "
                f"Got {', '.join(names)} instead."
            )
        asked = {name: told[name] for name in names if name in told}
        if "fitted_estimator" in names:
            asked["fitted_estimator"] = fitted_estimator()
        return hook(estimator, self, **asked)
