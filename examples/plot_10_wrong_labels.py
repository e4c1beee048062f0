"""
Which training labels look wrong
================================

Every image gets a prediction from networks that have not seen it. Where they are sure
of another label than the one given, either the image is odd or the label is wrong.
"""

# %%
# Let ten labels be wrong, so that there is something to find.
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
model.set_params(cnn__epochs=12, cnn__batch_size=32)
probabilities = cross_val_predict(model, X, y, cv=3, method="predict_proba")

# %%
# The surest disagreements come first. Those whose label we made wrong are framed in
# green.
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
