"""
Train and evaluate, as the notebook did
=======================================

The steps of a 2019 notebook on Kaggle's Digit Recognizer, which reported 0.995476 on
the 4,200 images that it held out. Here with the bundled digits; with ``SKDIGITS_DATA``
set, with the competition's files and the notebook's 20 epochs (minutes).
"""

# %%
# Load, and hold a tenth out. There is nothing to scale, reshape or encode.
import os

from sklearn.model_selection import train_test_split

from skdigits import make_digit_pipeline
from skdigits.datasets import load_competition, load_sample

is_real = "SKDIGITS_DATA" in os.environ
digits = load_competition() if is_real else load_sample()
X_train, X_test, y_train, y_test = train_test_split(
    digits.X_train, digits.y_train, test_size=0.1, random_state=42
)

# %%
# Its network and its recipe. A part of the training images, not the test images,
# decides when to halve the learning rate.
model = make_digit_pipeline("classic", random_state=0, verbose=2)
if not is_real:
    model.set_params(cnn__epochs=5, cnn__width=0.5)
model.fit(X_train, y_train)

# %%
# Accuracy and loss over the epochs, then on the images that were held out.
from sklearn.metrics import ConfusionMatrixDisplay, classification_report, log_loss

from skdigits.plots import HistoryDisplay

display = HistoryDisplay.from_estimator(model)
display.figure_.suptitle("Loss and accuracy over the epochs")
print("loss", log_loss(y_test, model.predict_proba(X_test)))
print("accuracy", model.score(X_test, y_test))

# %%
# The report, and the confusion matrix: counts, then each row as fractions.
names = [f"Class {digit}" for digit in range(10)]
print(classification_report(y_test, model.predict(X_test), target_names=names))
plain = ConfusionMatrixDisplay.from_estimator(model, X_test, y_test)
plain.ax_.set_title("Confusion matrix: images")
normalised = ConfusionMatrixDisplay.from_estimator(
    model, X_test, y_test, normalize="true", values_format=".2f"
)
normalised.ax_.set_title("Confusion matrix: fractions of each true label")
