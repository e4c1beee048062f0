"""The only file that imports scikit-learn's private or version-dependent names."""

import copy
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import (
    Interval,
    RealNotInt,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call as check_partial_fit_first_call,
)
from sklearn.utils.validation import _check_method_params as check_method_params
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

Method = TypeVar("Method", bound=Callable[..., Any])

if TYPE_CHECKING:  # in scikit-learn their types do not keep the signature

    class CallbackSupportMixin: ...

    def fit_context(
        *, prefer_skip_nested_validation: bool
    ) -> Callable[[Method], Method]: ...
    def with_callbacks(method: Method) -> Method: ...

else:
    from sklearn.base import _fit_context as fit_context

    try:
        from sklearn.callback import CallbackSupportMixin, with_callbacks
    except ImportError:  # before scikit-learn 1.9, which has no callbacks

        class CallbackSupportMixin:
            """No support."""

        def with_callbacks(method):
            return method


__all__ = [
    "OUTPUTS",
    "CallbackSupportMixin",
    "DocumentedMixin",
    "FitTasks",
    "Interval",
    "RealNotInt",
    "StrOptions",
    "check_ensemble",
    "check_method_params",
    "check_partial_fit_first_call",
    "check_pipeline",
    "check_sample_weight",
    "fit_context",
    "get_output",
    "one_task",
    "safe_indexing",
    "set_output",
    "validate_parameter_constraints",
    "with_callbacks",
]

OUTPUTS = ("default", "pandas", "polars")  # of a transformer's set_output


class DocumentedMixin:
    """Links an estimator's HTML to its page in the documentation."""

    _doc_link_module = "skdigits"
    _doc_link_template = (
        "https://skdigits.readthedocs.io/en/stable/generated/"
        "{estimator_module}.{estimator_name}.html"
    )


class FitTasks:
    """Notifies of a fit and of its epochs: scikit-learn's callbacks, and a hook.

    The hook of a classifier, its attribute ``_epoch_hook``, is called with a copy that
    is fitted so far and the number of the epoch, from 1. It returns whether to stop. It
    serves the pruning of trials, also in versions of scikit-learn without callbacks.

    Parameters
    ----------
    estimator : estimator
        The one whose ``fit`` was called.
    learner : estimator
        The one that has the learned attributes: `estimator`, or the copy of it that a
        fit works on.
    X, y, sample_weight : array-like
        As passed by the user.
    epochs : int
        Upper bound.
    attributes : callable, default=None
        ``attributes(learned)`` returns the attributes of a fitted estimator as a dict.
    """

    def __init__(
        self, estimator, learner, X, y, sample_weight, epochs, attributes=None
    ):
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._learner, self._attributes = learner, attributes
        self._data = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._hook, self._n_epochs = getattr(estimator, "_epoch_hook", None), 0
        self._fit = None
        if hasattr(estimator, "_init_callback_context"):
            self._fit = estimator._init_callback_context(max_subtasks=epochs)
            self._fit.call_on_fit_task_begin(**self._data)

    def begin_epoch(self):
        """Notify of the beginning of an epoch."""
        if self._fit is not None:
            self._epoch = self._fit.subcontext(task_name="epoch")
            self._epoch.call_on_fit_task_begin(**self._data)

    def end_epoch(self, learned):
        """Notify of the end of an epoch, and return whether the training is to stop.

        Parameters
        ----------
        learned : callable
            Returns what was learned so far. It is called only where it is needed.
        """
        self._n_epochs += 1
        stop = False
        if self._fit is not None:
            stop = self._epoch.call_on_fit_task_end(
                **self._data,
                reconstruction_attributes=lambda: self._fitted(learned),
            )
        if self._hook is not None:
            fitted = copy.copy(self._learner)
            vars(fitted).update(self._attributes(learned()))
            stop = self._hook(fitted, self._n_epochs) or stop
        return stop

    def end(self):
        """Notify of the end of the fit."""
        if self._fit is not None:
            self._fit.call_on_fit_task_end(
                **self._data, reconstruction_attributes=vars(self._learner)
            )

    def _fitted(self, learned):
        return vars(self._learner) | self._attributes(learned())


def one_task(fit: Method) -> Method:
    """Notify callbacks of a ``fit(X, y)`` without epochs."""

    @with_callbacks
    @functools.wraps(fit)
    def notified(self, X, y=None):
        tasks = FitTasks(self, self, X, y, None, epochs=0)
        result = fit(self, X, y)
        tasks.end()
        return result

    return notified  # type: ignore[return-value]


def get_output(transformer):
    """Return the container that ``set_output`` has set, or None."""
    return getattr(transformer, "_sklearn_output_config", {}).get("transform")


def set_output(transformer, output):
    """Set the container of ``set_output``, whether or not its library is installed."""
    if output is not None:
        transformer._sklearn_output_config = {"transform": output}


def check_pipeline(pipeline):
    """Check the steps of a Pipeline as its ``fit`` does."""
    if not pipeline.steps:
        raise ValueError("there are none")
    pipeline._validate_steps()


def check_ensemble(ensemble):
    """Check the parameters of a VotingClassifier as its ``fit`` does."""
    ensemble._validate_params()
    ensemble._validate_estimators()
