"""
What it gets wrong
==================

A single accuracy hides which mistakes are made. These pictures show them: which digits
are taken for which, and the mistakes that the model was surest of.
"""

# %%
# A network that has not trained for long, so that it makes some.
from skdigits import make_digit_pipeline
from skdigits.datasets import load_sample

digits = load_sample()
model = make_digit_pipeline("fast", random_state=0)
model.set_params(cnn__epochs=3, cnn__batch_size=32)
model.fit(digits.X_train, digits.y_train)
print(f"{model.score(digits.X_test, digits.y_test):.4f}")

# %%
# Rows are true labels.
from sklearn.metrics import ConfusionMatrixDisplay

from skdigits.plots import DigitsDisplay, TopErrorsDisplay

matrix = ConfusionMatrixDisplay.from_estimator(model, digits.X_test, digits.y_test)
matrix.ax_.set_title("Confusion matrix: images")

# %%
# Sorted by how much more probable the wrong digit seemed than the right one.
TopErrorsDisplay.from_estimator(model, digits.X_test, digits.y_test, n_errors=6)

# %%
# Among the first images, mistakes stand out.
DigitsDisplay.from_estimator(model, digits.X_test, digits.y_test, n_images=30)
