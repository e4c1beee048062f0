"""Classical models, and a comparison of classifiers on the same folds."""

from ._compare import compare, mcnemar_p_value
from ._models import make_baselines

__all__ = ["compare", "make_baselines", "mcnemar_p_value"]
