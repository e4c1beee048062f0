"""
Activations of the layers
=========================

The activations of a CNN for one image: the first layers respond to edges, later ones to
parts of the digit, and each pooling layer reduces the resolution. Every channel has its
own colour scale, so that weak ones are visible. A constant channel is dark.
"""

# %%
# The architecture of the 2019 notebook, at half its width, trained on bundled digits.
from skdigits import CNNClassifier
from skdigits.datasets import load_sample

digits = load_sample()
model = CNNClassifier(
    architecture="classic", width=0.5, epochs=8, batch_size=32, random_state=0
)
model.fit(digits.X_train, digits.y_train)
print(f"accuracy {model.score(digits.X_test, digits.y_test):.4f}")
print(model.summary())

# %%
# A test image, with its predicted label and probability.
import matplotlib.pyplot as plt

from skdigits.plots import ActivationsDisplay, DigitsDisplay

image = digits.X_test[4:5]
figure, ax = plt.subplots(figsize=(3, 3.4), layout="constrained")
DigitsDisplay.from_estimator(model, image, axes=[ax])

# %%
# One channel, enlarged.
ActivationsDisplay.from_estimator(model, image, layers="conv1", channel=4)

# %%
# All channels of all convolutions, sixteen in a row.
ActivationsDisplay.from_estimator(model, image, layers="conv")

# %%
# All channels after each pooling layer.
ActivationsDisplay.from_estimator(model, image, layers="pooling")
# sphinx_gallery_thumbnail_number = 3
