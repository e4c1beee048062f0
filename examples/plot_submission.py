"""
Write the submission
====================

Train on everything, predict the test images, write the file. With ``SKDIGITS_DATA``
set, these are the competition's own images.
"""

# %%
# The network, and the labels of the test images.
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from skdigits import make_digit_pipeline, write_submission
from skdigits.datasets import load_competition, load_sample

is_real = "SKDIGITS_DATA" in os.environ
digits = load_competition() if is_real else load_sample()
model = make_digit_pipeline("fast", random_state=0)
if not is_real:
    model.set_params(cnn__batch_size=32, cnn__epochs=4)
model.fit(digits.X_train, digits.y_train)
predicted = model.predict(digits.X_test)

# %%
# Do the predictions look like the labels?
from skdigits.plots import LabelCountsDisplay

labels = {"training": digits.y_train, "predictions": predicted}
LabelCountsDisplay.from_labels(labels).ax_.set_title("Shares of each digit")

# %%
# The file is written whole or not at all, and refused if Kaggle would refuse it.
with TemporaryDirectory() as folder:
    path = Path(folder, "submission.csv")
    write_submission(predicted, path)
    print(path.read_text()[:40])

# %%
# ``skdigits submit digit-recognizer.zip`` does the same from the command line.
