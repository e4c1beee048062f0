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
from sklearn.pipeline import make_pipeline

from skdigits import CNNClassifier, ImageAugmenter

X, y = load_digits(return_X_y=True)
model = make_pipeline(
    ImageAugmenter(random_state=0),
    CNNClassifier(epochs=15, batch_size=32, random_state=0),
)
print(cross_val_score(model, X, y, cv=3).round(4))

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
    inside = (distance <= size) & ((shape != "ring") | (distance >= size - 3))
    image = rng.integers(0, 120, (32, 32, 3), dtype=np.uint8)
    image[inside] = rng.integers(100, 256, 3)
    return image


labels = rng.choice(["disc", "square", "ring"], 1000)
images = np.array([draw(label) for label in labels])

# %%
# If each image is a flat row, as in a table, ``image_shape`` has its shape.
model = CNNClassifier(image_shape=(32, 32, 3), epochs=10, batch_size=32, random_state=0)
model.fit(images[:800].reshape(800, -1), labels[:800])
print(model.classes_, model.score(images[800:].reshape(200, -1), labels[800:]))

# %%
# Images with the predicted label and its probability.
import matplotlib.pyplot as plt

from skdigits.plots import DigitsDisplay

_, axes = plt.subplots(3, 4, figsize=(6.4, 5.6), layout="constrained")
DigitsDisplay.from_estimator(model, images[800:], labels[800:], n_images=12, axes=axes)
