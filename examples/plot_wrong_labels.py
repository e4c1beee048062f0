"""
Which training labels look wrong
================================

Every image gets a prediction from networks that have not seen it. Where they are sure
of another label than the one given, either the image is odd or the label is wrong.
"""

# %%
# Let five labels be wrong, so that there is something to find.
import numpy as np

from skdigits.datasets import load_sample

digits = load_sample()
X, y = digits.X_train[:500], digits.y_train[:500].to_numpy(copy=True)
spoiled = np.random.default_rng(0).choice(len(y), 5, replace=False)
y[spoiled] = (y[spoiled] + 1) % 10

# %%
# Out-of-fold probabilities, by scikit-learn.
from sklearn.model_selection import cross_val_predict

from skdigits import make_digit_pipeline

model = make_digit_pipeline("fast", random_state=0)
model.set_params(cnn__epochs=10, cnn__batch_size=32, cnn__test_time_shift=0)
probabilities = cross_val_predict(model, X, y, cv=2, method="predict_proba")

# %%
# The surest disagreements come first.
from skdigits.plots import TopErrorsDisplay

display = TopErrorsDisplay.from_predictions(X, y, probabilities, n_errors=9)
found = np.isin(display.indices, spoiled)
print(f"{found.sum()} of the {len(spoiled)} wrong labels are among these nine")
