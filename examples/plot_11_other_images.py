"""
Other images: 8x8, colour, words as labels
==========================================

The classifier is not limited to grey digits of 28x28. The architecture adapts to the
images, and labels may be of any type that scikit-learn supports.
"""

# %%
# 8x8 pixels in 0..16, as scikit-learn bundles them.
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score

from skdigits import make_digit_pipeline

model = make_digit_pipeline("fast", random_state=0)
print(cross_val_score(model, *load_digits(return_X_y=True), cv=3).round(4))

# %%
# Synthetic colour images of 32x32: a disc, a square or a ring of random position and
# colour, on noise. The labels are words.
import numpy as np

rng = np.random.default_rng(0)
rows, columns = np.mgrid[:32, :32]


def draw(shape):
    middle, size = rng.integers(9, 23, 2), rng.integers(5, 9)
    down, right = abs(rows - middle[0]), abs(columns - middle[1])
    distance = np.maximum(down, right) if shape == "square" else np.hypot(down, right)
    image = rng.integers(0, 120, (32, 32, 3), dtype=np.uint8)
    hole = size - 3 if shape == "ring" else 0
    image[(distance <= size) & (distance >= hole)] = rng.integers(100, 256, 3)
    return image


labels = rng.choice(["disc", "square", "ring"], 1000)
images = np.array([draw(label) for label in labels])

# %%
# The preset "pictures" mirrors training images and cuts a square out of each copy.
# Three easy classes need only a fraction of its channels.
model = make_digit_pipeline("pictures", random_state=0)
model.set_params(cnn__width=0.25, cnn__epochs=8, cnn__batch_size=32)
model.fit(images[:800], labels[:800])
print(model.classes_, model.score(images[800:], labels[800:]))

# %%
# Images with the predicted label and its probability.
from skdigits.plots import AugmentationDisplay, DigitsDisplay

DigitsDisplay.from_estimator(model, images[800:], labels[800:], n_images=10)

# %%
# An image and copies of it as in the training: shifted, mirrored, partly black.
AugmentationDisplay.from_estimator(model["augment"], images, n_copies=7)
