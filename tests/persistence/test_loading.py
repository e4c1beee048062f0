"""Invalid model files: `load` refuses each quickly, with one kind of error."""

import io
import json
import os
import pickle
import time
import tracemalloc
import zipfile

import h5py
import keras
import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
import tensorflow as tf
from fuzz_model_files import header_and_data, parts, rebuilt, try_cases, with_digests

import skdigits
from skdigits import ModelFileError
from skdigits._engine.keras.start import has_onednn

pytestmark = pytest.mark.processor


def refused(path, content, match=None):
    """Check that a file raises one error, quickly and without much memory."""
    path.write_bytes(content)
    folder = sorted(path.parent.iterdir())
    start = time.process_time()
    with pytest.raises(ModelFileError, match=match):
        skdigits.load(path)
    assert time.process_time() - start < 1
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError):
            skdigits.load(path)
        assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    finally:
        tracemalloc.stop()
    assert sorted(path.parent.iterdir()) == folder


def test_truncated_file_is_refused(content, path):
    header = 8 + int.from_bytes(content[:8], "little")
    lengths = [*range(header + 400), *range(header + 400, len(content), 997)]
    for length in [*lengths, len(content) - 1]:
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError):
            skdigits.load(path)


def test_flipped_or_added_byte_is_refused(content, path):
    header = 8 + int.from_bytes(content[:8], "little")
    positions = [*range(header + 400), *range(header + 400, len(content), 997)]
    for position in positions:
        flipped = bytearray(content)
        flipped[position] ^= 1 << position % 8
        path.write_bytes(flipped)
        with pytest.raises(ModelFileError):
            skdigits.load(path)
    refused(path, content + b"\0", "must take .* bytes. Got")


class Trap:
    """Object that creates a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def zipped(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members:
            archive.writestr(name, member)
    return stream.getvalue()


def hostile_files(folder):
    """Yield the name and the bytes of files of other kinds."""
    trap = Trap(folder / "trap")
    arrays = io.BytesIO()
    np.savez(arrays, weights=np.array([trap], dtype=object))
    array = io.BytesIO()
    np.save(array, np.array([trap], dtype=object))
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    network = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x)])
    network.save(folder / "lambda.keras")
    with h5py.File(folder / "external.h5", "w") as file:
        file["weights"] = h5py.ExternalLink("/etc/passwd", "/")
    yield "empty", b""
    yield "pickle", pickle.dumps(trap)
    yield "old pickle", pickle.dumps(trap, protocol=0)
    yield "object array", array.getvalue()
    yield "object arrays", arrays.getvalue()
    yield "zip bomb", zipped([("weights", b"\0" * 2**24)])
    names = ["../outside", "/tmp/absolute", "twice", "twice"]
    with pytest.warns(UserWarning, match="Duplicate name"):
        yield "names", zipped((name, "x") for name in names)
    yield "symlink", zipped([(link, "/etc/passwd")])
    yield "Keras archive", (folder / "lambda.keras").read_bytes()
    yield "HDF5", (folder / "external.h5").read_bytes()
    yield "safetensors", safetensors.numpy.save({"x": np.zeros(2)})


def test_other_kinds_of_files_are_refused(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    tensor = {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}
    for _, bad in hostile_files(tmp_path):
        refused(folder / "bad", bad, "is not a valid model")
        # The same bytes as tensors, with correct digests.
        tensor["shape"] = [len(bad)]
        content = with_digests(EMPTY_PIPELINE, {"cnn/model/0": tensor}, bad)
        refused(folder / "bad", content, "is not a valid model")
    assert not (tmp_path / "trap").exists()


EMPTY_PIPELINE = json.dumps(
    {
        "estimator": {
            "class": "Pipeline",
            "steps": [["a", "passthrough"]],
            "verbose": False,
            "transform_input": None,
        },
        "versions": {},
    }
)


def network_of(estimator):
    return estimator["steps"][1][1]


def test_versions_and_threads_are_saved(content, model, path):
    estimator, arrays = parts(content)
    saved = network_of(estimator)["trained_with"]
    assert saved == model["cnn"].trained_with_
    assert saved["tensorflow"] == tf.__version__
    assert saved["onednn"] is has_onednn() and saved["threads"] >= 1
    path.write_bytes(content)
    assert skdigits.load(path)["cnn"].trained_with_ == saved
    for wrong in ([], {"onednn": None}):
        network_of(estimator)["trained_with"] = wrong
        refused(path.with_name("bad"), rebuilt(estimator, arrays))


CHANGES = {
    "class": "object",
    "image_shape": [8, 8, 2],
    "image_shape ": [-8, -8, 1],
    "image_shape  ": [8, 8, True],
    "image_shape   ": [10**9, 10**9, 1],
    "classes": {"dtype": "|O", "values": [0, 1]},
    "classes ": {"dtype": "<U9999", "values": ["a", "b"] * 10**5},
    "classes  ": {"dtype": "<i8", "values": [*range(10)][::-1]},
    "classes   ": {"dtype": "<i8", "values": [10**30, 10**31]},
    "history": {"loss": ["0.1"]},
    "history ": [[0.1]],
    "n_iter": -1,
    "seed": 2**40,
    "temperature": 0.0,
    "pixels": {"mean": 0.0, "std": 0.0, "min": 0.0, "max": 1.0},
    "pixels ": {"mean": float("nan"), "std": 1.0, "min": 0.0, "max": 1.0},
    "pixels  ": {"mean": 0.0, "std": 1.0},
    "pixels   ": [0.0, 1.0, 0.0, 1.0],
    "feature_names": ["x"],
    "parameters": {"epochs": -3},
    "parameters ": {"checkpoint": "/etc/passwd"},
    "parameters  ": {"callbacks": []},
    "parameters   ": {"no_such": 1},
    "parameters    ": {"architecture": {"function": "os.system"}},
    "extra": 1,
}


@pytest.mark.parametrize("name", CHANGES)
def test_inconsistent_classifier_is_refused(content, path, name):
    estimator, arrays = parts(content)
    network_of(estimator)[name.strip()] = CHANGES[name]
    refused(path, rebuilt(estimator, arrays))


@pytest.fixture
def normalizer(digits, path):
    """The JSON of a normalizer in a good file."""
    X = pd.DataFrame(digits[0], columns=[f"pixel{i}" for i in range(64)])
    skdigits.save(skdigits.DigitNormalizer().fit(X), path)
    return parts(path.read_bytes())[0]


@pytest.mark.parametrize(
    "change",
    [
        {"n_features": -1},
        {"n_features": True},
        {"n_features": "64"},
        {"n_features": 10**30},
        {"n_features": 63},
        {"n_features": None},
        {"feature_names": [*range(64)]},
        {"feature_names": "pixel"},
        {"output": "html"},
        {"output": []},
        {"extra": 1},
        {"parameters": []},
        {"parameters": {"no_such": 1}},
        {"parameters": {"output_shape": [2**20, 2**20]}},
        {"parameters": {"output_shape": [2**40, 1]}},
        {"parameters": {"output_shape": [-1, -1]}},
        {"parameters": {"output_shape": [0, 0]}},
        {"parameters": {"output_shape": [28, 28, 1]}},
        {"parameters": {"output_shape": [28.0, 28]}},
        {"parameters": {"output_shape": ["a", "b"]}},
        {"parameters": {"output_shape": [True, True]}},
        {"parameters": {"output_shape": []}},
        {"parameters": {"output_shape": "x"}},
        {"parameters": {"output_shape": -1}},
        {"parameters": {"output_shape": None}},
        {"parameters": {"box_size": 29}},
        {"parameters": {"box_size": 10**400}},
        {"parameters": {"image_shape": {"function": "os.system"}}},
        {"parameters": {"stroke_width": 1e999}},
        {"parameters": {"on_blank": "os"}},
    ],
    ids=lambda change: str(change)[:50],
)
def test_inconsistent_normalizer_is_refused(normalizer, path, change):
    path.write_bytes(rebuilt(normalizer, {}))
    assert skdigits.load(path).n_features_in_ == 64
    refused(path, rebuilt({**normalizer, **change}, {}))
    del normalizer["output"]
    refused(path, rebuilt(normalizer, {}), "must have the entries")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("width", 1e9),
        ("width", 1e307),
        ("width", 1e308),
        ("optimizer", "os"),
        ("dropout", 2),
        ("x", 0),
    ],
)
def test_other_model_parameters_are_refused(content, path, name, value):
    estimator, arrays = parts(content)
    network_of(estimator)["model"][name] = value
    refused(path, rebuilt(estimator, arrays))


def test_arrays_of_other_shapes_dtypes_or_names_are_refused(content, path):
    def without(name, arrays):
        return {key: array for key, array in arrays.items() if key != name}

    estimator, arrays = parts(content)
    first = "cnn/model/0"
    changes = [
        {**arrays, first: arrays[first][..., :-1]},
        {**arrays, first: arrays[first].ravel()},
        {**arrays, first: arrays[first].astype(np.float64)},
        {**arrays, first: np.zeros((0, 2**40), np.float32)},
        {**arrays, "cnn/optimizer/1": np.zeros(3, np.float32)},
        without(first, arrays),
        {**arrays, "surplus": arrays[first]},
        {**arrays, first: np.zeros(2**22, np.float32)},
    ]
    for changed in changes:
        refused(path, rebuilt(estimator, changed))


def test_nan_weights_need_allow_nan(content, path):
    estimator, arrays = parts(content)
    arrays["cnn/model/0"] = arrays["cnn/model/0"].copy()
    arrays["cnn/model/0"][0] = np.nan
    refused(path, rebuilt(estimator, arrays), "NaN or infinite. Pass allow_nan=True")
    assert skdigits.load(path, allow_nan=True)["cnn"].n_iter_ == 2


def test_newer_version_is_named(content, path):
    newer = rebuilt(*parts(content), kind="skdigits model 4")
    refused(path, newer, "newer version of skdigits. Update skdigits")
    refused(path, rebuilt(*parts(content), kind="other"), "and it is 'other'")


def test_invalid_json_is_refused(content, path):
    estimator, arrays = parts(content)
    refused(path, rebuilt(estimator, arrays, surplus=1), "an estimator and versions")
    for text in (
        '{"estimator": 1, "estimator": 2}',
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        "[" + "[]," * (2**18 + 2**16) + "[]]",
        '{"estimator": ' + "9" * 5000 + "}",
        " " * 2**23,
        "\u00ff\u00fe",
    ):
        refused(path, with_digests(text, {}, b""))
        header = text.encode("latin-1")
        refused(path, len(header).to_bytes(8, "little") + header)
    nested = estimator
    for _ in range(50):
        nested = {**estimator, "steps": [["inner", nested]]}
    refused(path, rebuilt(nested, arrays), "too deep")


@pytest.mark.parametrize(
    "change",
    [
        {"dtype": "F64"},
        {"dtype": "F8_E4M3"},
        {"dtype": 3},
        {"shape": [-1]},
        {"shape": [2**62]},
        {"shape": [1] * 100_000},
        {"shape": [True]},
        {"shape": "3"},
        {"data_offsets": [4, 0]},
        {"data_offsets": [0]},
        {"data_offsets": [-4, 0]},
        {"data_offsets": ["0", "4"]},
        {"extra": 1},
    ],
    ids=lambda change: str(change)[:40],
)
def test_invalid_description_of_tensor_is_refused(content, path, change):
    tensors, data = header_and_data(content)
    text = tensors.pop("__metadata__")["content"]
    path.write_bytes(with_digests(text, tensors, data))
    skdigits.load(path)
    tensors["cnn/model/1"] |= change
    refused(path, with_digests(text, tensors, data))


def test_invalid_steps_are_refused(content, path):
    estimator, arrays = parts(content)
    augment, cnn = estimator["steps"]
    for steps in (
        [],
        [cnn, augment],
        [augment, ["augment", cnn[1]]],
        [augment, ["a__b", cnn[1]]],
        [["steps", augment[1]]],
        [["a"]],
        [[1, augment[1]]],
        "ab",
    ):
        refused(path, rebuilt({**estimator, "steps": steps}, arrays))


def test_huge_file_is_not_read(content, path):
    with path.open("wb") as file:
        file.write(content)
        file.truncate(2**36)  # sparse: takes no space on the disk
    start = time.perf_counter()
    with pytest.raises(ModelFileError):
        skdigits.load(path)
    assert time.perf_counter() - start < 1


def test_path_must_be_an_ordinary_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        skdigits.load(tmp_path / "none")
    with pytest.raises(IsADirectoryError):
        skdigits.load(tmp_path)
    with pytest.raises(TypeError, match="path must be"):
        skdigits.load(3)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ValueError, match="ordinary file"):
            skdigits.load(tmp_path / "pipe")


def test_random_changes_are_refused_or_load(tmp_path):
    ended = try_cases(tmp_path, 300)
    assert ended["refused"] > 200
    assert ended["loaded"]  # some changes make another good file
