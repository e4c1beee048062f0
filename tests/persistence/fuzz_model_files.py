"""Damaged and hostile model files without end: each must load, or end in one error.

    python tests/persistence/fuzz_model_files.py [--cases 100000]

A good file is changed at random: its bytes, the JSON of its estimator, its arrays, the
header of its safetensors; the checksums are made right again, so that the change gets
as far as it can. Whatever else than ModelFileError comes out, or a case that takes more
than a second, is shown as the smallest such case. The default tests run a few hundred.
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
from skdigits._core.container import pack

KIND = "skdigits model 3"
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
    | st.sampled_from(
        ["VotingClassifier", "drop", "soft", "hard", "residual", "strided"]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
DTYPES = ["float32", "float64", "float16", "int64", "int32", "uint8", "bool"]


def make_file(path):
    """Write a small model and return its parts: (estimator's JSON, arrays)."""
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
    _, _, line, body = path.read_bytes().split(b"\n", 3)
    return json.loads(line)["estimator"], safetensors.numpy.load(body)


def places(node, path=()):
    """Find every place in a tree of JSON."""
    yield path
    items = node.items() if isinstance(node, dict) else ()
    items = enumerate(node) if isinstance(node, list) else items
    for key, child in items:
        yield from places(child, (*path, key))


def replaced(node, path, value):
    """Copy a tree with another value at a place; None removes an entry."""
    if not path:
        return value
    key, *rest = path
    copied = node.copy()
    if not rest and value is None and isinstance(node, dict):
        del copied[key]
    else:
        copied[key] = replaced(node[key], rest, value)
    return copied


def with_checksums(line, body):
    digest = hashlib.sha256(line).hexdigest().encode()
    return b"\n".join([KIND.encode(), digest, line, body])


def described(header, body):
    digest = hashlib.sha256(body).hexdigest()
    header = {**header, "arrays": {"bytes": len(body), "sha256": digest}}
    return with_checksums(json.dumps(header).encode(), body)


@st.composite
def changed_bytes(draw, content):
    """Bytes set, cut out, doubled or put in, checksums as they were."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        first = draw(st.integers(0, len(changed)))
        last = min(len(changed), first + draw(st.integers(0, 16)))
        changed[first:last] = draw(st.binary(max_size=16))
    return bytes(changed)


@st.composite
def changed_line(draw, content):
    """The JSON changed as text, with its checksum."""
    _, _, line, body = content.split(b"\n", 3)
    changed = draw(changed_bytes(line))
    return with_checksums(changed, body)


@st.composite
def changed_tree(draw, estimator, arrays):
    """Values of the estimator's JSON replaced, moved or removed."""
    for _ in range(draw(st.integers(1, 3))):
        everywhere = list(places(estimator))
        place = draw(st.sampled_from(everywhere))
        value = draw(JSON | st.sampled_from(everywhere))
        if isinstance(value, tuple):  # another part of the tree
            other = estimator
            for key in value:
                other = other[key]
            value = other
        estimator = replaced(estimator, place, value)
    return pack(KIND, {"estimator": estimator, "versions": {}}, arrays)


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
    return pack(KIND, {"estimator": estimator, "versions": {}}, arrays)


@st.composite
def changed_safetensors(draw, estimator, arrays):
    """The arrays' own header changed, with checksums and lengths that are right."""
    body = safetensors.numpy.save(arrays)
    length = int.from_bytes(body[:8], "little")
    header, data = body[8 : 8 + length], body[8 + length :]
    kind = draw(st.sampled_from(["bytes", "tree", "length"]))
    if kind == "bytes":
        header = draw(changed_bytes(header))
    elif kind == "tree":
        tree = json.loads(header)
        place = draw(st.sampled_from(list(places(tree))))
        header = json.dumps(replaced(tree, place, draw(JSON))).encode()
    length = len(header) if kind != "length" else draw(st.integers(0, 2**64 - 1))
    body = length.to_bytes(8, "little") + header + data
    return described({"estimator": estimator, "versions": {}}, body)


def files(path):
    """Give a strategy of files near to a good one."""
    estimator, arrays = make_file(path)
    content = path.read_bytes()
    return st.one_of(
        st.binary(max_size=200).map(lambda end: KIND.encode() + b"\n" + end),
        changed_bytes(content),
        changed_line(content),
        changed_tree(estimator, arrays),
        changed_arrays(estimator, arrays),
        changed_safetensors(estimator, arrays),
    )


def try_cases(folder, n_cases):
    """Load so many files; count those that load and those that are refused."""
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
