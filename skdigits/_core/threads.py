"""Number of threads that TensorFlow may use."""

import os


def thread_budget() -> int | None:
    """Return the number of threads for the numerical work of this process.

    joblib and dask start their workers with ``OMP_NUM_THREADS`` set to a share of the
    cores. NumPy and scikit-learn obey it; TensorFlow does not, so skdigits passes the
    number on when it starts TensorFlow.

    Returns
    -------
    int or None
        None without a limit: TensorFlow then uses every core.
    """
    # OpenMP allows a list, with a number for each level of nesting.
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(first) if first.isdigit() and int(first) > 0 else None
