"""
Early stopping inside cross-validation, without a leak
======================================================

Early stopping needs images that the model is not trained on. These must not be the test
fold, which would then select the epoch whose score it reports. So there are two
validation sets. The inner one, ``validation_fraction``, is a part of the training
images and decides when to stop. The outer one, the test fold, is only for the score.
"""

# %%
# A stratified fifth of each training part is held out before any augmentation.
from sklearn.model_selection import cross_validate

from skdigits import make_digit_pipeline
from skdigits.datasets import load_sample

digits = load_sample()
X, y = digits.X_train, digits.y_train
model = make_digit_pipeline("fast", random_state=0).set_params(
    cnn__epochs=40,
    cnn__batch_size=32,
    cnn__learning_rate=0.001,
    cnn__schedule="constant",
    cnn__validation_fraction=0.2,
    cnn__early_stopping=True,
    cnn__n_iter_no_change=6,
)
results = cross_validate(model, X, y, cv=3, return_estimator=True)

# %%
# The best accuracy on the inner set is too optimistic, as the best epoch was selected.
for score, fitted in zip(results["test_score"], results["estimator"], strict=True):
    history = fitted["cnn"].history_
    inner = max(history["val_accuracy"])
    print(f"{fitted['cnn'].n_iter_} epochs: inner {inner:.4f}, outer {score:.4f}")

# %%
# All three trainings: their mean, and a band from the lowest to the highest value.
from skdigits.plots import HistoryDisplay

display = HistoryDisplay.from_estimator(results["estimator"], learning_rate=False)
display.figure_.suptitle("Loss and accuracy of three trainings")
