"""
Look at the data
================

Before any model: what the images look like, whether there are as many of each digit,
and how much the digits of one class differ.
"""

# %%
# The columns are those of the competition's files, label and pixel0 to pixel783.
from skdigits.datasets import load_sample

digits = load_sample()
print(digits.X_train.shape, digits.X_test.shape)
print(digits.X_train.iloc[:5, 200:210])

# %%
# The first forty, with their labels.
from skdigits.plots import DigitsDisplay, LabelCountsDisplay

DigitsDisplay.from_predictions(digits.X_train, digits.y_train, n_images=40)

# %%
# There are as many of each: accuracy is a fair score, and stratified folds keep it so.
LabelCountsDisplay.from_labels(digits.y_train).ax_.set_title("Images of each digit")

# %%
# The mean image of each digit. What is blurred is where its writers differ.
means = digits.X_train.groupby(digits.y_train).mean()
display = DigitsDisplay.from_predictions(means.to_numpy(), means.index)
display.figure_.suptitle("Mean of the images of each digit")
