"""
Against the baselines
=====================

Is a network worth its training time? Classical models on the same folds say so, with
the seconds that each took and the chance that the difference is chance.
"""

# %%
# Two of the classical models, and a network, on a part of the bundled digits.
from skdigits import make_digit_pipeline
from skdigits.baselines import compare, make_baselines
from skdigits.datasets import load_sample

digits = load_sample()
network = make_digit_pipeline("fast", random_state=0)
network.set_params(cnn__epochs=10, cnn__batch_size=32, cnn__test_time_shift=0)
baselines = make_baselines(random_state=0)
chosen = {name: baselines[name] for name in ("k nearest neighbours", "SVC")}

# %%
# ``p_value`` is that of McNemar's test against the first row: where it is not small,
# these images cannot tell which of the two is better.
table = compare(
    {"network": network, **chosen}, digits.X_train[:500], digits.y_train[:500], cv=2
)
print(table.round(4).to_string())

# %%
# Time against errors.
import matplotlib.pyplot as plt

figure, ax = plt.subplots(layout="constrained")
ax.loglog(table["fit_seconds"], table["errors"], "o")
for name, row in table.iterrows():
    ax.annotate(name, (row["fit_seconds"], row["errors"]))
ax.set(xlabel="seconds to fit", ylabel="errors", title="Errors against training time")
