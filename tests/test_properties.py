"""Any input gives a correct result, or an error that names what is wrong.

By default runs are short and repeat their cases. A long run with new cases:

    pytest -n0 tests/test_properties.py --hypothesis-profile=long
"""

import re
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from helpers.versions import SKLEARN
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from packaging.version import Version
from sklearn.datasets import load_digits

from skdigits import CNNClassifier, DigitNormalizer, ImageAugmenter, write_submission
from skdigits.datasets import load_competition

N, SIDE = 24, 4
X = load_digits().images[:N, 2:6, 2:6].reshape(N, -1).astype(np.uint8)  # 0..16
Y = np.arange(N) % 3


def model(**params):
    return CNNClassifier(**{"epochs": 1, "width": 0.1, "random_state": 0, **params})


@pytest.fixture(scope="module")
def expected():
    """Probabilities of a fit on the plain array."""
    return model().fit(X, Y).predict_proba(X)


def attempt(function, *args, **params):
    """Call a function: (result, None), or (None, message) of an error; no warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # scikit-learn's warnings for all classifiers.
        warnings.filterwarnings("ignore", message="The number of unique classes is")
        warnings.filterwarnings("ignore", message="Support for labels represented as b")
        try:
            return function(*args, **params), None
        except (ValueError, TypeError) as error:
            message = str(error)
            assert len(message) > 20, f"too short: {message!r}"
            return None, message


def check_probabilities(probabilities, n, n_classes):
    assert probabilities.shape == (n, n_classes)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert (probabilities >= 0).all()


# --- every form of X ---

NUMERIC = [np.dtype(c) for c in "?bBhHiIlLqQefdg"]


class Arraylike:
    """Object that NumPy converts to an array by its protocol."""

    def __init__(self, array):
        self.array = array
        self.shape = array.shape

    def __array__(self, dtype=None, copy=None):
        return self.array.astype(dtype or self.array.dtype)

    def __len__(self):
        return len(self.array)


def strided(array):
    wide = np.zeros((2 * len(array), 3 * array.shape[1]), array.dtype)
    wide[::2, ::3] = array
    return wide[::2, ::3]


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def memory_mapped(array):
    path = Path(tempfile.mkdtemp(), "images.npy")
    np.save(path, array)
    return np.load(path, mmap_mode="r")


ORDERS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "strided": strided,
    "backwards": lambda array: array[::-1][::-1],
    "read-only": read_only,
    "memory-mapped": memory_mapped,
}
CONTAINERS = {
    "array": lambda array: array,
    "3-D": lambda array: array.reshape(-1, SIDE, SIDE),
    "4-D": lambda array: array.reshape(-1, SIDE, SIDE, 1),
    "list": lambda array: array.tolist(),
    "tuple": lambda array: tuple(map(tuple, array.tolist())),
    "frame": pd.DataFrame,
    "polars": lambda array: pl.DataFrame(np.ascontiguousarray(array)),
    "nullable": lambda array: pd.DataFrame(array).convert_dtypes(),
    "object": lambda array: array.astype(object),
    "strings": lambda array: array.astype(str),
    "string frame": lambda array: pd.DataFrame(array.astype(str)),
    "categories": lambda array: pd.DataFrame(array).astype("category"),
    "protocol": Arraylike,
    "masked": np.ma.masked_array,
    "complex": lambda array: array.astype(complex),
    "dates": lambda array: array.astype("datetime64[s]"),
    "ragged": lambda array: [*array.tolist()[:-1], [1, 2]],
    "scalar": lambda array: 3,
    "none": lambda array: None,
    "one row": lambda array: array[0],
    "empty": lambda array: array[:0],
    "no pixels": lambda array: array[:, :0],
}
MAY_BE_REFUSED = {
    *("strings", "string frame", "complex", "dates", "ragged", "scalar", "none"),
    *("one row", "empty", "no pixels", "categories"),
}


@given(
    dtype=st.sampled_from(NUMERIC),
    order=st.sampled_from(sorted(ORDERS)),
    container=st.sampled_from(sorted(CONTAINERS)),
)
def test_all_forms_of_images_are_accepted_or_refused(expected, dtype, order, container):
    # pandas and polars have no such columns
    assume(not (dtype.char in "eg" and container in ("categories", "polars")))
    binary = dtype.kind == "b"
    plain = X > 8 if binary else X
    form = CONTAINERS[container](ORDERS[order](plain.astype(dtype)))
    fitted, refusal = attempt(model().fit, form, Y)
    if refusal:
        assert container in MAY_BE_REFUSED, refusal
        return
    found = fitted.predict_proba(form)
    check_probabilities(found, N, 3)
    if not binary:
        np.testing.assert_allclose(found, expected, atol=1e-5)


# --- labels and weights ---

LABELS = {
    "ints": Y.tolist(),
    "strings": np.array(["no", "maybe", "yes"])[Y],
    "objects": np.array(["no", "maybe", "yes"], dtype=object)[Y],
    "floats": Y.astype(float),
    "booleans": Y > 0,
    "series": pd.Series(Y),
    "nullable": pd.Series(Y, dtype="Int64"),
    "categories": pd.Series(np.array(["a", "b", "c"])[Y], dtype="category"),
    "polars": pl.Series(Y),
    "small ints": Y.astype(np.int8) - 1,
    "fractions": Y + 0.5,
    "missing": [None, *Y[1:].tolist()],
    "nan": [np.nan, *Y[1:].tolist()],
    "missing string": np.array([None, *["a", "b"] * 12], dtype=object)[:N],
    "mixed": np.array(["a", *Y[1:].tolist()], dtype=object),
    "bytes": np.array([b"a", b"b", b"c"])[Y],
    "one-hot": np.eye(3)[Y],
    "short": Y[1:],
    "one class": np.zeros(N),
    "scalar": 1,
    "none": None,
}
ACCEPTED = {
    *("ints", "strings", "objects", "floats", "booleans", "series", "nullable"),
    *("categories", "polars", "small ints"),
}
if Version("1.7") > SKLEARN:  # which warns of a future error
    ACCEPTED.add("bytes")


@pytest.mark.parametrize("name", LABELS)
def test_all_forms_of_labels_are_accepted_or_refused(name):
    fitted, refusal = attempt(model().fit, X, LABELS[name])
    assert (refusal is None) == (name in ACCEPTED), refusal
    if fitted is not None:
        predicted = fitted.predict(X)
        assert set(predicted.tolist()) <= set(np.asarray(LABELS[name]).tolist())


numbers = st.sampled_from([0.0, 1.0, 2.0, 0.5, 1e-30, 1e30])
bad_numbers = st.sampled_from([-1.0, np.nan, np.inf, 1e308])


@given(
    weights=st.lists(numbers | bad_numbers, min_size=3, max_size=3),
    wrong_length=st.booleans(),
    by_class=st.none()
    | st.just("balanced")
    | st.dictionaries(st.sampled_from([0, 1, 2, 7, "a"]), numbers | bad_numbers),
)
def test_all_weights_are_accepted_or_refused(weights, wrong_length, by_class):
    sample_weight = np.array(weights)[Y][: N - wrong_length]
    before = sample_weight.copy()
    fitted, refusal = attempt(
        model(class_weight=by_class).fit, X, Y, sample_weight=sample_weight
    )
    np.testing.assert_array_equal(sample_weight, before)
    if refusal is None:
        check_probabilities(fitted.predict_proba(X), N, 3)
        assert not wrong_length
        assert min(weights) >= 0 and np.isfinite(weights).all()
        if isinstance(by_class, dict):
            used = [by_class.get(label, 1) for label in range(3)]
            assert all(0 <= weight < np.inf for weight in used)
    else:
        assert re.search("weight|class", refusal)


# --- extremes ---


@given(
    shape=st.sampled_from([(1, 1), (1, 5), (2, 2, 3), (9, 1), (31, 33), (256, 256)]),
    n_classes=st.sampled_from([2, 5, 500]),
    each=st.sampled_from([1, 2]),
    validation=st.sampled_from([None, 0.1, 0.5, 0.9]),
    value=st.sampled_from([0, 255, -3, 1e-30, 1e30, None]),
    architecture=st.sampled_from(["fast", "classic", "residual", "vgg"]),
)
@settings(max_examples=settings.default.max_examples // 2)  # they take long
def test_extreme_images_and_classes(
    shape, n_classes, each, validation, value, architecture
):
    if shape == (256, 256):
        n_classes = 2  # or it takes a minute
    n = n_classes * each
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (n, *shape), dtype=np.uint8)
    if value is not None:
        images = np.full((n, *shape), value, dtype=float)
    labels = np.arange(n) % n_classes
    classifier = model(
        width=0.02, validation_fraction=validation, architecture=architecture
    )
    fitted, refusal = attempt(classifier.fit, images, labels)
    if refusal:
        assert "validation_fraction" in refusal
        assert validation is not None
    else:
        check_probabilities(fitted.predict_proba(images), n, n_classes)


# --- augmentation ---

strengths = {
    "rotation": st.floats(-10, 200) | st.just(np.nan),
    "zoom": st.floats(-0.5, 1.5),
    "shift": st.floats(-0.5, 1.5),
    "shear": st.floats(-5, 95),
    "elastic": st.floats(-1, 50) | st.just(np.inf),
    "drawn": st.floats(-0.5, 1.5),
    "fill_value": st.sampled_from([0, 255, -7, 0.5, 1e30]),
}
ALLOWED = {
    "rotation": lambda v: 0 <= v <= 180,
    "zoom": lambda v: 0 <= v < 1,
    "shift": lambda v: 0 <= v <= 1,
    "shear": lambda v: 0 <= v < 90,
    "elastic": lambda v: 0 <= v < np.inf,
    "drawn": lambda v: 0 <= v <= 1,
    "fill_value": lambda v: True,
}


@given(
    params=st.fixed_dictionaries({}, optional=strengths),
    dtype=st.sampled_from(NUMERIC),
    order=st.sampled_from(sorted(ORDERS)),
    shape=st.sampled_from([(1, 1), (3, 5), (6, 6, 3), (28, 28), (5, 5, 7)]),
)
def test_augmented_copies_stay_in_the_range_of_pixels(params, dtype, order, shape):
    rng = np.random.default_rng(0)
    flat = rng.integers(0, 100, (5, int(np.prod(shape))))
    images = ORDERS[order](flat.astype(dtype))
    before = np.array(images)
    shape = shape if len(shape) == 3 else (*shape, 1)
    augmenter = ImageAugmenter(**params, image_shape=shape, random_state=0)
    y = np.arange(5)
    copies, refusal = attempt(augmenter.fit_transform, images, y)
    np.testing.assert_array_equal(images, before)
    wrong = [name for name, value in params.items() if not ALLOWED[name](value)]
    if shape[2] != 1 and params.get("drawn", 0) > 0:
        wrong.append("drawn")
    if refusal:
        assert any(name in refusal for name in wrong), refusal
        return
    assert not wrong
    assert copies.shape == images.shape and copies.dtype == images.dtype
    assert np.isfinite(np.asarray(copies, dtype=float)).all()
    fill = np.array(params.get("fill_value", 0), dtype=float)
    if images.dtype.kind in "?biu":
        limits = (
            (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        )
        fill = np.clip(np.rint(fill), *limits)
    low = min(float(before.min()), float(fill))
    high = max(float(before.max()), float(fill))
    slack = 1e-3 * max(1, abs(low), abs(high))
    assert copies.astype(float).min() >= low - slack
    assert copies.astype(float).max() <= high + slack
    np.testing.assert_array_equal(augmenter.transform(images), before)
    np.testing.assert_array_equal(augmenter.fit_transform(images, y), copies)


# --- images of any size ---


@given(
    shapes=st.lists(
        st.tuples(*[st.integers(0, 40)] * 2)
        | st.tuples(*[st.integers(1, 40)] * 2, st.integers(0, 5)),
        min_size=1,
        max_size=4,
    ),
    dtype=st.sampled_from(NUMERIC),
    stroke=st.integers(1, 12),
    scale=st.sampled_from([1, -1, 0.3, 200]),
    output_shape=st.sampled_from([(28, 28), (1, 1), (3, 50), (64, 64)]),
    centering=st.sampled_from(["mass", "box"]),
)
def test_all_images_are_normalized_or_refused(
    shapes, dtype, stroke, scale, output_shape, centering
):
    rng = np.random.default_rng(0)
    images = []
    for shape in shapes:
        image = rng.random(shape) * 0.2
        image[len(image) // 4 :, :stroke] += 0.8
        images.append((image * scale).astype(dtype))
    before = [image.copy() for image in images]
    normalizer = DigitNormalizer(
        output_shape=output_shape, centering=centering, on_blank="ignore"
    )
    found, refusal = attempt(normalizer.transform, images)
    for image, copy in zip(images, before, strict=True):
        np.testing.assert_array_equal(image, copy)
    wrong = [
        f"X[{i}]"
        for i, shape in enumerate(shapes)
        if 0 in shape or (len(shape) == 3 and shape[2] > 4)
    ]
    if refusal:
        assert wrong and wrong[0] in refusal
        return
    assert not wrong
    assert found.shape == (len(images), np.prod(output_shape))
    assert found.dtype == np.uint8
    again = normalizer.transform(images[::-1])
    np.testing.assert_array_equal(again, found[::-1])


# --- files ---

digit_like = (
    st.integers(0, 9)
    | st.sampled_from([0.0, 9.0, "3", np.int8(4), np.float32(2)])
    | st.sampled_from([10, -1, 0.5, "x", "", None, np.nan, True, b"1", [1], object()])
)


@given(labels=st.lists(digit_like, max_size=5), as_array=st.booleans())
def test_all_labels_are_written_or_refused(labels, as_array):
    given_labels = np.array(labels, dtype=object) if as_array else labels
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "submission.csv")
        written, refusal = attempt(write_submission, given_labels, path)
        if refusal:
            assert "y_pred" in refusal
            assert list(Path(folder).iterdir()) == []
        else:
            rows = path.read_text(encoding="utf-8").splitlines()
            assert rows[0] == "ImageId,Label"
            pairs = [f"{i},{int(label)}" for i, label in enumerate(labels, 1)]
            assert rows[1:] == pairs
            assert written["Label"].tolist() == [int(label) for label in labels]


HEADER = ",".join(f"pixel{i}" for i in range(784))
ROW = ",".join(["0"] * 784)
TRAIN = f"label,{HEADER}\n1,{ROW}\n2,{ROW}\n".encode()
TEST = f"{HEADER}\n{ROW}\n".encode()


@given(
    start=st.integers(0, len(TRAIN)),
    length=st.sampled_from([0, 1, 2, 50, 2000]),
    put=st.binary(max_size=4)
    | st.sampled_from(
        [b"\n", b"\r\n", b'"', b",", b"\xef\xbb\xbf", b"\x00", b"1.0", b"e"]
    )
    | st.sampled_from([b"\xff\xfe", b" ", b"-0", b"+1", b"0x1", b"\xd9\xa3", b"1e1"]),
)
def test_damaged_csv_is_read_as_it_is_or_refused(start, length, put):
    content = TRAIN[:start] + put + TRAIN[start + length :]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "train.csv").write_bytes(content)
        Path(folder, "test.csv").write_bytes(TEST)
        digits, refusal = attempt(load_competition, folder)
    if refusal:
        assert "train.csv" in refusal
        return
    text = content.decode("utf-8-sig").replace('"', "")
    rows = [line.split(",") for line in text.split("\n")]
    cells = [[float(cell) for cell in row] for row in rows[1:] if "".join(row).strip()]
    assert digits.y_train.tolist() == [row[0] for row in cells]
    np.testing.assert_array_equal(digits.X_train, [row[1:] for row in cells])
