"""
Your own digits: photos, scans and drawings
===========================================

MNIST's digits are light on black, 20 pixels high or wide, with their centre of mass in
the middle. A model that was trained on them needs photos in the same form.
``DigitNormalizer`` converts them. The photos here are drawn, so the example needs no
files; ``load_images("photos").images`` reads your own.
"""

# %%
# Train with the preset that begins with a ``DigitNormalizer``.
from skdigits import make_digit_pipeline, read_numbers
from skdigits.datasets import load_sample

digits = load_sample()
model = make_digit_pipeline("robust", random_state=0)
model.fit(digits.X_train, digits.y_train)
print(f"accuracy {model.score(digits.X_test, digits.y_test):.4f}")

# %%
# Photos of single digits: the pen, paper, lighting and size vary.
from skdigits.datasets import make_digit_photo

options = [
    {"pen": "ballpoint", "paper": "squared"},
    {"pen": "pencil", "paper": "plain", "tilt": 10},
    {"pen": "felt", "paper": "ruled", "height": 200},
    {"pen": "chalk", "paper": "plain", "light": "shadow"},
]
photos = [
    make_digit_photo(str(d), **options[d % 4], random_state=d).image for d in range(10)
]

# %%
# Predictions of the same model for photos that are only resized and inverted (middle),
# and for photos after the normalizer (bottom).
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from skdigits.plots import DigitsDisplay, FoundDigitsDisplay

small = [Image.fromarray(p).convert("L").resize((28, 28)) for p in photos]
resized = 255 - np.array(small).reshape(10, 784)
_, axes = plt.subplots(3, 10, figsize=(9, 4.2), layout="constrained")
for ax, photo in zip(axes[0], photos, strict=True):
    ax.set_axis_off()
    ax.imshow(photo)
for row, X in zip(axes[1:], (resized, model[0].transform(photos)), strict=True):
    DigitsDisplay.from_estimator(model[1:], X, range(10), axes=row)

# %%
# Find and read the numbers of a page in the light of a lamp.
page = make_digit_photo("31415\n92653", light="lamp", random_state=0)
read = read_numbers(model, page.image)
print("numbers:", *read.numbers, "lowest probabilities:", read.probabilities.round(2))
FoundDigitsDisplay.from_estimator(model, page.image)
