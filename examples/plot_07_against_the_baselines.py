"""
Comparison with baselines
=========================

Is a CNN worth its training time? Compare it with classical models on the same folds, by
errors, seconds, and a test of whether the difference may be chance.
"""

# %%
# Three classical models and a CNN.
from skdigits import make_digit_pipeline
from skdigits.baselines import compare, make_baselines
from skdigits.datasets import load_sample

digits = load_sample()
cnn = make_digit_pipeline("fast", random_state=0)
baselines = make_baselines(random_state=0)
chosen = "logistic regression", "k nearest neighbours", "SVC"
models = {"CNN": cnn, **{name: baselines[name] for name in chosen}}

# %%
# ``p_value`` is from McNemar's test against the first row. If it is not small, the
# images do not show which of the two models is better.
table = compare(models, digits.X_train, digits.y_train, cv=3)
print(table.round(4).to_string())

# %%
# Errors and training times.
import matplotlib.pyplot as plt

table = table[::-1]  # the first row on top
colours = ["#0072b2" if name == "CNN" else "#b4bcc6" for name in table.index]
figure, axes = plt.subplots(1, 2, figsize=(8, 3.8), sharey=True, layout="constrained")
titles = {
    "errors": f"Wrong of {len(digits.y_train):,} digits",
    "fit_seconds": "Seconds to train",
}
for ax, (column, title) in zip(axes, titles.items(), strict=True):
    bars = ax.barh(table.index, table[column], color=colours)
    ax.bar_label(bars, fmt="{:.3g}", padding=3)
    ax.set_title(title)
    ax.margins(x=0.15)  # space for the numbers
    ax.spines[["top", "right"]].set_visible(False)
