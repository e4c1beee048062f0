"""Docstrings list the parameters, defaults and attributes of the code."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest
from helpers.versions import SKLEARN
from packaging.version import Version
from sklearn.utils import estimator_html_repr

import skdigits
import skdigits.baselines
import skdigits.datasets
import skdigits.pipelines
import skdigits.plots
import skdigits.submission
import skdigits.tuning

FUNCTIONS = [
    skdigits.make_digit_pipeline,
    skdigits.find_digits,
    skdigits.read_numbers,
    skdigits.write_submission,
    skdigits.save,
    skdigits.load,
    skdigits.export,
    skdigits.pipelines.make_digit_ensemble,
    skdigits.baselines.compare,
    skdigits.baselines.make_baselines,
    skdigits.baselines.mcnemar_p_value,
    skdigits.datasets.load_competition,
    skdigits.datasets.load_sample,
    skdigits.datasets.fetch_mnist,
    skdigits.datasets.make_digit_photo,
    skdigits.datasets.load_images,
    skdigits.tuning.suggest_digit_params,
    skdigits.tuning.tune,
]
ESTIMATORS = [
    skdigits.CNNClassifier,
    skdigits.DigitNormalizer,
    skdigits.ImageAugmenter,
]
DISPLAYS = [getattr(skdigits.plots, name) for name in skdigits.plots.__all__]
OBJECTIVE = skdigits.tuning.CrossValidationObjective


def methods(cls):
    return [
        member
        for name, member in inspect.getmembers(cls, callable)
        if not name.startswith("_") and member.__module__.startswith("skdigits")
    ]


def sections(documented):
    """Split a docstring into its sections: heading -> text."""
    parts = re.split(r"^(\w[\w ]+)\n-+\n", inspect.getdoc(documented), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def entries(text):
    """Find "name : type" lines: name -> type."""
    joined = text.replace("\\\n", "")
    found = {}
    for names, kind in re.findall(r"^(\S[\w, *]*?) ?: (.+)$", joined, flags=re.M):
        found.update(dict.fromkeys(names.split(", "), kind))
    return found


EVERYTHING = [*FUNCTIONS, *ESTIMATORS, *DISPLAYS, OBJECTIVE] + [
    method for cls in ESTIMATORS + DISPLAYS for method in methods(cls)
]


def test_parameters_and_defaults_equal_the_signature():
    for documented in EVERYTHING:
        check_parameters(documented)


def check_parameters(documented):
    where = documented.__qualname__
    signature = inspect.signature(documented).parameters.values()
    parameters = [p for p in signature if p.name not in ("self", "cls")]
    described = entries(sections(documented).get("Parameters", "") + "\n")
    ignored = re.findall(r"^(\w+) : Ignored", inspect.getdoc(documented), flags=re.M)
    names = [name.lstrip("*") for name in described]
    assert names == [p.name for p in parameters], where
    for parameter in parameters:
        if parameter.name in ignored or parameter.default is parameter.empty:
            continue
        default = getattr(parameter.default, "__name__", repr(parameter.default))
        default = default.replace("'", '"')
        assert re.search(
            rf"default={re.escape(default)}$", described[parameter.name]
        ), f"{where}: {parameter.name}: {described[parameter.name]}, is {default}"


def test_summary_is_one_short_sentence():
    for documented in EVERYTHING:
        first = inspect.getdoc(documented).splitlines()[0]
        assert first.endswith("."), documented.__qualname__
        assert len(first) <= 88, documented.__qualname__


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_attributes_after_fit_are_those_documented(cls, digits):
    import pandas as pd

    X = pd.DataFrame(digits[0], columns=[f"pixel{i}" for i in range(64)])
    fitted = cls(**({"epochs": 1} if "epochs" in cls().get_params() else {}))
    fitted.fit(X, digits[1])
    described = entries(sections(cls)["Attributes"])
    for name in described:
        assert hasattr(fitted, name), name
    learned = {n for n in vars(fitted) if n.endswith("_") and not n.startswith("_")}
    assert learned <= set(described)
    assert isinstance(fitted.feature_names_in_, np.ndarray)


def test_html_links_each_step_and_parameter_to_its_page():
    html = estimator_html_repr(skdigits.make_digit_pipeline("robust"))
    api = Path(__file__).parents[1].joinpath("docs/api.rst").read_text(encoding="utf-8")
    for cls in ESTIMATORS:
        page = f"/generated/skdigits.{cls.__name__}.html"
        assert page in html
        assert f"\n   {cls.__name__}\n" in api
        if Version("1.8") > SKLEARN:  # its HTML does not list the parameters
            continue
        for name in cls().get_params():
            assert f"{page}#:~:text={name}" in html, name


def test_classes_document_parameters_attributes_and_examples():
    for cls in [*ESTIMATORS, *DISPLAYS, OBJECTIVE]:
        assert {"Parameters", "Attributes", "Examples"} <= set(sections(cls)), cls
