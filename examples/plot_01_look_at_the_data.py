"""
Look at the data
================

Before you train a model, look at the images, at the number of images of each digit, and
at the variation within a digit.
"""

# %%
# The columns are those of the competition's files: label, and pixel0 to pixel783.
from skdigits.datasets import load_sample

digits = load_sample()
print(digits.X_train.shape, digits.X_test.shape)
print(digits.X_train.iloc[:5, 200:210])

# %%
# The first forty images, with their labels.
from skdigits.plots import DigitsDisplay, LabelCountsDisplay

DigitsDisplay.from_predictions(digits.X_train, digits.y_train, n_images=40)

# %%
# The digits are equally frequent, so accuracy is a suitable score.
LabelCountsDisplay.from_labels(digits.y_train).ax_.set_title("Images of each digit")

# %%
# The mean image of each digit. It is blurred where writers differ.
means = digits.X_train.groupby(digits.y_train).mean()
display = DigitsDisplay.from_predictions(means.to_numpy(), means.index)
display.figure_.suptitle("Mean of the images of each digit")
