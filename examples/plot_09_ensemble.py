"""
Ensembles with scikit-learn
===========================

Models with different seeds make different mistakes, and the average of their
probabilities is right more often than a single model. scikit-learn's
``VotingClassifier`` and ``BaggingClassifier`` compute the average.
"""

# %%
# The average of five models with different seeds. They train on only 300 digits, so
# that they make enough mistakes to compare.
from skdigits import make_digit_pipeline
from skdigits.datasets import load_sample
from skdigits.pipelines import make_digit_ensemble

digits = load_sample()
X, y = digits.X_train, digits.y_train
ensemble = make_digit_ensemble("fast", 5, random_state=0)
for name, _ in ensemble.estimators:
    ensemble.set_params(**{f"{name}__cnn__test_time_shift": 0})
ensemble.fit(X[:300], y[:300])

# %%
# Bagging trains each model on a random sample, which may be too small here.
from sklearn.ensemble import BaggingClassifier

single = make_digit_pipeline("fast").set_params(cnn__test_time_shift=0)
bagging = BaggingClassifier(single, 5, max_samples=0.8, random_state=0)
bagging.fit(X[:300], y[:300])

# %%
# Mistakes on the other 1,137 digits.
import matplotlib.pyplot as plt

models = {**ensemble.named_estimators_, "together": ensemble, "bagging": bagging}
wrong = {n: int((m.predict(X[300:]) != y[300:]).sum()) for n, m in models.items()}
print(wrong)
figure, ax = plt.subplots(layout="constrained")
colours = ["#b4bcc6"] * 5 + ["#0072b2", "#009e73"]
ax.bar_label(ax.barh(list(wrong), wrong.values(), color=colours), padding=3)
ax.set(xlabel="digits", title=f"Wrong of {len(y) - 300:,}")
ax.margins(x=0.1)  # space for the numbers
ax.invert_yaxis()

# %%
# All five trainings: their mean, and a band from the lowest to the highest value.
from skdigits.plots import HistoryDisplay

display = HistoryDisplay.from_estimator(ensemble.estimators_)
display.figure_.suptitle("Loss and accuracy of five models")
