"""
An ensemble from scikit-learn's own parts
=========================================

Networks that started from different seeds are wrong in different places, and their mean
probability is right more often than each. ``VotingClassifier`` and
``BaggingClassifier`` take them as they are.
"""

# %%
# Three networks that differ in their seeds, averaged.
from skdigits import make_digit_pipeline
from skdigits.datasets import load_sample
from skdigits.pipelines import make_digit_ensemble

digits = load_sample()
ensemble = make_digit_ensemble("fast", 3, random_state=0)
for name, _ in ensemble.estimators:
    ensemble.set_params(**{f"{name}__cnn__epochs": 4, f"{name}__cnn__batch_size": 32})
X, y = digits.X_train[:500], digits.y_train[:500]
ensemble.fit(X, y)

# %%
# The mean is at least as sure of what is right as most of its parts.
from sklearn.metrics import log_loss

for name, network in ensemble.named_estimators_.items():
    loss = log_loss(digits.y_test, network.predict_proba(digits.X_test))
    print(f"{name}: {network.score(digits.X_test, digits.y_test):.4f}, {loss:.4f}")
loss = log_loss(digits.y_test, ensemble.predict_proba(digits.X_test))
print(f"together: {ensemble.score(digits.X_test, digits.y_test):.4f}, {loss:.4f}")

# %%
# Their trainings: the mean, and a band from the lowest to the highest.
from skdigits.plots import HistoryDisplay

display = HistoryDisplay.from_estimator(ensemble.estimators_)
display.figure_.suptitle("Loss and accuracy of three networks")

# %%
# Bagging trains each on a sample of its own, which small data do not always forgive.
from sklearn.ensemble import BaggingClassifier

network = make_digit_pipeline("fast").set_params(cnn__epochs=4, cnn__batch_size=32)
bagging = BaggingClassifier(network, 2, max_samples=0.8, random_state=0)
bagging.fit(X, y)
print(f"bagging: {bagging.score(digits.X_test, digits.y_test):.4f}")
