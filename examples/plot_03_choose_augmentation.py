"""
Choose augmentation by eye and by cross-validation
==================================================

An augmented copy that a person cannot read teaches the model a label that the image
does not show. Find this limit by eye, and the best strength below it by
cross-validation.
"""

# %%
# Digits that are rotated by up to 15 degrees look like those of another writer.
import matplotlib.pyplot as plt

from skdigits import CNNClassifier, ImageAugmenter
from skdigits.datasets import load_sample
from skdigits.plots import AugmentationDisplay

digits = load_sample()
six = digits.X_train[digits.y_train == 6]


def show(rotation):
    figure, axes = plt.subplots(4, 6, figsize=(6, 4.5), layout="constrained")
    augmenter = ImageAugmenter(rotation=rotation, random_state=0)
    AugmentationDisplay.from_estimator(augmenter, six, n_copies=23, axes=axes)
    figure.suptitle(f"Rotated by up to {rotation} degrees")


show(15)

# %%
# If they are rotated by up to 180 degrees, a 6 may become a 9.
show(180)

# %%
# The strengths are parameters of a step, so any search can tune them. The images for
# scoring are never augmented.
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

cnn = CNNClassifier(epochs=10, batch_size=32, width=0.5, random_state=0)
model = Pipeline([("augment", ImageAugmenter(random_state=0)), ("cnn", cnn)])
rotations = [0, 10, 30, 90, 180]
search = GridSearchCV(model, {"augment__rotation": rotations}, cv=3, refit=False)
search.fit(digits.X_train[:500], digits.y_train[:500])

results = search.cv_results_
mean, deviation = results["mean_test_score"], results["std_test_score"]
figure, ax = plt.subplots(layout="constrained")
ax.errorbar(rotations, mean, deviation, marker="o", capsize=4)
ax.set(xlabel="maximum rotation in degrees", ylabel="accuracy", xticks=rotations)
ax.set_title("Mean and standard deviation over three folds")
for rotation, score in zip(rotations, mean, strict=True):
    print(f"up to {rotation:3} degrees: {score:.4f}")
