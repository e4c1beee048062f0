"""Grid search for the settings of skdigits.baselines.

    python tests/benchmarks/tune_baselines.py

Searches the grid of each baseline in three folds of the first 5,000 training images.
`make_baselines` uses the parameters that are printed as best.
"""

import json

from sklearn.model_selection import GridSearchCV

from skdigits.baselines import make_baselines
from skdigits.datasets import load_competition

N_IMAGES = 5_000
GRIDS = {
    "logistic regression": {"logisticregression__C": [0.01, 0.03, 0.1, 0.3]},
    "k nearest neighbours": {
        "pca__n_components": [30, 50, 80],
        "kneighborsclassifier__n_neighbors": [3, 5],
        "kneighborsclassifier__weights": ["uniform", "distance"],
    },
    "SVC": {
        "pca__n_components": [30, 50, 80],
        "svc__C": [3, 10],
        "svc__gamma": [0.015, 0.02, 0.03],
    },
    "histogram gradient boosting": {
        "histgradientboostingclassifier__learning_rate": [0.1, 0.2],
        "histgradientboostingclassifier__max_leaf_nodes": [15, 31],
    },
    "multilayer perceptron": {
        "mlpclassifier__alpha": [1e-4, 1e-2, 1e-1],
        "mlpclassifier__hidden_layer_sizes": [(512,), (512, 256)],
    },
}


def main():
    digits = load_competition()
    X, y = digits.X_train[:N_IMAGES].to_numpy(), digits.y_train[:N_IMAGES].to_numpy()
    baselines = make_baselines(random_state=0)
    for name, grid in GRIDS.items():
        search = GridSearchCV(baselines[name], grid, cv=3, n_jobs=-1).fit(X, y)
        found = {"best": search.best_params_, "accuracy": round(search.best_score_, 5)}
        print(json.dumps({name: found}), flush=True)


if __name__ == "__main__":
    main()
