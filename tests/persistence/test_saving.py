"""Model files: what `save` stores and what it refuses."""

import hashlib
import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import keras
import numpy as np
import pandas as pd
import pytest
import safetensors
from helpers.classifiers import smaller as small
from helpers.model_files import pipeline
from helpers.precision import needs_bfloat16
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

import skdigits
from skdigits import (
    CNNClassifier,
    DigitNormalizer,
    ImageAugmenter,
    ModelFileError,
    make_digit_pipeline,
)
from skdigits.datasets import make_digit_photo

pytestmark = pytest.mark.processor


def tiny(image_shape, n_classes, filters=4):
    return keras.Sequential(
        [
            keras.Input(image_shape),
            keras.layers.Conv2D(filters, 3, activation="relu"),
            keras.layers.Dropout(0.1),
            keras.layers.GlobalMaxPooling2D(),
            keras.layers.Dense(n_classes, activation="softmax"),
        ]
    )


def saved_and_loaded(estimator, path, **options):
    skdigits.save(estimator, path)
    return skdigits.load(path, **options)


def metadata(path):
    with safetensors.safe_open(path, "np") as file:
        return file.metadata()


def test_package_that_is_not_installed_saves(digits, path, monkeypatch):
    def nothing_is_installed(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("skdigits.persistence.version", nothing_is_installed)
    skdigits.save(ImageAugmenter().fit(digits[0]), path)
    content = json.loads(metadata(path)["content"])
    assert content["versions"] == {"skdigits": skdigits.__version__}


def test_other_programs_read_the_weights(model, content, path):
    path.write_bytes(content)
    assert metadata(path)["format"] == "skdigits model 3"
    with safetensors.safe_open(path, "np") as file:
        assert {"cnn/model/0", "cnn/optimizer/0"} <= set(file.keys())
        kernel = file.get_tensor("cnn/model/0")
    np.testing.assert_array_equal(kernel, model["cnn"].model_.get_weights()[0])


# --- saved ---------------------------------------------------------------


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"architecture": "classic", "optimizer": "muon", "dropout": 0},
        {"optimizer": "sgd", "dropout": 0.3, "class_weight": {0: 2.0, 3: 0.5}},
        {"optimizer": "rmsprop", "validation_fraction": 0.2, "early_stopping": True},
        {"optimizer": "nadam", "label_smoothing": 0.1, "test_time_shift": 1},
        {"test_time_flip": "horizontal"},
        pytest.param({"dtype_policy": "mixed_bfloat16"}, marks=needs_bfloat16),
        {"optimizer": "adamw", "image_shape": [8, -1], "class_weight": "balanced"},
    ],
)
def test_loaded_pipeline_equals_saved_one(digits, path, params):
    X, y = digits
    model = pipeline(**params).fit(X, y)
    loaded = saved_and_loaded(model, path)
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    before, after = model["cnn"].get_params(), loaded["cnn"].get_params()
    if params.get("image_shape"):
        before["image_shape"] = tuple(before["image_shape"])
    assert after == before
    assert loaded["augment"].get_params() == model["augment"].get_params()
    for name in ("history_", "n_iter_", "image_shape_", "n_features_in_"):
        assert getattr(loaded["cnn"], name) == getattr(model["cnn"], name)


@pytest.mark.slow
def test_another_process_predicts_equal_bits(digits, model, path):
    skdigits.save(model, path)
    code = (
        "import sys, hashlib, skdigits; from sklearn.datasets import load_digits;"
        "X = load_digits().data[:200].astype('uint8');"
        "p = skdigits.load(sys.argv[1]).predict_proba(X);"
        "print(hashlib.sha256(p.tobytes()).hexdigest())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    expected = hashlib.sha256(model.predict_proba(digits[0]).tobytes()).hexdigest()
    assert ran.stdout.strip() == expected


@pytest.mark.parametrize("optimizer", ["adam", "muon", "sgd"])
def test_loaded_classifier_continues_training(digits, path, optimizer):
    X, y = digits
    model = small(optimizer=optimizer, warm_start=True).fit(X, y)
    loaded = saved_and_loaded(model, path)
    for each in (model, loaded):
        each.fit(X, y).partial_fit(X, y)
    assert loaded.history_ == model.history_
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize(
    "labels",
    [
        ["zero", "one", "two"],
        np.array(["a", "ü", "c"], dtype=object),
        [1.0, -2.0, 1e10],
        np.array([3, 200, 7], dtype=np.uint8),
        [False, True, True],
    ],
)
def test_labels_keep_their_dtype(digits, path, labels):
    X, y = digits
    y = np.asarray(labels)[y % 3]
    model = small(epochs=1).fit(X, y)
    loaded = saved_and_loaded(model, path)
    assert loaded.classes_.dtype == model.classes_.dtype
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_feature_names_and_output_are_saved(digits, path):
    X = pd.DataFrame(digits[0], columns=[f"pixel{i}" for i in range(64)])
    augmenter = ImageAugmenter(rotation=3).set_output(transform="pandas").fit(X)
    loaded = saved_and_loaded(augmenter, path)
    pd.testing.assert_frame_equal(loaded.transform(X), X)
    with pytest.raises(ValueError, match="feature names"):
        loaded.transform(X.rename(columns={"pixel0": "first"}))


def test_loaded_pipeline_takes_photos(digits, path):
    X, y = digits
    model = make_digit_pipeline("robust", random_state=0)
    model.set_params(cnn__epochs=1, cnn__width=0.25, augment__drawn=np.float64(0.25))
    model.fit([*X.reshape(-1, 8, 8)], y)
    loaded = saved_and_loaded(model, path)
    for step in ("normalize", "augment"):
        assert loaded[step].get_params() == model[step].get_params()
    photos = [make_digit_photo(str(n), random_state=n).image for n in range(5)]
    expected = model.predict_proba(photos)
    np.testing.assert_array_equal(loaded.predict_proba(photos), expected)


@pytest.mark.parametrize("form", ["frame", "rows", "list", "unfitted"])
def test_normalizer_is_saved(digits, path, form):
    params = {"output_shape": [20, 24], "box_size": 16, "image_shape": (8, -1)}
    normalizer = DigitNormalizer(**params, on_blank="warn")
    normalizer.set_output(transform="pandas")
    X = pd.DataFrame(digits[0], columns=[f"pixel{i}" for i in range(64)])
    forms = {"frame": X, "rows": digits[0], "list": [*digits[0].reshape(-1, 8, 8)]}
    if form in forms:
        normalizer.fit(forms[form])
    loaded = saved_and_loaded(normalizer, path)
    params["output_shape"] = (20, 24)
    assert loaded.get_params() == {**normalizer.get_params(), **params}
    for name in ("n_features_in_", "feature_names_in_"):
        assert hasattr(loaded, name) == hasattr(normalizer, name)
    for images in forms.values() if form == "unfitted" else [forms[form]]:
        expected = normalizer.transform(images)
        pd.testing.assert_frame_equal(loaded.transform(images), expected)


def test_equal_models_give_equal_bytes(digits, model, content, path):
    skdigits.save(pipeline().fit(*digits), path)
    assert path.read_bytes() == content
    skdigits.save(skdigits.load(path), path)
    assert path.read_bytes() == content


def test_architecture_function_must_be_passed_to_load(digits, path):
    X, y = digits
    model = small(architecture=tiny).fit(X, y)
    skdigits.save(model, path)
    with pytest.raises(ModelFileError, match=r"architectures=\{'tiny': ...\}"):
        skdigits.load(path)
    loaded = skdigits.load(path, architectures={"tiny": tiny})
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert loaded.architecture is tiny

    def other(image_shape, n_classes):
        return tiny(image_shape, n_classes, filters=5)

    with pytest.raises(ModelFileError, match="must build the same model at each call"):
        skdigits.load(path, architectures={"tiny": other})
    with pytest.raises(TypeError, match="must be callable"):
        skdigits.load(path, architectures={"tiny": "tiny"})


def test_callbacks_and_checkpoint_are_not_saved(digits, tmp_path, path):
    callbacks = [keras.callbacks.Callback()]
    model = small(callbacks=callbacks, checkpoint=tmp_path / "fit.checkpoint")
    loaded = saved_and_loaded(model.fit(*digits), path)
    assert loaded.callbacks is None and loaded.checkpoint is None


# --- refused ------------------------------------------------


def test_other_estimators_are_refused(digits, path):
    with pytest.raises(NotFittedError):
        skdigits.save(CNNClassifier(), path)
    scaled = Pipeline([("scale", StandardScaler()), ("cnn", small(epochs=1))])
    with pytest.raises(
        TypeError, match=r"StandardScaler in step 'scale' instead. joblib.dump"
    ):
        skdigits.save(scaled.fit(*digits), path)
    seeded = small(epochs=1, random_state=np.random.RandomState(0)).fit(*digits)
    with pytest.raises(ValueError, match=r"set_params\(random_state=None\)"):
        skdigits.save(seeded, path)
    assert not path.exists()


def test_failed_save_leaves_old_file(digits, model, path):
    path.write_bytes(b"old")
    broken = pipeline(epochs=1).fit(*digits)
    broken["cnn"].history_["loss"] = [object()]
    with pytest.raises(ValueError, match="logged by a callback"):
        skdigits.save(broken, path)
    assert path.read_bytes() == b"old"
    with pytest.raises(FileNotFoundError):
        skdigits.save(model, path.parent / "none" / "x")
    with pytest.raises(IsADirectoryError):
        skdigits.save(model, path.parent)
