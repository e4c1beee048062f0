"""Classical models as baselines."""

from numpy.random import RandomState
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC


def make_baselines(
    *, random_state: int | RandomState | None = None
) -> dict[str, Pipeline]:
    """Make unfitted classical models for 28x28 grey images in 0..255.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Passed to the models that use random numbers.

    Returns
    -------
    baselines : dict of str to sklearn.pipeline.Pipeline
        By name: "dummy", "logistic regression", "k nearest neighbours", "SVC",
        "histogram gradient boosting" and "multilayer perceptron".

    Examples
    --------
    >>> from skdigits.baselines import make_baselines
    >>> list(make_baselines())[:3]
    ['dummy', 'logistic regression', 'k nearest neighbours']
    """
    # PCA makes distances and kernels faster and, for digits, more accurate.
    models = {
        "dummy": [DummyClassifier()],
        "logistic regression": [LogisticRegression(C=0.1, max_iter=200)],
        "k nearest neighbours": [
            PCA(30, random_state=random_state),
            KNeighborsClassifier(5, weights="distance"),
        ],
        "SVC": [PCA(80, random_state=random_state), SVC(C=3, gamma=0.03)],
        "histogram gradient boosting": [
            HistGradientBoostingClassifier(
                learning_rate=0.2, max_leaf_nodes=15, random_state=random_state
            )
        ],
        "multilayer perceptron": [
            MLPClassifier(
                (512, 256), alpha=0.01, early_stopping=True, random_state=random_state
            )
        ],
    }
    return {
        name: make_pipeline(FunctionTransformer(_to_unit), *steps)
        for name, steps in models.items()
    }


def _to_unit(X):
    """Scale pixels from 0..255 to 0..1."""
    return X / 255
