"""
An ensemble from scikit-learn's own parts
=========================================

Networks that started from different seeds make different mistakes, and their mean
probability is right more often than each. ``VotingClassifier`` and
``BaggingClassifier`` take them as they are.
"""

# %%
# Five networks that differ in their seeds, averaged. They train on 300 digits only, so
# that there are mistakes to count.
from skdigits import make_digit_pipeline
from skdigits.datasets import load_sample
from skdigits.pipelines import make_digit_ensemble

digits = load_sample()
X, y = digits.X_train, digits.y_train
ensemble = make_digit_ensemble("fast", 5, random_state=0)
for name, _ in ensemble.estimators:
    ensemble.set_params(**{f"{name}__cnn__epochs": 15, f"{name}__cnn__batch_size": 32})
    ensemble.set_params(**{f"{name}__cnn__test_time_shift": 0})
ensemble.fit(X[:300], y[:300])

# %%
# Bagging trains each on a sample of its own, which small data do not always forgive.
from sklearn.ensemble import BaggingClassifier

network = make_digit_pipeline("fast").set_params(cnn__epochs=15, cnn__batch_size=32)
network.set_params(cnn__test_time_shift=0)
bagging = BaggingClassifier(network, 5, max_samples=0.8, random_state=0)
bagging.fit(X[:300], y[:300])

# %%
# Mistakes among the other 1,137 digits.
import matplotlib.pyplot as plt

models = {**ensemble.named_estimators_, "together": ensemble, "bagging": bagging}
wrong = {n: int((m.predict(X[300:]) != y[300:]).sum()) for n, m in models.items()}
print(wrong)
figure, ax = plt.subplots(layout="constrained")
colours = ["#b4bcc6"] * 5 + ["#0072b2", "#009e73"]
ax.bar_label(ax.barh(list(wrong), wrong.values(), color=colours), padding=3)
ax.set(xlabel="digits", title=f"Wrong of {len(y) - 300:,}")
ax.margins(x=0.1)  # room for the numbers
ax.invert_yaxis()

# %%
# The five trainings: their mean, and a band from the lowest to the highest.
from skdigits.plots import HistoryDisplay

display = HistoryDisplay.from_estimator(ensemble.estimators_)
display.figure_.suptitle("Loss and accuracy of five networks")
