"""Model files of every wrong kind: each is refused with one error, and soon."""

import hashlib
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
from fuzz_model_files import try_cases
from helpers.model_files import KIND

import skdigits
from skdigits import ModelFileError
from skdigits._core.container import pack
from skdigits._engine.keras.start import has_onednn

pytestmark = pytest.mark.processor


def refused(path, content, match=None):
    """Check that a file ends in one error, soon, and without much memory."""
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


def test_truncated_at_any_byte(content, path):
    header = content.index(b"\n", 100) + 1
    lengths = [*range(header + 400), *range(header + 400, len(content), 997)]
    for length in [*lengths, len(content) - 1]:
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError):
            skdigits.load(path)


def test_any_byte_flipped_or_added(content, path):
    header = content.index(b"\n", 100) + 1
    places = [*range(header + 400), *range(header + 400, len(content), 997)]
    for place in places:
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        with pytest.raises(ModelFileError):
            skdigits.load(path)
    refused(path, content + b"\0", "must take .* bytes and take")


class Trap:
    """Makes a folder when it is unpickled."""

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
    """Give files of other kinds: name -> bytes."""
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


def test_files_of_other_kinds(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for _, bad in hostile_files(tmp_path):
        refused(folder / "bad", bad, "holds no model")
        # The same where our arrays would be, with checksums that are right.
        digest = hashlib.sha256(bad).hexdigest()
        line = json.dumps(
            {
                "arrays": {"bytes": len(bad), "sha256": digest},
                "estimator": {
                    "class": "Pipeline",
                    "steps": [["a", "passthrough"]],
                    "verbose": False,
                    "transform_input": None,
                },
                "versions": {},
            }
        ).encode()
        lines = [KIND.encode(), hashlib.sha256(line).hexdigest().encode(), line, bad]
        refused(folder / "bad", b"\n".join(lines), "holds no model")
    assert not (tmp_path / "trap").exists()


def parts(content):
    """Take a good file apart: (estimator's JSON, arrays)."""
    _, _, line, body = content.split(b"\n", 3)
    return json.loads(line)["estimator"], safetensors.numpy.load(body)


def rebuilt(estimator, arrays, **header):
    header = {"estimator": estimator, "versions": {}, **header}
    return pack(header.pop("kind", KIND), header, arrays)


def network_of(estimator):
    return estimator["steps"][1][1]


def test_a_file_says_what_it_was_trained_with(content, model, path):
    estimator, arrays = parts(content)
    said = network_of(estimator)["trained_with"]
    assert said == model["cnn"].trained_with_
    assert said["tensorflow"] == tf.__version__
    assert said["onednn"] is has_onednn() and said["threads"] >= 1
    path.write_bytes(content)
    assert skdigits.load(path)["cnn"].trained_with_ == said
    for wrong in ([], {"onednn": None}, dict.fromkeys(map(str, range(99)), 1)):
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
    "history ": {"loss": [0.1] * 99},
    "n_iter": -1,
    "seed": 2**40,
    "pixels": {"mean": 0.0, "std": 0.0, "min": 0.0, "max": 1.0},
    "pixels ": {"mean": float("nan"), "std": 1.0, "min": 0.0, "max": 1.0},
    "pixels  ": {"mean": 0.0, "std": 1.0},
    "pixels   ": [0.0, 1.0, 0.0, 1.0],
    "arrays": {"network": -1, "optimizer": 0},
    "arrays ": {"network": 10**12, "optimizer": 10**12},
    "feature_names": ["x"],
    "parameters": {"epochs": -3},
    "parameters ": {"checkpoint": "/etc/passwd"},
    "parameters  ": {"callbacks": []},
    "parameters   ": {"no_such": 1},
    "parameters    ": {"architecture": {"function": "os.system"}},
    "extra": 1,
}


@pytest.mark.parametrize("name", CHANGES)
def test_text_that_does_not_hold_together(content, path, name):
    estimator, arrays = parts(content)
    network_of(estimator)[name.strip()] = CHANGES[name]
    refused(path, rebuilt(estimator, arrays))


@pytest.fixture
def normalizer(digits, path):
    """The JSON of a normalizer in a good file."""
    X = pd.DataFrame(digits[0], columns=[f"pixel{i}" for i in range(64)])
    skdigits.save(skdigits.DigitNormalizer().fit(X), path)
    _, _, line, _ = path.read_bytes().split(b"\n", 3)
    return json.loads(line)["estimator"]


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
def test_a_normalizer_that_does_not_hold_together(normalizer, path, change):
    path.write_bytes(rebuilt(normalizer, {}))
    assert skdigits.load(path).n_features_in_ == 64
    refused(path, rebuilt({**normalizer, **change}, {}))
    del normalizer["output"]
    refused(path, rebuilt(normalizer, {}), "other entries")


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
def test_a_network_of_another_size(content, path, name, value):
    estimator, arrays = parts(content)
    network_of(estimator)["network"][name] = value
    refused(path, rebuilt(estimator, arrays))


def test_arrays_of_wrong_shapes_types_or_names(content, path):
    def without(name, arrays):
        return {key: array for key, array in arrays.items() if key != name}

    estimator, arrays = parts(content)
    first = "cnn/network/0"
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


def test_weights_that_are_no_numbers_are_refused_unless_asked_for(content, path):
    estimator, arrays = parts(content)
    arrays["cnn/network/0"] = arrays["cnn/network/0"].copy()
    arrays["cnn/network/0"][0] = np.nan
    refused(path, rebuilt(estimator, arrays), "NaN or infinite. Pass allow_nan=True")
    assert skdigits.load(path, allow_nan=True)["cnn"].n_iter_ == 2


def test_keys_twice_depth_size_and_versions(content, path):
    estimator, arrays = parts(content)
    refused(path, rebuilt(estimator, arrays, surplus=1), "other entries")
    newer = rebuilt(estimator, arrays, kind="skdigits model 3")
    refused(path, newer, "newer version of skdigits. Update skdigits")
    for line in (
        b'{"estimator": 1, "estimator": 2}',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"[" + b"[]," * (2**18 + 2**16) + b"[]]",
        b'{"estimator": ' + b"9" * 5000 + b"}",
        b" " * 2**23,
        b"\xff\xfe",
    ):
        digest = hashlib.sha256(line).hexdigest().encode()
        refused(path, b"\n".join([KIND.encode(), digest, line, b""]))
    nested = estimator
    for _ in range(50):
        nested = {**estimator, "steps": [["inner", nested]]}
    refused(path, rebuilt(nested, arrays), "too deep")


def test_steps_that_make_no_pipeline(content, path):
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


def test_a_huge_file_is_not_read(content, path):
    with path.open("wb") as file:
        file.write(content)
        file.truncate(2**36)  # takes no room on the disk
    start = time.perf_counter()
    with pytest.raises(ModelFileError):
        skdigits.load(path)
    assert time.perf_counter() - start < 1


def test_a_path_that_is_no_file(tmp_path):
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


def test_random_changes(tmp_path):
    ended = try_cases(tmp_path, 300)
    assert ended["refused"] > 200
    assert ended["loaded"]  # some changes make another good file
