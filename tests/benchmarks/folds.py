"""Out-of-fold accuracy and training time on the competition's 42,000 images.

    python tests/benchmarks/folds.py NAME [NAME ...] [--folds 0,1,2,3,4] [--workers 2]

NAME is a preset; a preset with other values of parameters, as in
fast:cnn__optimizer=adam,cnn__epochs=3; a baseline; residual (the larger network of the
ensemble "record"); residual+fast (both, and the mean of their probabilities); "skorch"
or "keras" (the classic architecture there, without augmentation; both need the extra
"bench"). The five stratified folds are fixed. Two fits run at a time, each on one core.
core_seconds is the CPU time of a fit.

Times are compared on one processor only: --again repeats rows of other processors. The
row of each fit is appended to docs/benchmarks/folds.jsonl at its end, with its
predictions; a restart skips existing rows. No result influences another fit: weights
are those of the last epoch, and the seed is the number of the fold.
"""

import argparse
import base64
import itertools
import json
import platform
import re
import time
import zlib
from importlib.metadata import version
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from rivals import KerasClassic, SkorchClassic
from sklearn.model_selection import StratifiedKFold

from skdigits._engine.epochs import number_of_epochs
from skdigits.baselines import make_baselines
from skdigits.datasets import load_competition
from skdigits.pipelines import (
    ENSEMBLES,
    PRESETS,
    make_digit_ensemble,
    make_digit_pipeline,
)

FOLDS = 5
ROWS = Path("docs/benchmarks/folds.jsonl")

RIVALS = {"keras": KerasClassic, "skorch": SkorchClassic}
RESIDUAL, _ = ENSEMBLES["record"]  # the other kind is the preset "fast"
OURS = PRESETS | {"residual": RESIDUAL}
NAMES = [*OURS, *RIVALS, *make_baselines()]


def parse(name):
    """Split fast:cnn__epochs=3,augment__zoom=0 into the preset and its changes."""
    preset, _, changes = name.partition(":")
    if preset in NAMES:
        fits = not changes or preset in OURS
    else:
        fits = not changes and "+" in preset and set(preset.split("+")) <= {*OURS}
    if not fits:
        raise SystemExit(
            f"NAME must be one of {NAMES}, NAME:PARAMETER=VALUE,... or "
            f"NAME+NAME+... Got {name!r} instead."
        )
    pairs = [change.partition("=") for change in changes.split(",") if change]
    return preset, {parameter: value_of(text) for parameter, _, text in pairs}


def value_of(text):
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def make_model(name, seed):
    name, change = parse(name)
    if name in PRESETS:
        return make_digit_pipeline(name, random_state=seed).set_params(**change)
    if name == "residual":
        _, member = make_digit_ensemble("record").estimators[0]
        seeds = {"augment__random_state": seed, "cnn__random_state": seed}
        return member.set_params(**seeds, **change)
    if name in RIVALS:
        return RIVALS[name](seed)
    return make_baselines(random_state=seed)[name]


def settings(name):
    """Return the settings that a row depends on."""
    names = parse(name)[0].split("+")
    steps = itertools.chain(*(OURS.get(each, {}).items() for each in names))
    return json.loads(json.dumps([_with_epochs(*step) for step in steps]))


def _with_epochs(step, params):
    """Add the number of epochs of a training on 33,600 images or more."""
    if step != "cnn":
        return params
    return {
        "epochs": number_of_epochs("auto", params["architecture"], 33_600),
        **params,
    }


def read_rows(path=ROWS):
    """Read the rows of models with the present settings."""
    if not path.exists():
        return []
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [row for row in rows if row["settings"] == settings(row["name"])]


def pack(predicted):
    """Convert digits to text, which `unpack` reads."""
    return base64.b64encode(zlib.compress(np.uint8(predicted).tobytes(), 9)).decode()


def unpack(text):
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)


def test_indices(y):
    """Return the indices of the test images of each fold."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    return [test for _, test in folds.split(y, y)]


def fit(name, fold, X, y):
    """Train on all but one fold, predict that fold, and return rows.

    A preset that averages over shifts has a second row, without shifts. Averaged
    presets also have rows of each preset.
    """
    if "+" not in name:
        return fit_alone(name, fold, X, y)[0]
    found = [fit_alone(preset, fold, X, y) for preset in name.split("+")]
    probabilities = np.mean([proba for _, proba in found], axis=0)
    predicted = probabilities.argmax(axis=1)  # the labels are 0 to 9
    rows = [rows[0] for rows, _ in found]
    together = rows[0] | {
        "name": name,
        **{
            key: round(sum(row[key] for row in rows), 2)
            for key in ("fit_seconds", "core_seconds", "predict_seconds")
        },
        "settings": settings(name),
        "single_errors": [row["errors"] for row in rows],
        "errors": int((predicted != y[test_indices(y)[fold]]).sum()),
        "predicted": pack(predicted),
    }
    return [*itertools.chain(*(rows for rows, _ in found)), together]


def fit_alone(name, fold, X, y):
    """Train one model; return its rows and, for a preset, its probabilities."""
    test = test_indices(y)[fold]
    train = np.setdiff1d(np.arange(len(y)), test)
    model = make_model(name, fold)
    if (
        parse(name)[0] not in make_baselines()
    ):  # TensorFlow starts before the time is measured
        warm_up = make_digit_pipeline(random_state=0).set_params(cnn__epochs=1)
        warm_up.fit(X[:50], y[:50])
    start = time.perf_counter(), time.process_time()
    model.fit(X[train], y[train])
    seconds = time.perf_counter() - start[0]
    core_seconds = time.process_time() - start[1]
    row = {
        "name": name,
        "fold": fold,
        "n": len(test),
        "fit_seconds": round(seconds, 1),
        "core_seconds": round(core_seconds, 1),
        "settings": settings(name),
        "processor": processor(),
        "python": platform.python_version(),
        "versions": {p: version(p) for p in ("tensorflow", "keras", "scikit-learn")},
    }
    rows = [row | test_on(model, X[test], y[test])]
    probabilities = model.predict_proba(X[test]) if name in OURS else None
    if name in OURS and model.get_params().get("cnn__test_time_shift"):
        model.set_params(cnn__test_time_shift=0)
        other = {"name": f"{name}:cnn__test_time_shift=0"}
        rows.append(row | other | test_on(model, X[test], y[test]))
    return rows, probabilities


def test_on(model, X, y):
    start = time.perf_counter()
    predicted = model.predict(X)
    return {
        "errors": int((predicted != y).sum()),
        "predict_seconds": round(time.perf_counter() - start, 2),
        "predicted": pack(predicted),
    }


def processor():
    """Return the name of the processor and of its widest vector instructions."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    name = re.search("model name\t: (.*)", text)[1]
    return f"{name}, {'AVX-512' if ' avx512f ' in text else 'AVX2'}"


def keep(rows):
    ROWS.parent.mkdir(parents=True, exist_ok=True)
    with ROWS.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    for row in rows:
        print(row["name"], row["fold"], row["errors"], row["core_seconds"], flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--folds", default="0,1,2,3,4")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--again", action="store_true", help="repeat rows of other processors"
    )
    arguments = parser.parse_args()
    digits = load_competition()
    X, y = digits.X_train.to_numpy(), digits.y_train.to_numpy()
    for name in arguments.names:
        parse(name)
    here = [row for row in read_rows() if row["processor"] == processor()]
    rows = here if arguments.again else read_rows()
    done = {(row["name"], row["fold"]) for row in rows}
    folds = map(int, arguments.folds.split(","))
    tasks = [(name, fold) for fold in folds for name in arguments.names]
    tasks = [task for task in tasks if task not in done]
    parallel = Parallel(n_jobs=arguments.workers, return_as="generator_unordered")
    for rows in parallel(delayed(fit)(*task, X, y) for task in tasks):
        keep(rows)


if __name__ == "__main__":
    main()
