"""
Find wrong training labels
==========================

Predict every image with a model that was not trained on it. If the model is confident
of a different label, either the image is unusual or the label is wrong.
"""

# %%
# Change ten labels, so that there is something to find.
import numpy as np

from skdigits.datasets import load_sample

digits = load_sample()
X, y = digits.X_train, digits.y_train.to_numpy(copy=True)
spoiled = np.random.default_rng(0).choice(len(y), 10, replace=False)
y[spoiled] = (y[spoiled] + 1) % 10

# %%
# Out-of-fold probabilities, by scikit-learn.
from sklearn.model_selection import cross_val_predict

from skdigits import make_digit_pipeline

model = make_digit_pipeline("fast", random_state=0)
probabilities = cross_val_predict(model, X, y, cv=3, method="predict_proba")

# %%
# The most confident disagreements come first. A green frame marks the labels that were
# changed above.
import matplotlib.pyplot as plt

from skdigits.plots import TopErrorsDisplay

_, axes = plt.subplots(3, 5, figsize=(8.5, 6.6), layout="constrained")
display = TopErrorsDisplay.from_predictions(
    X, y, probabilities, n_errors=axes.size, axes=axes
)
found = np.isin(display.indices, spoiled)
for ax in display.axes_[found]:
    ax.spines[:].set(color="#009e73", linewidth=3)
print(f"{found.sum()} of the {len(spoiled)} wrong labels are among these {found.size}")
