"""Cross-validated score as an objective for Optuna, pruned by epoch."""

import contextlib
import math
import numbers
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import check_scoring
from sklearn.model_selection import BaseCrossValidator, check_cv
from sklearn.utils import indexable

from .._core.sklearn_compat import safe_indexing
from .._core.warnings import warn_user
from ..pipelines import final_network, find_networks
from ._optuna import optuna
from ._scored import PARAMS, from_json, to_json

StorageInternalError = optuna.exceptions.StorageInternalError
ERROR = "error"  # attribute of a trial: why it failed


class CrossValidationObjective:
    """Cross-validated score of an estimator, as an objective for Optuna.

    ``study.optimize(objective)`` maximises it. Folds are trained one after another. A
    trial that the pruner of the study gives up trains no further epoch or fold.

    Parameters
    ----------
    estimator : estimator
        A `CNNClassifier`, a Pipeline that ends in one, or any other estimator, which
        is then pruned between folds. It is cloned and stays as it is.
    X : array-like of shape (n_samples, ...)
        Images, as the estimator takes them.
    y : array-like of shape (n_samples,)
        Labels.
    suggest : callable
        ``suggest(trial)`` returns a dict of parameters for ``estimator.set_params``,
        such as `skdigits.tuning.suggest_digit_params`.
    cv : int, cross-validation generator or iterable, default=5
        As in `sklearn.model_selection.cross_val_score`. It is split once: all trials
        get the same folds.
    scoring : str, callable or None, default="accuracy"
        As in `sklearn.model_selection.cross_val_score`.
    groups : array-like of shape (n_samples,), default=None
        For the splits of `cv`.
    params : dict, default=None
        Arguments of ``fit`` in addition to `X` and `y`, such as ``sample_weight``.
        Values with one entry for each sample are split with the folds.
    max_epochs : int, default=None
        The most epochs that `suggest` may ask for. None means those of `estimator`.

    Attributes
    ----------
    splits_ : list of (train, test) ndarrays
        The folds.
    max_epochs_ : int
        Steps of a fold: 1 if the estimator does not end in a `CNNClassifier`.

    Raises
    ------
    TypeError
        If `scoring` is several scores.
    ValueError
        If the lengths of `X` and `y` differ, or if `scoring` or `cv` are not known.

    See Also
    --------
    skdigits.tuning.tune : A whole study, resumable and over several processes.

    Notes
    -----
    Epoch e of the first fold, counted from 1, is step e, and its value is the score on
    that fold. The end of fold k is step ``k * max_epochs_``, and its value is the mean
    score of the folds so far. So at each step all trials have seen the same folds.
    Scores between epochs are computed without ``test_time_shift``, which would take
    longer than the training.

    What `suggest` returned is stored in ``trial.user_attrs["params"]``, as JSON.

    A trial whose estimator cannot be trained (out of memory, a value that a parameter
    does not take) fails with a `sklearn.exceptions.FitFailedWarning`; the reason is in
    ``trial.user_attrs["error"]``, and the study continues. A parameter that the
    estimator does not have is the same in every trial: it is an error at once.

    Examples
    --------
    >>> import optuna
    >>> from skdigits import CNNClassifier
    >>> from skdigits.datasets import load_sample
    >>> from skdigits.tuning import CrossValidationObjective
    >>> digits = load_sample()
    >>> objective = CrossValidationObjective(
    ...     CNNClassifier(epochs=2, random_state=0),
    ...     digits.X_train[:200],
    ...     digits.y_train[:200],
    ...     suggest=lambda trial: {"width": trial.suggest_float("width", 0.1, 0.5)},
    ...     cv=2,
    ... )
    >>> 0 < objective(optuna.trial.FixedTrial({"width": 0.25})) < 1
    True
    """

    def __init__(
        self,
        estimator: BaseEstimator,
        X: ArrayLike,
        y: ArrayLike,
        *,
        suggest: Callable[[optuna.trial.BaseTrial], dict[str, Any]],
        cv: int | BaseCrossValidator | Iterable[Any] = 5,
        scoring: str | Callable[..., float] | None = "accuracy",
        groups: ArrayLike | None = None,
        params: dict[str, Any] | None = None,
        max_epochs: int | None = None,
    ) -> None:
        if isinstance(scoring, (list, tuple, set, dict)):
            raise TypeError(
                "scoring must be one score: a str such as 'accuracy', a callable or "
                f"None. Got {scoring!r} instead. For several scores call "
                "sklearn.model_selection.cross_validate with the best estimator."
            )
        X, y, groups = indexable(X, y, groups)
        self.estimator, self.X, self.y = estimator, X, y
        self.suggest, self.params = suggest, params or {}
        self._scorer = check_scoring(estimator, scoring)
        self._cv = check_cv(cv, y, classifier=is_classifier(estimator))
        self._groups = groups
        self._suggested: dict[int, dict[str, Any]] = {}  # in this process
        self.splits_ = self._split()
        network = final_network(estimator)
        self.max_epochs_ = 1 if network is None else max_epochs or network.epochs

    def _split(self):
        return list(self._cv.split(self.X, self.y, self._groups))

    def __call__(self, trial: optuna.trial.BaseTrial) -> float:
        """Cross-validate the estimator with the parameters of a trial.

        Parameters
        ----------
        trial : optuna.trial.Trial

        Returns
        -------
        float
            Mean score of the folds; NaN, for Optuna a failure, if the estimator cannot
            be trained or if a score is NaN.

        Raises
        ------
        optuna.TrialPruned
            If the pruner gives the trial up.
        TypeError
            If `scoring` does not return a number.
        ValueError
            If `suggest` names a parameter that the estimator does not have, or asks for
            more than `max_epochs` epochs.
        """
        params = self.suggest(trial)
        candidate = clone(self.estimator).set_params(**params)
        self._check_epochs(candidate)
        trial.set_user_attr(PARAMS, to_json(params))
        self._suggested[trial.number] = params
        try:
            score = self._cross_validate(candidate, trial)
            if math.isnan(score):
                raise ValueError("its score is NaN")
            return score
        # These are for Optuna and for the caller; other errors are this trial's.
        except (optuna.TrialPruned, StorageInternalError, NotOneScore):
            raise
        except Exception as exc:
            reason = f"{type(exc).__name__}: {exc}"
            trial.set_user_attr(ERROR, reason)
            warn_user(
                f"Trial {trial.number} failed, and the study continues. {reason}",
                FitFailedWarning,
            )
            return float("nan")

    def _scored_params(self, trial):
        """Return the parameters that a finished trial was scored with; None if lost.

        Values without a form in JSON are known to the process that ran the trial.
        Another process calls `suggest` again and uses what is equal.
        """
        stored = trial.user_attrs.get(PARAMS)
        with contextlib.suppress(KeyError):
            return from_json(stored)
        for restore in (lambda t: self._suggested[t.number], self.suggest):
            # A suggest that was changed, or needs more than a finished trial, may fail.
            with contextlib.suppress(Exception):
                params = restore(trial)
                if to_json(params) == stored:
                    return params
        return None

    def _check_epochs(self, candidate):
        network = final_network(candidate)
        if network is not None and network.epochs > self.max_epochs_:
            raise ValueError(
                f"suggest may ask for {self.max_epochs_} epochs at most, those of the "
                f"estimator. Got {network.epochs}. Pass max_epochs={network.epochs}."
            )

    def _cross_validate(self, candidate, trial):
        scores = []
        for fold in range(len(self.splits_)):
            scores.append(self._train_fold(clone(candidate), fold, trial))
            trial.report(np.mean(scores), (fold + 1) * self.max_epochs_)
            # After the last fold nothing is left to be saved by pruning.
            if fold + 1 < len(self.splits_) and trial.should_prune():
                raise optuna.TrialPruned(f"after fold {fold + 1}")
        if len(scores) > 1 and isinstance(trial, optuna.Trial):
            from optuna.terminator import report_cross_validation_scores

            with warnings.catch_warnings():  # deprecated, as Optuna's terminators are
                warnings.simplefilter("ignore", FutureWarning)
                report_cross_validation_scores(trial, scores)
        return float(np.mean(scores))

    def _train_fold(self, model, fold, trial):
        train, test = self.splits_[fold]
        X_test, y_test = (safe_indexing(data, test) for data in (self.X, self.y))
        watch = None
        # Scores between epochs cost predictions, which only a pruner is worth.
        if fold == 0 and final_network(model) is not None and _prunes(trial):
            watch = _EpochScores(self, model, X_test, y_test, trial)
            final_network(model)._epoch_hook = watch
        params = {
            name: safe_indexing(value, train) if self._is_per_sample(value) else value
            for name, value in self.params.items()
        }
        model.fit(safe_indexing(self.X, train), safe_indexing(self.y, train), **params)
        if watch is not None and watch.pruned:
            epoch = final_network(model).n_iter_
            raise optuna.TrialPruned(f"after epoch {epoch} of the first fold")
        score = self._scorer(model, X_test, y_test)
        if not isinstance(score, numbers.Real):
            raise NotOneScore(f"scoring must return a number. Got {score!r} instead.")
        return float(score)

    def _is_per_sample(self, value):
        return np.ndim(value) > 0 and len(value) == len(self.y)


class NotOneScore(TypeError):
    """An error of all trials, so that the study ends at the first."""


class _EpochScores:
    """Hook of a classifier that reports epochs and stops a pruned training."""

    def __init__(self, objective, model, X_test, y_test, trial):
        self.objective, self.model, self.trial = objective, model, trial
        self.X_test, self.y_test = X_test, y_test
        self.pruned = False

    def __call__(self, fitted, epoch):
        if epoch >= self.objective.max_epochs_:
            return False  # a last epoch is reported with its fold
        if epoch == 1:  # the steps before the classifier are fitted by now
            self.X_test = find_networks(self.model)[0].transform(self.X_test)
        # Or each score would take several predictions, longer than the epoch.
        fitted.test_time_shift = 0
        score = self.objective._scorer(fitted, self.X_test, self.y_test)
        self.trial.report(score, epoch)
        self.pruned = self.trial.should_prune()
        return self.pruned


def _prunes(trial):
    """Whether a pruner reads the scores between epochs."""
    study = getattr(trial, "study", None)  # a FixedTrial has none
    return study is not None and not isinstance(study.pruner, optuna.pruners.NopPruner)
