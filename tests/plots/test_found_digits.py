"""FoundDigitsDisplay: a box and a label for each digit of a photo."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skdigits import DigitNormalizer, find_digits
from skdigits.datasets import load_sample, make_digit_photo
from skdigits.plots import FoundDigitsDisplay
from skdigits.plots._colours import BLUE, ORANGE


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def photo():
    return make_digit_photo("2468\n1357", random_state=0)


@pytest.fixture(scope="module")
def sample():
    digits = load_sample()
    return digits.X_train[:300], digits.y_train[:300]


def drawn(display):
    return np.array(
        [[*b.get_xy(), b.get_width(), b.get_height()] for b in display.boxes_]
    )


def test_boxes_and_labels_are_those_of_find_digits_and_predict(photo, sample):
    X, y = sample
    model = make_pipeline(
        DigitNormalizer(), LogisticRegression(C=1e-6, max_iter=1000)
    ).fit(X, y)
    display = FoundDigitsDisplay.from_estimator(model, photo.image)
    found = find_digits(photo.image)
    np.testing.assert_array_equal(drawn(display), found.boxes - [0.5, 0.5, 0, 0])
    labels = model.predict(found.images)
    probabilities = model.predict_proba(found.images).max(axis=1)
    expected = [
        str(label) if p >= 0.95 else f"{label} {p:.0%}"
        for label, p in zip(labels, probabilities, strict=True)
    ]
    assert [text.get_text() for text in display.texts_] == expected
    again = FoundDigitsDisplay.from_estimator(model, Image.fromarray(photo.image))
    np.testing.assert_array_equal(drawn(again), drawn(display))


def test_model_with_named_columns_gets_a_normalizer_before(photo, sample):
    X, y = sample
    normalizer = DigitNormalizer().set_output(transform="pandas")
    whole = make_pipeline(normalizer, LogisticRegression(C=1e-6, max_iter=1000))
    whole.fit(X, y)
    texts = [
        [t.get_text() for t in FoundDigitsDisplay.from_estimator(m, photo.image).texts_]
        for m in (whole, whole[-1])
    ]
    assert len(texts[0]) == 8 and texts[0] == texts[1]


def test_model_with_an_inner_normalizer_gets_no_second_one(photo, sample):
    X, y = sample
    normalizer = DigitNormalizer(box_size=12, on_blank="warn")
    model = make_pipeline(normalizer, LogisticRegression(C=1e-6, max_iter=1000))
    search = GridSearchCV(model, {}, cv=2)
    voting = VotingClassifier([("a", model), ("b", model)], voting="soft")
    nested = make_pipeline("passthrough", make_pipeline(normalizer, model[-1]))
    digits = find_digits(photo.image).images
    for whole in (search, voting, nested, FrozenEstimator(model.fit(X, y))):
        display = FoundDigitsDisplay.from_estimator(whole.fit(X, y), photo.image)
        expected = whole.predict_proba(digits).max(axis=1)
        np.testing.assert_array_equal(display.probabilities, expected)


def test_unsure_labels_have_another_colour(photo):
    probabilities = [1, 0.95, 0.949, 0.2, 1, 1, 1, np.nan]
    display = FoundDigitsDisplay.from_predictions(
        photo.image, photo.boxes, photo.target, probabilities
    )
    colours = [to_hex(box.get_edgecolor()) for box in display.boxes_]
    assert colours == [BLUE, BLUE, ORANGE, ORANGE, BLUE, BLUE, BLUE, ORANGE]
    texts = [text.get_text() for text in display.texts_]
    assert texts == ["2", "4", "6 95%", "8 20%", "1", "3", "5", "?"]


def test_boxes_are_drawn_without_labels_in_given_axes(photo):
    figure, ax = plt.subplots()
    display = FoundDigitsDisplay.from_predictions(photo.image, photo.boxes, ax=ax)
    assert display.ax_ is ax and display.figure_ is figure
    assert len(display.boxes_) == 8 and display.texts_ == []


def test_page_without_digits_has_no_boxes(sample):
    model = LogisticRegression(C=1e-6, max_iter=1000).fit(*sample)
    page = np.full((100, 200, 3), 240, np.uint8)
    display = FoundDigitsDisplay.from_estimator(model, page)
    assert display.boxes_ == display.texts_ == []


@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float64])
def test_images_of_any_channels_and_dtype_are_drawn(channels, dtype):
    image = np.zeros((20, 30, channels or 1), dtype)
    image[5:10] = 1 if dtype == np.float64 else np.iinfo(dtype).max
    image = image if channels else image[..., 0]
    display = FoundDigitsDisplay.from_predictions(image, [[0, 5, 30, 5]])
    display.figure_.canvas.draw()
    shown = display.ax_.images[0].get_array()
    assert shown[7, 3].min() > shown[0, 0].max()


def test_inconsistent_arguments_are_refused(photo):
    make = FoundDigitsDisplay.from_predictions
    with pytest.raises(ValueError, match=r"boxes must have a row of left.*\(8, 3\)"):
        make(photo.image, photo.boxes[:, :3])
    with pytest.raises(ValueError, match="labels .* each of the 8 boxes. Got 2"):
        make(photo.image, photo.boxes, [1, 2])
    with pytest.raises(ValueError, match="probabilities .* 8 boxes. Got 1"):
        make(photo.image, photo.boxes, photo.target, [1.0])
    with pytest.raises(TypeError, match="classifier with predict_proba.*DigitNormaliz"):
        FoundDigitsDisplay.from_estimator(DigitNormalizer(), photo.image)
