"""The only file that imports scikit-learn's private or version-dependent names."""

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
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # before scikit-learn 1.9
    from .callback_support import CallbackSupportMixin

Method = TypeVar("Method", bound=Callable[..., Any])

if TYPE_CHECKING:  # scikit-learn's own do not say that the signature stays

    def fit_context(
        *, prefer_skip_nested_validation: bool
    ) -> Callable[[Method], Method]: ...
    def with_callbacks(method: Method) -> Method: ...

else:
    from sklearn.base import _fit_context as fit_context

    try:
        from sklearn.callback import with_callbacks
    except ImportError:
        from .callback_support import with_callbacks

__all__ = [
    "OUTPUTS",
    "CallbackSupportMixin",
    "DocumentedMixin",
    "FitTasks",
    "Interval",
    "RealNotInt",
    "StrOptions",
    "add_callback",
    "check_ensemble",
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
    """What scikit-learn's callbacks are told: of a fit, and of each of its epochs.

    Parameters
    ----------
    estimator : CallbackSupportMixin
        Whose ``fit`` was called.
    learner : estimator
        What has learned so far: `estimator` itself, or the copy that a fit works on.
    X, y, sample_weight : array-like
        As given by the user.
    epochs : int
        At most.
    """

    def __init__(self, estimator, learner, X, y, sample_weight, epochs):
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._learner = learner
        self._told = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._fit = estimator._init_callback_context(max_subtasks=epochs)
        self._fit.call_on_fit_task_begin(**self._told)

    def begin_epoch(self):
        self._epoch = self._fit.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._told)

    def end_epoch(self, fitted_attributes):
        """Return whether a callback wants the training to stop.

        Parameters
        ----------
        fitted_attributes : callable
            Gives the dict of attributes that the epochs so far have brought; it is
            called only if a callback asks for a classifier fitted so far.
        """
        return self._epoch.call_on_fit_task_end(
            **self._told,
            reconstruction_attributes=lambda: vars(self._learner) | fitted_attributes(),
        )

    def end(self):
        learned = vars(self._learner)
        self._fit.call_on_fit_task_end(**self._told, reconstruction_attributes=learned)


def one_task(fit: Method) -> Method:
    """Tell callbacks of a ``fit(X, y)`` that has no steps of its own."""

    @with_callbacks
    @functools.wraps(fit)
    def told(self, X, y=None):
        tasks = FitTasks(self, self, X, y, None, epochs=0)
        result = fit(self, X, y)
        tasks.end()
        return result

    return told  # type: ignore[return-value]


def add_callback(estimator, callback):
    """Give an estimator one more callback."""
    estimator.set_callbacks(*getattr(estimator, "_skl_callbacks", []), callback)


def get_output(transformer):
    """Tell what ``set_output`` was last told; None if nothing."""
    return getattr(transformer, "_sklearn_output_config", {}).get("transform")


def set_output(transformer, output):
    """Do what ``set_output`` did, without looking whether the library is installed."""
    if output is not None:
        transformer._sklearn_output_config = {"transform": output}


def check_pipeline(pipeline):
    """Raise what ``Pipeline.fit`` would say of the steps' names and kinds."""
    if not pipeline.steps:
        raise ValueError("there are none")
    pipeline._validate_steps()


def check_ensemble(ensemble):
    """Raise what ``VotingClassifier.fit`` would say of its parameters."""
    ensemble._validate_params()
    ensemble._validate_estimators()
