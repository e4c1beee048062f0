"""
What the layers see
===================

The activations of a network for one image: first edges, then parts, and with each
pooling less of where they were. Every channel has a scale of its own, so that a quiet
one can be seen; a channel that is the same everywhere is drawn dark.
"""

# %%
# The network of the 2019 notebook, at half its width, trained on the bundled digits.
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
# One image of the test part, with the label and the probability that the model gives.
import matplotlib.pyplot as plt

from skdigits.plots import ActivationsDisplay, DigitsDisplay

image = digits.X_test[4:5]
figure, ax = plt.subplots(figsize=(3, 3.4), layout="constrained")
DigitsDisplay.from_estimator(model, image, axes=[ax])

# %%
# One channel, large.
ActivationsDisplay.from_estimator(model, image, layers="conv1", channel=4)

# %%
# All channels of all convolutions, sixteen in a row.
ActivationsDisplay.from_estimator(model, image, layers="conv")

# %%
# The same after each pooling.
ActivationsDisplay.from_estimator(model, image, layers="pooling")
# sphinx_gallery_thumbnail_number = 3
