"""
Mistakes of a model
===================

The accuracy does not show which mistakes a model makes. These plots show which digits
it confuses, the most confident mistakes, and the least confident predictions.
"""

# %%
# Predict each training image with a model that was not trained on it.
from sklearn.model_selection import cross_val_predict

from skdigits import make_digit_pipeline
from skdigits.datasets import load_sample

digits = load_sample()
X, y = digits.X_train, digits.y_train
model = make_digit_pipeline("fast", random_state=0)
probabilities = cross_val_predict(model, X, y, cv=3, method="predict_proba")
predicted = probabilities.argmax(axis=1)
print(f"{(predicted != y).sum()} of {len(y):,} are wrong")

# %%
# The rows are true labels.
from sklearn.metrics import ConfusionMatrixDisplay

matrix = ConfusionMatrixDisplay.from_predictions(
    y, predicted, cmap="Blues", colorbar=False
)
matrix.ax_.set_title("Confusion matrix: images")

# %%
# The mistakes, sorted by the probability of the wrong digit minus that of the true one.
from skdigits.plots import DigitsDisplay, TopErrorsDisplay

TopErrorsDisplay.from_predictions(X, y, probabilities, n_errors=6)

# %%
# The thirty predictions with the lowest probability. Most are right; the wrong ones
# have an orange frame.
confidence = probabilities.max(axis=1)
unsure = confidence.argsort()[:30]
DigitsDisplay.from_predictions(
    X.iloc[unsure], y.iloc[unsure], predicted[unsure], confidence[unsure]
)
# sphinx_gallery_thumbnail_number = 2
