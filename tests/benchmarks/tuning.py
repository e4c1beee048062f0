"""Savings by pruning, overhead of the objective, and a grid on several workers.

    python tests/benchmarks/tuning.py pruning [--seeds 0,1,2]
    python tests/benchmarks/tuning.py overhead
    python tests/benchmarks/tuning.py grid

They use the first 3,000 of the competition's images, the grid 1,200. Each result is
appended to docs/benchmarks/tuning.jsonl.
"""

import argparse
import json
import statistics
from pathlib import Path
from time import perf_counter

import joblib
import numpy as np
import optuna
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from skdigits import make_digit_pipeline
from skdigits.datasets import load_competition
from skdigits.tuning import CrossValidationObjective, tune

N_TRIALS = 30
N_IMAGES = 3000
N_GRID = 1200
OUT = Path("docs/benchmarks/tuning.jsonl")
RUNS = 5


def load():
    digits = load_competition()
    X, y = digits.X_train.to_numpy(), digits.y_train.to_numpy()
    return X[:N_IMAGES], y[:N_IMAGES]


def make_model(epochs=9):
    return make_digit_pipeline(random_state=0).set_params(
        cnn__epochs=epochs, cnn__test_time_shift=0
    )


class CountEpochs:
    """scikit-learn callback that counts the epochs of all fits."""

    count = 0

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        CountEpochs.count += context.task_name == "epoch"


def pruning(seeds):
    """Run thirty trials with the pruner of `tune` and without, with equal seeds."""
    X, y = load()
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    for seed in seeds:
        row = {"row": "pruning", "seed": seed, "trials": N_TRIALS, "images": N_IMAGES}
        for name, pruner in (("pruned", None), ("whole", optuna.pruners.NopPruner())):
            model = make_model()
            model["cnn"].set_callbacks(CountEpochs())
            CountEpochs.count = 0
            start = perf_counter()
            study, _, _ = tune(
                model,
                X,
                y,
                n_trials=N_TRIALS,
                cv=folds,
                pruner=pruner,
                random_state=seed,
                verbose=0,
            )
            states = [trial.state.name for trial in study.trials]
            row[name] = {
                "epochs": CountEpochs.count - model["cnn"].epochs,  # less the refit
                "best": study.best_value,
                "params": study.best_params,
                "seconds": round(perf_counter() - start, 1),
                "pruned": states.count("PRUNED"),
            }
        keep(row)


def overhead(seeds):
    """Time two trials of the objective and a loop of fits, in turn."""
    X, y = load()
    folds = list(StratifiedKFold(3, shuffle=True, random_state=0).split(X, y))
    model = make_model(epochs=4)
    rates = [0.002, 0.004]

    def by_hand():
        for rate in rates:
            scores = []
            for train, test in folds:
                fold_model = clone(model).set_params(cnn__learning_rate=rate)
                fold_model.fit(X[train], y[train])
                scores.append(fold_model.score(X[test], y[test]))
            np.mean(scores)

    def suggest(trial):
        return {"cnn__learning_rate": trial.suggest_categorical("rate", rates)}

    objective = CrossValidationObjective(model, X, y, suggest=suggest, cv=folds)

    def by_study():
        pruner = optuna.pruners.NopPruner()
        study = optuna.create_study(direction="maximize", pruner=pruner)
        for rate in rates:
            study.enqueue_trial({"rate": rate})
        study.optimize(objective, n_trials=len(rates))

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    by_hand(), by_study()
    seconds = [(timed(by_study), timed(by_hand)) for _ in range(RUNS)]
    a, b = (list(column) for column in zip(*seconds, strict=True))
    ratio = statistics.median(a) / statistics.median(b)
    keep({"row": "overhead", "objective": a, "by_hand": b, "ratio": ratio})


def grid(seeds):
    """Measure a grid of twelve candidates on loky and dask workers."""
    from distributed import Client, LocalCluster

    X, y = (part[:N_GRID] for part in load())
    values = {
        "cnn__width": [0.5, 1],
        "augment__rotation": [5, 15],
        "cnn__learning_rate": [0.002, 0.004, 0.008],
    }
    search = GridSearchCV(make_model(epochs=3), values, cv=3, refit=False)

    def on(backend, n_jobs):
        with joblib.parallel_config(backend, n_jobs=n_jobs):
            search.fit(X, y)

    backends = {
        "loky 1": lambda: on("loky", 1),
        "loky 2": lambda: on("loky", 2),
        "dask 2": lambda: on("dask", 2),
    }
    with (
        LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        for run in backends.values():
            run()
        seconds = {name: [] for name in backends}
        for _ in range(3):
            for name, run in backends.items():
                seconds[name].append(timed(run))
    keep({"row": "grid", "candidates": 12, "folds": 3, "seconds": seconds})


def timed(function):
    start = perf_counter()
    function()
    return perf_counter() - start


def keep(row):
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with OUT.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    print(json.dumps(row), flush=True)


ROWS = {"pruning": pruning, "overhead": overhead, "grid": grid}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="+", choices=list(ROWS))
    parser.add_argument("--seeds", default="0,1,2")
    arguments = parser.parse_args()
    for name in arguments.rows:
        ROWS[name]([*map(int, arguments.seeds.split(","))])
