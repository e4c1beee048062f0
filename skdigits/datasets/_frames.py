"""Images and labels as pandas objects in the competition's format."""

import numpy as np
import pandas as pd

from ._csv import PIXELS


def as_frame(images):
    """Return images as a DataFrame with the competition's columns, dtype uint8."""
    # Selecting rows is 10 times faster if each image is contiguous in memory.
    pixels = np.ascontiguousarray(images, dtype=np.uint8).reshape(-1, len(PIXELS))
    return pd.DataFrame(pixels, columns=PIXELS, copy=False)


def as_labels(y):
    """Return labels as a Series named "label", dtype uint8."""
    return pd.Series(np.array(y, dtype=np.uint8), name="label")
