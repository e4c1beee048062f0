"""
Against the baselines
=====================

Is a network worth its training time? Classical models on the same folds say so, with
the seconds that each took and the probability that the difference is chance.
"""

# %%
# Three of the classical models, and a network.
from skdigits import make_digit_pipeline
from skdigits.baselines import compare, make_baselines
from skdigits.datasets import load_sample

digits = load_sample()
network = make_digit_pipeline("fast", random_state=0)
network.set_params(cnn__epochs=15, cnn__batch_size=32)
baselines = make_baselines(random_state=0)
chosen = "logistic regression", "k nearest neighbours", "SVC"
models = {"network": network, **{name: baselines[name] for name in chosen}}

# %%
# ``p_value`` is that of McNemar's test against the first row: where it is not small,
# these images cannot tell which of the two is better.
table = compare(models, digits.X_train, digits.y_train, cv=3)
print(table.round(4).to_string())

# %%
# Errors, and the time that they take.
import matplotlib.pyplot as plt

table = table[::-1]  # the first row on top
colours = ["#0072b2" if name == "network" else "#b4bcc6" for name in table.index]
figure, axes = plt.subplots(1, 2, figsize=(8, 3.8), sharey=True, layout="constrained")
titles = {
    "errors": f"Wrong of {len(digits.y_train):,} digits",
    "fit_seconds": "Seconds to train",
}
for ax, (column, title) in zip(axes, titles.items(), strict=True):
    bars = ax.barh(table.index, table[column], color=colours)
    ax.bar_label(bars, fmt="{:.3g}", padding=3)
    ax.set_title(title)
    ax.margins(x=0.15)  # room for the numbers
    ax.spines[["top", "right"]].set_visible(False)
