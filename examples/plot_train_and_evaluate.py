"""
Train a network and look at what it gets wrong
==============================================

A convolutional network is a classifier like any other: this cross-validates one beside
a support vector machine, fits it, and draws its training and its surest mistakes. The
digits are bundled, so nothing is downloaded.
"""

# %%
# The digits have the columns of Kaggle's Digit Recognizer: pixel0 to pixel783.
from skdigits.datasets import load_sample

digits = load_sample()
print(digits.X_train.shape, digits.X_train.dtypes.unique())

# %%
# A step that draws new images in every epoch, and the network. The sample is small, so
# it takes smaller batches and more epochs than the competition's 42,000 images would.
from skdigits import make_digit_pipeline

network = make_digit_pipeline("fast", random_state=0)
network.set_params(cnn__epochs=10, cnn__batch_size=32, cnn__validation_fraction=0.1)

# %%
# Three folds each. The augmenter leaves the images of the test fold alone.
from sklearn.model_selection import cross_val_score

from skdigits.baselines import make_baselines

for name, model in {"network": network, "SVC": make_baselines()["SVC"]}.items():
    scores = cross_val_score(model, digits.X_train, digits.y_train, cv=3)
    print(f"{name}: {scores.mean():.4f}, deviation {scores.std(ddof=1):.4f}")

# %%
# Fit it on all of them. Loss and accuracy on the held-out tenth are in the history.
from skdigits.plots import HistoryDisplay, TopErrorsDisplay

network.fit(digits.X_train, digits.y_train)
HistoryDisplay.from_estimator(network)

# %%
# The digits that it never saw: where it went wrong, and how sure it was.
from sklearn.metrics import ConfusionMatrixDisplay

ConfusionMatrixDisplay.from_estimator(network, digits.X_test, digits.y_test)
TopErrorsDisplay.from_estimator(network, digits.X_test, digits.y_test)
