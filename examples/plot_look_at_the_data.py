"""
Look at the data
================

Before any model: what the images look like, and whether there are as many of each. With
``SKDIGITS_DATA`` set, these are the competition's 42,000 training images.
"""

# %%
# The columns are those of the competition's files, label and pixel0 to pixel783.
import os

from skdigits.datasets import load_competition, load_sample

digits = load_competition() if "SKDIGITS_DATA" in os.environ else load_sample()
print(digits.X_train.shape, digits.X_test.shape)
print(digits.X_train.iloc[:5, 200:210])

# %%
# The first forty, with their labels.
from skdigits.plots import DigitsDisplay, LabelCountsDisplay

DigitsDisplay.from_predictions(digits.X_train, digits.y_train, n_images=40)

# %%
# As many of each: accuracy is a fair score, and stratified folds keep it so.
LabelCountsDisplay.from_labels(digits.y_train).ax_.set_title("Images of each digit")
