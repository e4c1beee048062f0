"""
Choose augmentation by eye and by cross-validation
==================================================

A draw that a person cannot read teaches the network a label that the picture does not
show. The eye gives the limit; within it, cross-validation decides.
"""

# %%
# Rotations by up to 15 degrees look like another writer's hand. By up to 90, a 6 may be
# a 9.
from skdigits import CNNClassifier, ImageAugmenter
from skdigits.datasets import load_sample
from skdigits.plots import AugmentationDisplay

digits = load_sample()
for rotation in (15, 90):
    augmenter = ImageAugmenter(rotation=rotation, random_state=0)
    display = AugmentationDisplay.from_estimator(augmenter, digits.X_train, n_draws=7)
    display.figure_.suptitle(f"Rotated by up to {augmenter.rotation} degrees")

# %%
# The strengths are parameters of a step, so any search takes them. The images that it
# scores on are never altered.
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

cnn = CNNClassifier(epochs=6, batch_size=32, width=0.5, random_state=0)
augmenter = ImageAugmenter(shift=0.05, random_state=0)
model = Pipeline([("augment", augmenter), ("cnn", cnn)])
grid = {"augment__rotation": [0, 15, 90]}
search = GridSearchCV(model, grid, cv=2, refit=False)
search.fit(digits.X_train[:400], digits.y_train[:400])
for rotation, score in zip(
    grid["augment__rotation"], search.cv_results_["mean_test_score"], strict=True
):
    print(f"up to {rotation} degrees: {score:.4f}")
