"""Filter of the retracing warnings of TensorFlow."""

import contextlib
import logging
import threading


@contextlib.contextmanager
def without_retracing_warnings():
    """Drop the warnings of this thread that TensorFlow traces many functions.

    Each new model traces new functions, so users cannot act on this warning.
    """
    thread = threading.get_ident()

    def is_wanted(record):
        return record.thread != thread or "retracing" not in record.getMessage()

    logger = logging.getLogger("tensorflow")
    logger.addFilter(is_wanted)
    try:
        yield
    finally:
        logger.removeFilter(is_wanted)
