"""
Other images: 8x8, colour, letters as labels
============================================

Nothing is special about 28x28 grey digits. The networks fit themselves to the images,
and labels are whatever scikit-learn takes.
"""

# %%
# 8x8 pixels in 0..16, as scikit-learn bundles them.
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score

from skdigits import CNNClassifier

X, y = load_digits(return_X_y=True)
model = CNNClassifier(epochs=6, batch_size=32, random_state=0)
print(cross_val_score(model, X, y, cv=2).round(4))

# %%
# Colour images of 32x32, made up here: a bright square in one of three colours, and
# words for labels. A row may be flat; then ``image_shape`` says how it is to be read.
import numpy as np

rng = np.random.default_rng(0)
colours = np.array(["red", "green", "blue"])
labels = rng.integers(0, 3, 300)
images = rng.integers(0, 100, (300, 32, 32, 3), dtype=np.uint8)
for image, label in zip(images, labels, strict=True):
    top, left = rng.integers(0, 24, 2)
    image[top : top + 8, left : left + 8, label] = 255

model = CNNClassifier(image_shape=(32, 32, 3), width=0.5, epochs=5, random_state=0)
model.fit(images[:200].reshape(200, -1), colours[labels[:200]])
print(model.classes_, model.score(images[200:].reshape(100, -1), colours[labels[200:]]))

# %%
# Images with what the model says of them.
from skdigits.plots import DigitsDisplay

DigitsDisplay.from_estimator(
    model, images[200:], colours[labels[200:]], n_images=10, image_shape=(32, 32, 3)
)
