"""How many threads TensorFlow may use beside other workers on the same machine."""

import os


def thread_budget() -> int | None:
    """Threads that this process may use for its numerical work.

    joblib's and dask's workers are started with ``OMP_NUM_THREADS`` set to their share
    of the cores. NumPy and scikit-learn obey it; TensorFlow does not by itself, so
    skdigits hands the number on when it starts TensorFlow.

    Returns
    -------
    int or None
        The number, or None where nothing limits it: then TensorFlow uses every core.
    """
    # OpenMP allows a list, a number for each level of nesting.
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(first) if first.isdigit() and int(first) > 0 else None
