"""
Tune the network and its augmentation together
==============================================

How far to rotate and how large a batch to take are questions for cross-validation.
Both are parameters of one Pipeline, so scikit-learn's searches tune them with nothing
of ours in between, and a study of Optuna's gives up early on what looks bad.
"""

# %%
# A part of the bundled digits, and few epochs, keep this short.
from sklearn.pipeline import Pipeline

from skdigits import CNNClassifier, ImageAugmenter
from skdigits.datasets import load_sample

digits = load_sample()
X, y = digits.X_train[:300], digits.y_train[:300]
cnn = CNNClassifier(epochs=5, width=0.5, batch_size=16, random_state=0)
model = Pipeline([("augment", ImageAugmenter(shift=0.05)), ("cnn", cnn)])

# %%
# A grid, tried on the same folds.
from sklearn.model_selection import GridSearchCV

grid = {"augment__rotation": [5, 20], "cnn__batch_size": [16, 32]}
search = GridSearchCV(model, grid, cv=2).fit(X, y)
for params, score in zip(
    search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
):
    print(params, f"{score:.4f}")

# %%
# Optuna draws where it expects more, and a pruner looks at each epoch. With a
# ``storage`` the study would go on where it was killed.
from skdigits.tuning import tune


def suggest(trial):
    return {
        "augment__rotation": trial.suggest_float("rotation", 0, 30),
        "cnn__learning_rate": trial.suggest_float("rate", 1e-3, 1e-2, log=True),
    }


result = tune(model, X, y, suggest=suggest, n_trials=5, cv=2, random_state=0)
accuracy = result.best_estimator.score(digits.X_test, digits.y_test)
print(result.best_params, f"{accuracy:.4f}")

# %%
# Each trial's scores by epoch and fold: what the pruner saw.
import matplotlib.pyplot as plt

figure, ax = plt.subplots(layout="constrained")
for trial in result.study.trials:
    steps = trial.intermediate_values
    ax.plot(steps.keys(), steps.values(), "o-", label=f"trial {trial.number}")
ax.set(xlabel="step", ylabel="accuracy", title="Scores of the trials")
ax.legend()
