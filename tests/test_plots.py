"""The Displays: what they compute, and what they draw."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skdigits import CNNClassifier, ImageAugmenter
from skdigits.plots import HistoryDisplay, TopErrorsDisplay


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def model(digits):
    cnn = CNNClassifier(
        epochs=2, width=0.3, validation_fraction=0.2, random_state=0, batch_size=32
    )
    return Pipeline([("augment", ImageAugmenter()), ("cnn", cnn)]).fit(*digits)


def test_history_of_a_pipeline_and_of_its_classifier(model):
    for estimator in (model, model["cnn"]):
        display = HistoryDisplay.from_estimator(estimator)
        assert set(display.lines_) == {"loss", "val_loss", "accuracy", "val_accuracy"}
        for key, line in display.lines_.items():
            np.testing.assert_array_equal(line.get_ydata(), model["cnn"].history_[key])
            np.testing.assert_array_equal(line.get_xdata(), [1, 2])
        assert [ax.get_ylabel() for ax in display.axes_] == ["loss", "accuracy"]


def test_history_without_validation_in_given_axes():
    figure, axes = plt.subplots(1, 2)
    display = HistoryDisplay.from_history(
        {"loss": [3, 2, 1], "accuracy": [0.1, 0.5, 0.9]}, axes=axes
    )
    assert display.figure_ is figure
    assert set(display.lines_) == {"loss", "accuracy"}


def test_history_refuses_what_has_none():
    with pytest.raises(NotFittedError):
        HistoryDisplay.from_estimator(CNNClassifier())
    with pytest.raises(ValueError, match="must have the keys loss, accuracy.*Got los"):
        HistoryDisplay.from_history({"los": [1]})


def test_top_errors_are_sorted_by_margin():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(4), 100)
    y = rng.integers(0, 4, 100)
    X = rng.random((100, 9))
    display = TopErrorsDisplay.from_predictions(X, y, probabilities, n_errors=5)
    margins = {}
    for i in range(100):  # the slow way
        guess = probabilities[i].argmax()
        if guess != y[i]:
            margins[i] = probabilities[i, guess] - probabilities[i, y[i]]
    expected = sorted(margins, key=margins.get, reverse=True)[:5]
    assert display.indices.tolist() == expected
    for place, i in enumerate(expected):
        drawn = np.asarray(display.images_[place].get_array()).ravel()
        np.testing.assert_array_equal(drawn, X[i])
        title = display.axes_[place].get_title()
        assert f"predicted {probabilities[i].argmax()} " in title
        assert f"true {y[i]} " in title


def test_top_errors_of_estimators(digits, model):
    X, y = digits
    display = TopErrorsDisplay.from_estimator(model, X, y, n_errors=4)
    predicted = model.predict(X)
    assert (display.predicted_labels == predicted[display.indices]).all()
    assert (predicted[display.indices] != y[display.indices]).all()
    with pytest.raises(NotFittedError):
        TopErrorsDisplay.from_estimator(SVC(probability=True), X, y)


def test_top_errors_with_string_labels_and_colour():
    X = np.random.default_rng(0).random((3, 5, 4, 3))
    display = TopErrorsDisplay.from_predictions(
        X, ["b", "a", "b"], [[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]], classes=["a", "b"]
    )
    assert display.indices.tolist() == [0, 2]
    assert display.predicted_labels.tolist() == ["a", "a"]
    assert display.images.shape == (2, 5, 4, 3)


def test_no_mistakes_is_said():
    display = TopErrorsDisplay.from_predictions(
        np.zeros((2, 4)), [0, 1], [[1, 0], [0, 1]]
    )
    assert len(display.axes_) == 0
    assert display.figure_.axes[0].get_title(loc="left") == "no mistakes"


def test_top_errors_refuses_what_does_not_fit():
    wrong = np.array([[0.9, 0.1]] * 4)
    with pytest.raises(ValueError, match="Got 3, 4 and 4 rows"):
        TopErrorsDisplay.from_predictions(np.zeros((3, 4)), [1] * 4, wrong)
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match="each of the 4 mistakes. Got 1"):
        TopErrorsDisplay.from_predictions(np.zeros((4, 4)), [1] * 4, wrong, axes=ax)
    with pytest.raises(ValueError, match="has labels that are not among the classes"):
        TopErrorsDisplay.from_predictions(np.zeros((4, 4)), [5] * 4, wrong)
