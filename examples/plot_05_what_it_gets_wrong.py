"""
What it gets wrong
==================

A single accuracy hides which mistakes are made. These plots show them: which digits are
taken for which, the mistakes that the model was surest of, and the digits that it was
least sure of.
"""

# %%
# A label for each training image, from a network that has not seen it.
from sklearn.model_selection import cross_val_predict

from skdigits import make_digit_pipeline
from skdigits.datasets import load_sample

digits = load_sample()
X, y = digits.X_train, digits.y_train
model = make_digit_pipeline("fast", random_state=0)
model.set_params(cnn__epochs=12, cnn__batch_size=32)
probabilities = cross_val_predict(model, X, y, cv=3, method="predict_proba")
predicted = probabilities.argmax(axis=1)
print(f"{(predicted != y).sum()} of {len(y):,} are wrong")

# %%
# Rows are true labels.
from sklearn.metrics import ConfusionMatrixDisplay

matrix = ConfusionMatrixDisplay.from_predictions(
    y, predicted, cmap="Blues", colorbar=False
)
matrix.ax_.set_title("Confusion matrix: images")

# %%
# Sorted by how much more probable the wrong digit seemed than the right one.
from skdigits.plots import DigitsDisplay, TopErrorsDisplay

TopErrorsDisplay.from_predictions(X, y, probabilities, n_errors=6)

# %%
# The thirty predictions with the lowest probability. Most are right; the others have
# an orange frame.
sureness = probabilities.max(axis=1)
unsure = sureness.argsort()[:30]
DigitsDisplay.from_predictions(
    X.iloc[unsure], y.iloc[unsure], predicted[unsure], sureness[unsure]
)
# sphinx_gallery_thumbnail_number = 2
