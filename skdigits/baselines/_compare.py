"""Comparison of classifiers on the same folds."""

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike
from scipy.stats import binomtest
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import check_scoring
from sklearn.model_selection import BaseCrossValidator, check_cv
from sklearn.utils import indexable

from .._core.sklearn_compat import safe_indexing

# Names that a score must not have.
RESERVED_COLUMNS = {"deviation", "errors", "fit_seconds", "predict_seconds", "p_value"}


def compare(
    estimators: Mapping[str, BaseEstimator],
    X: ArrayLike,
    y: ArrayLike,
    cv: int | BaseCrossValidator | Iterable[Any] = 5,
    *,
    scoring: str
    | Callable[..., float]
    | Iterable[str]
    | Mapping[str, Any]
    | None = None,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """Cross-validate classifiers on the same folds and test their differences.

    Parameters
    ----------
    estimators : dict of str to estimator
        Classifiers by name. They are cloned, not changed.
    X : array-like of shape (n_samples, ...)
        Images that the estimators accept.
    y : array-like of shape (n_samples,)
        Labels.
    cv : int, cross-validation generator or iterable, default=5
        As in `sklearn.model_selection.cross_validate`: an int is a number of
        stratified folds. All estimators get the same folds.
    scoring : str, callable, list, tuple, set or dict, default=None
        Additional scores, as in `sklearn.model_selection.cross_validate`. Rows are then
        sorted by the first score, the highest first.
    n_jobs : int, default=None
        Number of parallel fits, as in scikit-learn. Each of them takes longer than a
        fit that runs alone.

    Returns
    -------
    table : pandas.DataFrame
        A row for each estimator, the fewest errors first, with

        - "accuracy" and "deviation": mean and standard deviation over the folds;
        - "errors": number of wrong predictions in all test folds;
        - "fit_seconds" and "predict_seconds": mean over the folds. The first fit of a
          `CNNClassifier` in a process includes the start of TensorFlow;
        - a column for each score of `scoring`, "score" for a callable: mean over the
          folds;
        - "p_value": McNemar's exact test [1]_ against the first row, on the predictions
          of all test folds; NaN in the first row.

    Raises
    ------
    ValueError
        If `estimators` is empty, if the lengths of `X` and `y` differ, or if `scoring`
        is unknown or has the name of another column.
    TypeError
        If `estimators` is not a dict.

    See Also
    --------
    make_baselines : Make classical models to compare with.
    mcnemar_p_value : Compute the test alone.

    References
    ----------
    .. [1] Q. McNemar, "Note on the sampling error of the difference between correlated
       proportions or percentages", Psychometrika 12, 1947.

    Examples
    --------
    >>> from skdigits.baselines import compare, make_baselines
    >>> from skdigits.datasets import load_sample
    >>> digits = load_sample()
    >>> baselines = make_baselines()
    >>> chosen = ["dummy", "k nearest neighbours"]
    >>> table = compare(
    ...     {name: baselines[name] for name in chosen},
    ...     digits.X_train,
    ...     digits.y_train,
    ... )
    >>> table.index.tolist()
    ['k nearest neighbours', 'dummy']
    """
    if not isinstance(estimators, Mapping):
        raise TypeError(
            "estimators must be a dict of names and classifiers. Got "
            f"{type(estimators).__name__} instead."
        )
    if not estimators:
        raise ValueError("estimators must have at least one classifier. Got none.")
    X, y = indexable(X, y)
    labels = np.asarray(y)
    folds = [*check_cv(cv, labels, classifier=True).split(X, labels)]
    scores = _score_names(scoring)
    scorers = {
        name: check_scoring(estimator, scoring) if scores else None
        for name, estimator in estimators.items()
    }
    # All folds of all estimators in one call, so that workers wait only at the end.
    tasks = [(name, train, test) for name in estimators for train, test in folds]
    results = Parallel(n_jobs=n_jobs)(
        delayed(_fit_and_score)(
            name, clone(estimators[name]), scorers[name], scores, X, y, train, test
        )
        for name, train, test in tasks
    )
    predictions, records = zip(*results, strict=True)
    folds_of = pd.DataFrame(records, [name for name, *_ in tasks]).groupby(level=0)
    table = folds_of.mean().loc[[*estimators]].rename_axis("estimator")
    table.insert(1, "deviation", folds_of["accuracy"].std(ddof=0))
    truth = np.concatenate([labels[test] for _, test in folds])
    predicted = {
        name: np.concatenate(predictions[i * len(folds) : (i + 1) * len(folds)])
        for i, name in enumerate(estimators)
    }
    errors = [int(np.sum(predicted[name] != truth)) for name in estimators]
    table.insert(2, "errors", errors)
    by = scores[0] if scores else "errors"
    table = table.sort_values(by, ascending=not scores, kind="stable")
    best, *others = table.index
    table["p_value"] = [
        np.nan,
        *(mcnemar_p_value(truth, predicted[best], predicted[name]) for name in others),
    ]
    return table


def mcnemar_p_value(
    y_true: ArrayLike, y_pred_a: ArrayLike, y_pred_b: ArrayLike
) -> float:
    """Compute McNemar's exact test of two classifiers on the same samples.

    The null hypothesis is that both have the same error rate: of the samples that only
    one classifier predicts correctly, each classifier then gets half on average [1]_.

    Parameters
    ----------
    y_true, y_pred_a, y_pred_b : array-like of shape (n_samples,)
        True labels, and the labels that the two classifiers predicted.

    Returns
    -------
    p_value : float
        Two-sided p-value; 1.0 if both are right on the same samples.

    Raises
    ------
    ValueError
        If the lengths differ.

    References
    ----------
    .. [1] Q. McNemar, "Note on the sampling error of the difference between correlated
       proportions or percentages", Psychometrika 12, 1947.

    Examples
    --------
    >>> from skdigits.baselines import mcnemar_p_value
    >>> mcnemar_p_value([1, 2, 3, 4], [1, 2, 3, 4], [4, 3, 2, 1])
    0.125
    """
    y_true, y_pred_a, y_pred_b = indexable(y_true, y_pred_a, y_pred_b)
    a_is_right = np.asarray(y_pred_a) == np.asarray(y_true)
    b_is_right = np.asarray(y_pred_b) == np.asarray(y_true)
    only_a = int(np.sum(a_is_right & ~b_is_right))
    only_b = int(np.sum(b_is_right & ~a_is_right))
    if only_a + only_b == 0:
        return 1.0
    return float(binomtest(only_a, only_a + only_b).pvalue)


def _score_names(scoring):
    """Return the column names of the scores."""
    if scoring is None:
        return []
    if isinstance(scoring, str) or callable(scoring):
        return [scoring if isinstance(scoring, str) else "score"]
    names = list(scoring)
    if not names or (taken := sorted(RESERVED_COLUMNS.intersection(names))):
        raise ValueError(
            f"scoring must not be empty or have the names {sorted(RESERVED_COLUMNS)}. "
            f"Got {taken if names else scoring!r} instead."
        )
    return names


def _fit_and_score(name, estimator, scorer, names, X, y, train, test):
    """Return the predictions for a fold, and its accuracy, seconds and scores."""
    try:
        start = perf_counter()
        estimator.fit(safe_indexing(X, train), safe_indexing(y, train))
        fitted = perf_counter()
        X_test, y_test = safe_indexing(X, test), safe_indexing(y, test)
        predicted = np.asarray(estimator.predict(X_test))
        end = perf_counter()
        scores = {} if scorer is None else scorer(estimator, X_test, y_test)
        if not isinstance(scores, dict):
            scores = dict.fromkeys(names, scores)
    except Exception as exc:
        exc.add_note(f"The estimator {name!r} raised this error.")
        raise
    return predicted, {
        "accuracy": np.mean(predicted == np.asarray(y_test)),
        "fit_seconds": fitted - start,
        "predict_seconds": end - fitted,
        **scores,
    }
