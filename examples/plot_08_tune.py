"""
Tune a classifier and its augmentation together
===============================================

The rotation of the augmentation and the learning rate are parameters of one Pipeline,
so the searches of scikit-learn tune them together. An Optuna study also prunes bad
trials early.
"""

# %%
# Some of the bundled digits keep this example short.
from skdigits import make_digit_pipeline
from skdigits.datasets import load_sample

digits = load_sample()
X, y = digits.X_train[:500], digits.y_train[:500]
model = make_digit_pipeline("fast", random_state=0)
model.set_params(cnn__epochs=10, cnn__batch_size=32, cnn__width=0.5)
model.set_params(cnn__test_time_shift=0)

# %%
# Search a grid; all candidates get the same folds.
from sklearn.model_selection import GridSearchCV

search = GridSearchCV(model, {"augment__rotation": [0, 8, 16]}, cv=2).fit(X, y)
print(search.best_params_, search.cv_results_["mean_test_score"].round(4))

# %%
# Optuna samples where it expects higher scores, and its pruner ends trials below the
# median. With ``storage="study.db"`` a later call would resume the study.
from optuna.pruners import MedianPruner

from skdigits.tuning import tune


def suggest(trial):
    return {
        "augment__rotation": trial.suggest_float("rotation", 0, 60),
        "cnn__learning_rate": trial.suggest_float("rate", 1e-4, 3e-2, log=True),
    }


options = {"suggest": suggest, "n_trials": 14, "cv": 2, "random_state": 0}
pruner = MedianPruner(n_startup_trials=3, n_warmup_steps=3)
result = tune(model, X, y, pruner=pruner, **options)
accuracy = result.best_estimator.score(digits.X_test, digits.y_test)
print(result.best_params, f"{accuracy:.4f} on the test images")

# %%
# The parameters of all trials, coloured by accuracy. Crosses are pruned trials.
import matplotlib.pyplot as plt

figure, ax = plt.subplots(layout="constrained")
for trial in result.study.trials:
    point = trial.params["rate"], trial.params["rotation"]
    marker = "X" if trial.state.name == "PRUNED" else "o"
    dots = ax.scatter(*point, 120, trial.value, marker=marker, vmin=0.8, vmax=1)
figure.colorbar(dots, label="accuracy")
ax.set(xscale="log", xlabel="learning rate", ylabel="largest rotation (degrees)")
