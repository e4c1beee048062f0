"""Load many damaged and hostile model files: each must load or raise ModelFileError.

    python tests/persistence/fuzz_model_files.py [--cases 100000]

A good file is changed at random: its bytes, the JSON of its estimator, its arrays and
its header. The digests are computed again, so that later checks also see it. The
smallest case with another error, or that takes more than a second, is printed. The
default tests run a few hundred cases.
"""

import argparse
import hashlib
import json
import tempfile
import time
from collections import Counter
from pathlib import Path

import hypothesis
import numpy as np
import safetensors.numpy
from hypothesis import strategies as st

import skdigits
from skdigits._core.safetensors_file import pack
from skdigits.persistence import FORMAT

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        [-1, 0, 1, 2**31, 10**30, 1e308, "fast", "classic", "tiny", "cnn"]
    )
    | st.sampled_from(["Pipeline", "ImageAugmenter", "CNNClassifier", "passthrough"])
    | st.sampled_from(["DigitNormalizer", "output_shape", "n_features"])
    | st.sampled_from(["VotingClassifier", "drop", "soft", "hard", "residual", "vgg"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
DTYPES = ["float32", "float64", "float16", "int64", "int32", "uint8", "bool"]


def make_file(path):
    """Write a small model and return (estimator's JSON, arrays)."""
    from sklearn.datasets import load_digits
    from sklearn.ensemble import VotingClassifier
    from sklearn.pipeline import Pipeline

    X, y = load_digits(return_X_y=True)
    cnn = skdigits.CNNClassifier(epochs=1, width=0.05, random_state=0)
    normalizer = skdigits.DigitNormalizer(output_shape=(8, 8), on_blank="ignore")
    steps = [("normalize", normalizer), ("augment", skdigits.ImageAugmenter())]
    pipeline = Pipeline([*steps, ("cnn", cnn)])
    members = [("one", pipeline), ("two", cnn), ("three", "drop")]
    model = VotingClassifier(members, voting="soft", weights=[2, 1, 1])
    skdigits.save(model.fit(X[:100], y[:100]), path)
    return parts(path.read_bytes())


def parts(content):
    """Return (estimator's JSON, arrays) of a good file."""
    tree, _ = header_and_data(content)
    arrays = safetensors.numpy.load(content)
    return json.loads(tree["__metadata__"]["content"])["estimator"], arrays


def rebuilt(estimator, arrays, kind=FORMAT, **content):
    """Return a file of JSON and arrays."""
    return pack(kind, {"estimator": estimator, "versions": {}, **content}, arrays)


def header_and_data(content):
    """Return (JSON of the header, data of the tensors)."""
    start = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:start]), content[start:]


def with_digests(text, tensors, data):
    """Return a file of bytes that need not be valid, with correct digests."""
    described = json.dumps(tensors, sort_keys=True, separators=(",", ":")).encode()
    metadata = {
        "format": FORMAT,
        "content": text,
        "content_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "tensors_sha256": hashlib.sha256(described + data).hexdigest(),
    }
    tree = {"__metadata__": metadata}
    header = json.dumps(tree | tensors if isinstance(tensors, dict) else tensors)
    return len(header).to_bytes(8, "little") + header.encode() + data


def positions(node, path=()):
    """Yield the path of every node in a tree of JSON."""
    yield path
    items = node.items() if isinstance(node, dict) else ()
    items = enumerate(node) if isinstance(node, list) else items
    for key, child in items:
        yield from positions(child, (*path, key))


def replaced(node, path, value):
    """Return a tree with another value at a path; None removes an entry."""
    if not path:
        return value
    key, *rest = path
    copied = node.copy()
    if not rest and value is None and isinstance(node, dict):
        del copied[key]
    else:
        copied[key] = replaced(node[key], rest, value)
    return copied


@st.composite
def changed_bytes(draw, content):
    """Bytes changed, removed or inserted; the digests stay."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        first = draw(st.integers(0, len(changed)))
        last = min(len(changed), first + draw(st.integers(0, 16)))
        changed[first:last] = draw(st.binary(max_size=16))
    return bytes(changed)


@st.composite
def changed_text(draw, content):
    """The JSON of the estimator changed as text, with its digest."""
    tensors, data = header_and_data(content)
    text = tensors.pop("__metadata__")["content"].encode()
    changed = draw(changed_bytes(text)).decode("latin-1")
    return with_digests(changed, tensors, data)


@st.composite
def changed_tree(draw, estimator, arrays):
    """Values of the estimator's JSON replaced, moved or removed."""
    for _ in range(draw(st.integers(1, 3))):
        everywhere = list(positions(estimator))
        path = draw(st.sampled_from(everywhere))
        value = draw(JSON | st.sampled_from(everywhere))
        if isinstance(value, tuple):  # another part of the tree
            other = estimator
            for key in value:
                other = other[key]
            value = other
        estimator = replaced(estimator, path, value)
    return rebuilt(estimator, arrays)


@st.composite
def changed_arrays(draw, estimator, arrays):
    """Arrays of other names, shapes, types and values."""
    arrays = dict(arrays)
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(sorted(arrays)) | st.text(max_size=12))
        shape = draw(st.lists(st.integers(0, 6), max_size=4))
        array = np.full(shape, draw(st.integers(0, 255)), draw(st.sampled_from(DTYPES)))
        if draw(st.booleans()) and name in arrays:
            array = arrays[name].astype(array.dtype)
        if draw(st.booleans()):
            arrays.pop(name, None)
        else:
            arrays[name] = array
    return rebuilt(estimator, arrays)


@st.composite
def changed_header(draw, content):
    """The descriptions of the tensors, their digest, or the header's length changed."""
    tree, data = header_and_data(content)
    kind = draw(st.sampled_from(["bytes", "metadata", "tensors", "length"]))
    path = draw(st.sampled_from(list(positions(tree))))
    if kind == "tensors":
        text = tree.pop("__metadata__")["content"]
        path = draw(st.sampled_from(list(positions(tree))))
        return with_digests(text, replaced(tree, path, draw(JSON)), data)
    if kind == "metadata":
        tree = replaced(tree, path, draw(JSON))
    header = json.dumps(tree).encode()
    if kind == "bytes":
        header = draw(changed_bytes(header))
    length = len(header) if kind != "length" else draw(st.integers(0, 2**64 - 1))
    return length.to_bytes(8, "little") + header + data


def files(path):
    """Return a strategy of files that are close to a good one."""
    estimator, arrays = make_file(path)
    content = path.read_bytes()
    return st.one_of(
        st.binary(max_size=200),
        changed_bytes(content),
        changed_text(content),
        changed_tree(estimator, arrays),
        changed_arrays(estimator, arrays),
        changed_header(content),
    )


def try_cases(folder, n_cases):
    """Load `n_cases` files and count those that load and those that are refused."""
    good = folder / "good"
    ended = Counter()
    strategy = files(good)
    skdigits.load(good)  # TensorFlow has started

    @hypothesis.settings(
        max_examples=n_cases,
        deadline=None,
        database=None,
        derandomize=n_cases < 10_000,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def load(content):
        path = folder / "case"
        path.write_bytes(content)
        for _ in range(2):
            start = time.process_time()
            try:
                skdigits.load(path)
                end = "loaded"
            except skdigits.ModelFileError:
                end = "refused"
            seconds = time.process_time() - start
            if seconds < 1:
                break
            ended["slow at first"] += 1  # Keras built a network of another kind
        ended[end] += 1
        assert seconds < 1, f"{seconds} s"
        assert sorted(folder.iterdir()) == [path, good]

    load()
    return ended


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000)
    with tempfile.TemporaryDirectory() as name:
        print(try_cases(Path(name), parser.parse_args().cases))
