"""Cross-validated score as an objective for Optuna, pruned by epoch."""

import ast
import contextlib
import math
import numbers
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import optuna
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import check_scoring
from sklearn.model_selection import BaseCrossValidator, check_cv
from sklearn.utils import indexable

from .._core.identity import describe
from .._core.sklearn_compat import check_method_params, safe_indexing
from .._core.warnings import warn_user
from .._engine.epochs import number_of_epochs
from ..pipelines import final_classifier, find_classifiers

ERROR = "error"  # attribute of a trial: why it failed
PARAMS = "params"  # attribute of a trial: what `suggest` returned, as text


class CrossValidationObjective:
    """Cross-validated score of an estimator, as an objective for Optuna.

    Folds are trained one after another. A trial that the study's pruner ends trains no
    further epoch or fold.

    Parameters
    ----------
    estimator : estimator
        A `CNNClassifier` or a Pipeline that ends in one; any other estimator is pruned
        only between folds. It is cloned, not changed.
    X : array-like of shape (n_samples, ...)
        Images, as the estimator takes them.
    y : array-like of shape (n_samples,)
        Labels.
    suggest : callable
        ``suggest(trial)`` returns a dict of parameters for ``estimator.set_params``,
        such as `skdigits.tuning.suggest_digit_params`.
    cv : int, cross-validation generator or iterable, default=5
        As in `sklearn.model_selection.cross_val_score`. All trials get the same folds.
    scoring : str, callable or None, default="accuracy"
        As in `sklearn.model_selection.cross_val_score`.
    groups : array-like of shape (n_samples,), default=None
        For the splits of `cv`.
    params : dict, default=None
        Arguments of ``fit`` in addition to `X` and `y`, such as ``sample_weight``.
        Values with one entry for each sample are split with the folds.
    max_epochs : int, default=None
        Largest number of epochs of a trial. None means the epochs of `estimator`; if
        they are "auto", the number that "auto" means in the smallest fold.
    metrics : sequence of str, default=()
        Further scores, by their names in scikit-learn, such as "neg_log_loss". Their
        means over the folds are in ``trial.user_attrs``; they do not affect the search.

    Attributes
    ----------
    splits_ : list of (train, test) ndarrays
        The folds.
    max_epochs_ : int
        Steps of a fold; 1 if the estimator does not end in a `CNNClassifier`.

    Raises
    ------
    TypeError
        If `scoring` consists of several scores.
    ValueError
        If the lengths of `X` and `y` differ, or if `scoring`, `cv` or one of `metrics`
        is unknown.

    See Also
    --------
    skdigits.tuning.tune : Run a study, with resumption and several processes.

    Notes
    -----
    Step e, counted from 1, is the score on the first fold after epoch e, computed
    without test-time augmentation to save time. Step ``k * max_epochs_`` is the mean
    score of the first k folds. So trials are compared on the same folds.

    A trial whose estimator cannot be trained (out of memory, an invalid value) fails
    with a `sklearn.exceptions.FitFailedWarning`; the reason is in
    ``trial.user_attrs["error"]``, and the study continues. What `suggest` returned is
    in ``trial.user_attrs["params"]``, as text.

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
        metrics: Sequence[str] = (),
    ) -> None:
        if isinstance(scoring, (list, tuple, set, dict)):
            raise TypeError(
                "scoring must be one score: a str such as 'accuracy', a callable or "
                f"None. Got {scoring!r} instead. For several scores call "
                "sklearn.model_selection.cross_validate with the best estimator."
            )
        if isinstance(metrics, str) or not all(isinstance(m, str) for m in metrics):
            raise TypeError(
                "metrics must be a sequence of str, such as ['neg_log_loss']. Got "
                f"{metrics!r} instead."
            )
        X, y, groups = indexable(X, y, groups)
        self.estimator, self.X, self.y = estimator, X, y
        self.suggest, self.params = suggest, params or {}
        self._scorer = check_scoring(estimator, scoring)
        self._metrics = [*metrics] and check_scoring(estimator, [*metrics])
        self._cv = check_cv(cv, y, classifier=is_classifier(estimator))
        self._groups = groups
        self._suggested: dict[int, dict[str, Any]] = {}  # in this process
        self.splits_ = self._split()
        classifier = final_classifier(estimator)
        self.max_epochs_ = 1
        if classifier is not None:
            self.max_epochs_ = max_epochs or self._n_epochs(classifier)

    def _split(self):
        return list(self._cv.split(self.X, self.y, self._groups))

    def _n_epochs(self, classifier):
        n_images = min(len(train) for train, _ in self.splits_)
        return number_of_epochs(classifier.epochs, classifier.architecture, n_images)

    def __call__(self, trial: optuna.trial.BaseTrial) -> float:
        """Cross-validate the estimator with the parameters of a trial.

        Parameters
        ----------
        trial : optuna.trial.Trial

        Returns
        -------
        float
            Mean score of the folds; NaN, which Optuna takes for a failure, if the
            estimator cannot be trained or a score is NaN.

        Raises
        ------
        optuna.TrialPruned
            If the pruner ends the trial.
        TypeError
            If `scoring` does not return a number.
        ValueError
            If `suggest` returns an unknown parameter or more than `max_epochs` epochs.
        """
        params = self.suggest(trial)
        candidate = clone(self.estimator).set_params(**params)
        classifier = final_classifier(candidate)
        if classifier is not None and classifier.epochs == "auto":
            epochs = min(self._n_epochs(classifier), self.max_epochs_)
            classifier.set_params(epochs=epochs)
        elif classifier is not None and classifier.epochs > self.max_epochs_:
            raise ValueError(
                f"suggest must return at most {self.max_epochs_} epochs, those of "
                f"the estimator. Got {classifier.epochs} instead. Pass "
                f"max_epochs={classifier.epochs}."
            )
        trial.set_user_attr(PARAMS, _to_text(params))
        self._suggested[trial.number] = params
        try:
            score = self._cross_validate(candidate, trial)
            if math.isnan(score):
                raise ValueError("its score is NaN")
            return score
        # These end the study; any other error is one of this trial.
        except (
            optuna.TrialPruned,
            optuna.exceptions.StorageInternalError,
            NotOneScore,
        ):
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
        """Return the parameters that a trial was scored with; None if they are lost.

        Functions, estimators and the like are not stored. They are taken from this
        process or from another call of `suggest`, if their description is the same.
        """
        text = trial.user_attrs[PARAMS]
        with contextlib.suppress(ValueError, SyntaxError):
            return ast.literal_eval(text)
        for restore in (self._suggested.get, lambda _: self.suggest(trial)):
            with contextlib.suppress(Exception):  # a suggest that was changed may fail
                params = restore(trial.number)
                if _to_text(params) == text:
                    return params
        return None

    def _cross_validate(self, candidate, trial):
        scores, metrics = [], []
        for fold in range(len(self.splits_)):
            score, of_fold = self._train_fold(clone(candidate), fold, trial)
            scores.append(score)
            metrics.append(of_fold)
            trial.report(np.mean(scores), (fold + 1) * self.max_epochs_)
            # Pruning after the last fold would save nothing.
            if fold + 1 < len(self.splits_) and trial.should_prune():
                raise optuna.TrialPruned(f"after fold {fold + 1}")
        for name in metrics[0]:
            mean = np.mean([of_fold[name] for of_fold in metrics])
            trial.set_user_attr(name, float(mean))
        return float(np.mean(scores))

    def _train_fold(self, model, fold, trial):
        """Train and score on a fold; return the score and a dict of the metrics."""
        train, test = self.splits_[fold]
        X_test, y_test = (safe_indexing(data, test) for data in (self.X, self.y))
        classifier, scores = final_classifier(model), None
        # Without a pruner, the predictions after each epoch would be wasted.
        if fold == 0 and classifier is not None and _prunes(trial):
            scores = _EpochScores(self, model, X_test, y_test, trial)
            classifier._epoch_hook = scores
        params = check_method_params(self.X, self.params, indices=train)
        model.fit(safe_indexing(self.X, train), safe_indexing(self.y, train), **params)
        if scores is not None and scores.is_pruned:
            epoch = classifier.n_iter_
            raise optuna.TrialPruned(f"after epoch {epoch} of the first fold")
        score = self._scorer(model, X_test, y_test)
        if not isinstance(score, numbers.Real):
            raise NotOneScore(f"scoring must return a number. Got {score!r} instead.")
        return float(score), (
            self._metrics(model, X_test, y_test) if self._metrics else {}
        )


class NotOneScore(TypeError):
    """Error of a scorer, which ends the study at its first trial."""


class _EpochScores:
    """Hook of a classifier that reports each epoch and stops a pruned fit."""

    def __init__(self, objective, model, X_test, y_test, trial):
        self.objective, self.model, self.trial = objective, model, trial
        self.X_test, self.y_test = X_test, y_test
        self.is_pruned = False

    def __call__(self, fitted, epoch):
        if epoch >= self.objective.max_epochs_:
            return False  # the last epoch is reported with its fold
        if epoch == 1:  # the steps before the classifier are fitted by now
            self.X_test = find_classifiers(self.model)[0].transform(self.X_test)
        # With these two, predictions could take longer than an epoch.
        fitted.test_time_shift, fitted.test_time_flip = 0, None
        score = self.objective._scorer(fitted, self.X_test, self.y_test)
        self.trial.report(score, epoch)
        self.is_pruned = self.trial.should_prune()
        return self.is_pruned


def _prunes(trial):
    study = getattr(trial, "study", None)  # a FixedTrial has none
    return study is not None and not isinstance(study.pruner, optuna.pruners.NopPruner)


def _to_text(params):
    """Return params as the text of a Python literal, or described if they are not."""
    plain = {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in params.items()
    }
    try:
        ast.literal_eval(repr(plain))
        return repr(plain)
    except (ValueError, SyntaxError):  # functions, estimators, arrays, NaN
        return describe(params)
