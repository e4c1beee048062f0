"""
Write the submission
====================

Train on all training images, predict the test images and write the file.
"""

# %%
# Train the model and predict the test images.
from pathlib import Path
from tempfile import TemporaryDirectory

from skdigits import make_digit_pipeline, write_submission
from skdigits.datasets import load_sample

digits = load_sample()  # or load_competition("digit-recognizer.zip")
model = make_digit_pipeline("fast", random_state=0)
model.fit(digits.X_train, digits.y_train)
predicted = model.predict(digits.X_test)

# %%
# Check the predictions: do the labels match the images?
from skdigits.plots import DigitsDisplay, LabelCountsDisplay

DigitsDisplay.from_predictions(digits.X_test, y_pred=predicted, n_images=40)

# %%
# Are the digits as frequent as in the training labels?
labels = {"training": digits.y_train, "predictions": predicted}
LabelCountsDisplay.from_labels(labels).ax_.set_title("Shares of each digit")
# sphinx_gallery_thumbnail_number = 2

# %%
# The file is written completely or not at all. Labels that Kaggle would refuse raise an
# error.
with TemporaryDirectory() as folder:
    path = Path(folder, "submission.csv")
    write_submission(predicted, path)
    print(path.read_text(encoding="utf-8")[:40])

# %%
# ``skdigits submit digit-recognizer.zip`` does the same from the command line.
