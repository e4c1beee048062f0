"""Ensembles in one model file."""

import numpy as np
import pytest
from fuzz_model_files import parts, rebuilt
from helpers.classifiers import smaller as small
from helpers.model_files import pipeline
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression

import skdigits
from skdigits import ModelFileError
from skdigits.pipelines import make_digit_ensemble

pytestmark = pytest.mark.processor


def members():
    return [
        ("fast", pipeline(epochs=1)),
        ("left out", "drop"),
        ("classic", small(architecture="classic", epochs=1)),
    ]


@pytest.fixture(scope="module")
def ensemble():
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    names = np.array([f"digit {number}" for number in range(10)])
    model = VotingClassifier(members(), voting="soft", weights=[2, 9, 1], n_jobs=1)
    return model.fit(np.uint8(X[:100]), names[y[:100]])


def test_loaded_ensemble_equals_saved_one(digits, ensemble, path):
    skdigits.save(ensemble, path)
    loaded = skdigits.load(path)
    np.testing.assert_array_equal(
        loaded.predict_proba(digits[0]), ensemble.predict_proba(digits[0])
    )
    np.testing.assert_array_equal(
        loaded.predict(digits[0]), ensemble.predict(digits[0])
    )
    assert loaded.named_estimators_["left out"] == "drop"
    assert loaded.named_estimators_.fast is loaded.estimators_[0]
    assert loaded.weights == ensemble.weights
    assert loaded.n_features_in_ == ensemble.n_features_in_
    # n_jobs belongs to the machine that trained.
    assert loaded.n_jobs is None
    kept = ensemble.get_params()
    for name, value in loaded.get_params().items():
        if isinstance(value, bool | int | float | str | None):
            assert value == (None if name == "n_jobs" else kept[name]), name


def test_loaded_ensemble_trains_like_saved_one(digits, ensemble, path):
    X, y = digits
    skdigits.save(ensemble, path)
    again = skdigits.load(path).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(again, ensemble.fit(X, y).predict_proba(X))


def test_equal_ensembles_give_equal_bytes(ensemble, path):
    skdigits.save(ensemble, path)
    first = path.read_bytes()
    skdigits.save(skdigits.load(path), path)
    assert path.read_bytes() == first


def test_ensemble_of_different_architectures_is_saved(digits, path):
    X, y = digits
    model = make_digit_ensemble("record", 2, random_state=0)
    model.set_params(network1__cnn__epochs=1, network2__cnn__epochs=1)
    model.set_params(network1__cnn__width=0.25, network2__cnn__width=0.25)
    model.fit(X, y)
    skdigits.save(model, path)
    np.testing.assert_array_equal(
        skdigits.load(path).predict_proba(X), model.predict_proba(X)
    )


def test_member_of_another_class_is_refused(digits, path):
    X, y = digits
    model = VotingClassifier([("a", small(epochs=1)), ("b", LogisticRegression())])
    with pytest.raises(TypeError, match="LogisticRegression in step 'b'"):
        skdigits.save(model.fit(X / 16, y), path)
    assert not path.exists()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda data: data.update(voting="loud"), "hard or soft"),
        (lambda data: data.update(weights=[1.0]), "a number for each"),
        (lambda data: data.update(weights=[0.0, 1.0, 0.0]), "not all 0"),
        (lambda data: data.update(weights=[-1.0, 1.0, 3.0]), "a number for each"),
        (lambda data: data.update(estimators=[], weights=None), "not a valid ensemble"),
        (lambda data: data["estimators"][1].__setitem__(0, "fast"), "different names"),
        (
            lambda data: data["estimators"][1].__setitem__(0, "a__b"),
            "not a valid ensemble",
        ),
        (
            lambda data: data["classes"].update(dtype="<i8", values=[0, 1]),
            "numbered classes",
        ),
        (lambda data: data.update(flatten_transform=3), "true or false"),
        (lambda data: data.pop("voting"), "must have the entries"),
    ],
)
def test_inconsistent_file_is_refused(ensemble, path, change, match):
    skdigits.save(ensemble, path)
    estimator, arrays = parts(path.read_bytes())
    change(estimator)
    path.write_bytes(rebuilt(estimator, arrays))
    with pytest.raises(ModelFileError, match=match):
        skdigits.load(path)
