"""Public signatures have types that a type checker understands."""

import inspect
import itertools
import subprocess
import sys
from typing import get_args

import pytest

import skdigits
import skdigits.baselines
import skdigits.datasets
import skdigits.pipelines
import skdigits.plots
import skdigits.tuning
from skdigits import CNNClassifier
from skdigits._engine.architectures import ARCHITECTURES, ArchitectureName
from skdigits._engine.optimizers import OPTIMIZERS, OptimizerName
from skdigits._engine.schedules import SCHEDULES, ScheduleName
from skdigits._presets import ENSEMBLES, PRESETS, EnsembleName, PresetName
from skdigits.datasets._page import PAPERS, PENS
from skdigits.datasets._photo import LIGHTS, LightName, PaperName, PenName

NAMESPACES = [
    skdigits,
    skdigits.baselines,
    skdigits.datasets,
    skdigits.plots,
    skdigits.tuning,
]
PUBLIC = {
    getattr(namespace, name)
    for namespace in NAMESPACES
    for name in namespace.__all__
    if getattr(namespace, name) not in (skdigits.ModelFileError,)
} | {skdigits.pipelines.make_digit_ensemble}


def signatures(public):
    if not inspect.isclass(public):
        return [public]
    methods = [
        method
        for name, method in inspect.getmembers(public, callable)
        if not name.startswith("_")
        and getattr(method, "__module__", "").startswith("skdigits")
    ]
    constructor = [public.__init__] if "__init__" in vars(public) else []
    return [*constructor, *methods]


def test_public_signatures_have_types():
    for function in itertools.chain.from_iterable(map(signatures, PUBLIC)):
        signature = inspect.signature(function)
        for name, parameter in signature.parameters.items():
            if name not in ("self", "cls"):
                assert parameter.annotation is not parameter.empty, (function, name)
        assert signature.return_annotation is not signature.empty, function


def test_names_for_type_checkers_equal_the_tables():
    for names, table in [
        (ArchitectureName, ARCHITECTURES),
        (OptimizerName, OPTIMIZERS),
        (ScheduleName, SCHEDULES),
        (PresetName, PRESETS),
        (EnsembleName, [*PRESETS, *ENSEMBLES]),
        (PenName, PENS),
        (PaperName, PAPERS),
        (LightName, LIGHTS),
    ]:
        assert get_args(names) == tuple(table)


def test_docstrings_list_the_names_of_the_tables():
    for documented, parameter, table in [
        (CNNClassifier, "architecture", ARCHITECTURES),
        (CNNClassifier, "optimizer", OPTIMIZERS),
        (CNNClassifier, "schedule", SCHEDULES),
        (skdigits.make_digit_pipeline, "preset", PRESETS),
        (skdigits.pipelines.make_digit_ensemble, "preset", [*PRESETS, *ENSEMBLES]),
        (skdigits.datasets.make_digit_photo, "pen", PENS),
        (skdigits.datasets.make_digit_photo, "paper", PAPERS),
        (skdigits.datasets.make_digit_photo, "light", LIGHTS),
    ]:
        text = inspect.getdoc(documented).replace("\\\n", "")
        listed = text.split(f"\n{parameter} : {{")[1].split("}")[0]
        assert {name.strip().strip('"') for name in listed.split(",")} == set(table)


USE = """
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

from skdigits import CNNClassifier, DigitNormalizer, ImageAugmenter, write_submission
from skdigits.tuning import TuningResult, tune

X, y = np.zeros((4, 64)), [0, 1, 0, 1]
model = CNNClassifier(epochs=1, optimizer="muon").fit(X, y)
assert_type(model, CNNClassifier)
assert_type(model.predict(X), NDArray[Any])
assert_type(model.predict_proba(X), NDArray[np.float64])
assert_type(ImageAugmenter(rotation=5).fit(X), ImageAugmenter)
assert_type(DigitNormalizer(box_size=18).fit([X, X[:9]]), DigitNormalizer)
assert_type(DigitNormalizer().transform(X), NDArray[np.uint8])
assert_type(model.history_, dict[str, list[float]])
tune(model, X, y).best_params
write_submission(model.predict(X), "submission.csv")
"""
WRONG = {
    "CNNClassifier(optimizer='adm')": 'incompatible type "Literal',
    "CNNClassifier(epoch=3)": 'did you mean "epochs"?',
    "CNNClassifier().fit(X)": 'Missing positional argument "y"',
    "write_submission()": "Missing positional arguments",
}


@pytest.mark.slow
def test_type_checker_finds_wrong_calls_and_no_others(tmp_path):
    script = tmp_path / "use.py"
    script.write_text(USE + "\n".join(WRONG), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--follow-imports=silent"]
    command += ["--ignore-missing-imports", f"--cache-dir={tmp_path}", str(script)]
    ran = subprocess.run(command, capture_output=True, text=True)
    found = [line for line in ran.stdout.splitlines() if ": error:" in line]
    first = USE.count("\n") + 1
    assert len(found) == len(WRONG), ran.stdout + ran.stderr
    for line, (number, message) in zip(
        found, enumerate(WRONG.values(), first), strict=True
    ):
        assert f"use.py:{number}: " in line and message in line
