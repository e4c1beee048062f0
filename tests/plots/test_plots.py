"""Displays: computed values and drawn artists."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib.colors import to_hex
from PIL import Image
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from skdigits import (
    CNNClassifier,
    DigitNormalizer,
    ImageAugmenter,
    make_digit_pipeline,
    plots,
)
from skdigits.datasets import make_digit_photo
from skdigits.pipelines import make_digit_ensemble
from skdigits.plots import (
    ActivationsDisplay,
    AugmentationDisplay,
    DigitsDisplay,
    HistoryDisplay,
    LabelCountsDisplay,
    TopErrorsDisplay,
)


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


def test_history_of_a_pipeline_is_that_of_its_classifier(model):
    for estimator in (model, model["cnn"]):
        display = HistoryDisplay.from_estimator(estimator)
        assert set(display.lines_) == set(model["cnn"].history_)
        for key, line in display.lines_.items():
            np.testing.assert_array_equal(line.get_ydata(), model["cnn"].history_[key])
            np.testing.assert_array_equal(line.get_xdata(), [1, 2])
        assert [ax.get_ylabel() for ax in display.axes_] == ["loss", "accuracy"]


def test_history_finds_all_members_of_nested_estimators(digits, model):
    X, y = digits
    cnn = CNNClassifier(epochs=2, width=0.2, random_state=0)
    pipeline = make_pipeline("passthrough", cnn)
    search = GridSearchCV(pipeline, {"cnnclassifier__width": [0.2]}, cv=2).fit(X, y)
    other = DummyClassifier()
    voting = VotingClassifier([("a", pipeline), ("b", other)], voting="soft")
    calibrated = CalibratedClassifierCV(voting, cv=2).fit(X, y)
    bagging = BaggingClassifier(pipeline, n_estimators=2, max_samples=0.9).fit(X, y)
    members = {
        "best": [search.best_estimator_],
        "bagging": bagging.estimators_,
        "nested": [
            c.estimator.estimators_[0] for c in calibrated.calibrated_classifiers_
        ],
        "list": [search.best_estimator_, *bagging.estimators_],
        "frozen": [model],
    }
    estimators = [
        search,
        bagging,
        calibrated,
        [search, bagging],
        FrozenEstimator(model),
    ]
    for estimator, expected in zip(estimators, members.values(), strict=True):
        display = HistoryDisplay.from_estimator(estimator)
        assert display.histories == [member[-1].history_ for member in expected]
        assert len(display.axes_[0].get_legend().get_texts()) <= 2
        if len(expected) > 1:
            drawn = [
                line.get_ydata().tolist() for line in display.member_lines_["loss"]
            ]
            assert drawn == [member[-1].history_["loss"] for member in expected]


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (GridSearchCV(CNNClassifier(), {}), NotFittedError, "GridSearchCV"),
        (make_digit_ensemble(n_networks=2), NotFittedError, "VotingClassifier"),
        (make_digit_pipeline(), NotFittedError, "not fitted"),
        (SVC(), TypeError, "must be a CNNClassifier, or .* Got SVC instead"),
        (make_pipeline(SVC()), TypeError, "Got Pipeline instead"),
        ("model", TypeError, "Got str instead"),
    ],
)
@pytest.mark.parametrize("display", [HistoryDisplay, ActivationsDisplay])
def test_estimators_without_a_fitted_cnn_are_refused(
    display, estimator, error, message
):
    args = [] if display is HistoryDisplay else [np.zeros((1, 64))]
    with pytest.raises(error, match=message):
        display.from_estimator(estimator, *args)


def test_error_for_a_search_without_refit_advises_refit(digits):
    search = GridSearchCV(CNNClassifier(epochs=1, width=0.2), {}, cv=2, refit=False)
    with pytest.raises(TypeError, match="Got GridSearchCV instead. .*refit=True"):
        HistoryDisplay.from_estimator(search.fit(*digits))


def test_history_is_drawn_in_given_axes():
    figure, axes = plt.subplots(1, 2)
    display = HistoryDisplay.from_history(
        {"loss": [3, 2, 1], "accuracy": [0.1, 0.5, 0.9]}, axes=axes
    )
    assert display.figure_ is figure
    assert set(display.lines_) == {"loss", "accuracy"}


def test_missing_history_is_refused():
    with pytest.raises(NotFittedError):
        HistoryDisplay.from_estimator(CNNClassifier())
    with pytest.raises(ValueError, match="must have the keys loss, accuracy.*Got los"):
        HistoryDisplay.from_history({"los": [1]})


def test_top_errors_are_sorted_by_difference_of_probabilities():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(4), 100)
    y = rng.integers(0, 4, 100)
    X = rng.random((100, 9))
    display = TopErrorsDisplay.from_predictions(X, y, probabilities, n_errors=5)
    margins = {}
    for i in range(100):
        guess = probabilities[i].argmax()
        if guess != y[i]:
            margins[i] = probabilities[i, guess] - probabilities[i, y[i]]
    expected = sorted(margins, key=margins.get, reverse=True)[:5]
    assert display.indices.tolist() == expected
    for index, i in enumerate(expected):
        drawn = np.asarray(display.images_[index].get_array()).ravel()
        np.testing.assert_array_equal(drawn, X[i])
        title = display.axes_[index].get_title()
        assert f"predicted {probabilities[i].argmax()} " in title
        assert f"true {y[i]} " in title


def test_top_errors_of_an_estimator_are_its_mistakes(digits, model):
    X, y = digits
    display = TopErrorsDisplay.from_estimator(model, X, y, n_errors=4)
    predicted = model.predict(X)
    assert (display.predicted_labels == predicted[display.indices]).all()
    assert (predicted[display.indices] != y[display.indices]).all()
    with pytest.raises(NotFittedError):
        TopErrorsDisplay.from_estimator(SVC(probability=True), X, y)


def test_top_errors_accept_string_labels_and_colour():
    X = np.random.default_rng(0).random((3, 5, 4, 3))
    display = TopErrorsDisplay.from_predictions(
        X, ["b", "a", "b"], [[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]], classes=["a", "b"]
    )
    assert display.indices.tolist() == [0, 2]
    assert display.predicted_labels.tolist() == ["a", "a"]
    assert display.images.shape == (2, 5, 4, 3)


def test_top_errors_of_a_perfect_model_are_empty():
    display = TopErrorsDisplay.from_predictions(
        np.zeros((2, 4)), [0, 1], [[1, 0], [0, 1]]
    )
    assert len(display.axes_) == 0
    assert display.figure_.axes[0].get_title(loc="left") == "no mistakes"


def test_top_errors_refuse_inconsistent_arguments():
    wrong = np.array([[0.9, 0.1]] * 4)
    with pytest.raises(ValueError, match="Got 3, 4 and 4 rows"):
        TopErrorsDisplay.from_predictions(np.zeros((3, 4)), [1] * 4, wrong)
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match="each of the 4 images. Got 1"):
        TopErrorsDisplay.from_predictions(np.zeros((4, 4)), [1] * 4, wrong, axes=ax)
    with pytest.raises(ValueError, match=r"among the classes \[0, 1\]. Got \[5\]"):
        TopErrorsDisplay.from_predictions(np.zeros((4, 4)), [5] * 4, wrong)


def test_several_histories_have_a_mean_and_a_band():
    histories = [
        {"loss": [4, 2, 1], "accuracy": [0.1, 0.2, 0.3], "learning_rate": [1, 1, 1]},
        {"loss": [2, 1], "accuracy": [0.3, 0.4], "learning_rate": [1, 1]},
    ]
    display = HistoryDisplay.from_history(histories)
    assert display.lines_["loss"].get_ydata().tolist() == [3, 1.5, 1]
    low, high = 1, 2
    at_two = [y for x, y in display.bands_["loss"].get_paths()[0].vertices if x == 2]
    assert (min(at_two), max(at_two)) == (low, high)
    assert display.lines_["learning_rate"].axes is display.rate_ax_


def test_history_of_cross_validated_pipelines(digits):
    model = Pipeline([("cnn", CNNClassifier(epochs=2, width=0.2, random_state=0))])
    fitted = cross_validate(model, *digits, cv=2, return_estimator=True)["estimator"]
    display = HistoryDisplay.from_estimator(fitted, learning_rate=False)
    losses = [one["cnn"].history_["loss"] for one in fitted]
    np.testing.assert_allclose(
        display.lines_["loss"].get_ydata(), np.mean(losses, axis=0)
    )
    assert display.rate_ax_ is None and set(display.bands_) == {"loss", "accuracy"}


def test_titles_and_colours_distinguish_right_from_wrong(digits, model):
    X, y = digits
    display = DigitsDisplay.from_estimator(model, X, y, n_images=20)
    predicted, sure = model.predict(X), model.predict_proba(X).max(axis=1)
    for i, ax in enumerate(display.axes_):
        expected = f"{predicted[i]} ({sure[i]:.0%})"
        if predicted[i] != y[i]:
            expected += f"\nnot {y[i]}"
        assert ax.get_title() == expected
    colours = {ax.title.get_color() for ax in display.axes_}
    assert len(colours) == len(set(predicted[:20] == y[:20]))


def test_digits_refuse_inconsistent_arguments(digits):
    X, y = digits
    with pytest.raises(
        ValueError, match="y must have a value for each of the 200.*199"
    ):
        DigitsDisplay.from_predictions(X, y[:-1])
    with pytest.raises(ValueError, match=r"For one image, pass X\[:1\]"):
        DigitsDisplay.from_predictions(X[0])
    with pytest.raises(NotFittedError):
        DigitsDisplay.from_estimator(CNNClassifier(), X)


def test_label_counts_are_counts_of_one_set_and_shares_of_two():
    display = LabelCountsDisplay.from_labels(["b", "a", "b", "c"])
    assert display.classes.tolist() == ["a", "b", "c"]
    assert [bar.get_height() for bar in display.bars_["labels"]] == [1, 2, 1]
    display = LabelCountsDisplay.from_labels({"train": [0, 1, 1, 1], "test": [2, 2]})
    heights = {
        n: [bar.get_height() for bar in bars] for n, bars in display.bars_.items()
    }
    assert heights == {"train": [0.25, 0.75, 0], "test": [0, 0, 1]}
    assert display.ax_.get_ylabel() == "share"
    with pytest.raises(ValueError, match="must have one dimension and not be empty"):
        LabelCountsDisplay.from_labels([])


def test_label_counts_of_an_estimator_are_of_labels_and_predictions(digits, model):
    X, y = digits
    display = LabelCountsDisplay.from_estimator(model, X[:50], y, normalize=False)
    assert display.counts["training labels"].sum() == 200
    predicted = np.bincount(model.predict(X[:50]), minlength=10)
    by_class = dict(zip(display.classes, display.counts["predictions"], strict=True))
    assert by_class == dict(enumerate(predicted))


def test_augmentation_shows_the_image_and_its_copies(digits):
    X, _ = digits
    augmenter = ImageAugmenter(rotation=30, random_state=3)
    display = AugmentationDisplay.from_estimator(augmenter, X, n_copies=5)
    assert not hasattr(augmenter, "image_shape_")  # not fitted
    np.testing.assert_array_equal(display.images_[0].get_array(), X[0].reshape(8, 8))
    fitted = ImageAugmenter(rotation=30, random_state=3).fit(X)
    expected = fitted.augment(np.repeat(X[:1], 5, axis=0))
    np.testing.assert_array_equal(display.copies.reshape(5, 64), expected)
    in_pipeline = Pipeline([("augment", augmenter), ("cnn", CNNClassifier())])
    again = AugmentationDisplay.from_estimator(in_pipeline, X, n_copies=5)
    np.testing.assert_array_equal(again.copies, display.copies)
    for wrong in (SVC(), Pipeline([("svc", SVC())])):
        with pytest.raises(TypeError, match="ImageAugmenter.*Got SVC"):
            AugmentationDisplay.from_estimator(wrong, X)


def test_augmentation_applies_the_steps_before(digits):
    photo = make_digit_photo("7", random_state=0).image
    model = make_digit_pipeline("robust", random_state=3)
    display = AugmentationDisplay.from_estimator(model, [photo], n_copies=5)
    normal = DigitNormalizer().transform([photo])
    np.testing.assert_array_equal(display.image.reshape(1, 784), normal)
    alone = AugmentationDisplay.from_estimator(model["augment"], normal, n_copies=5)
    np.testing.assert_array_equal(display.copies, alone.copies)
    scaled = make_pipeline(StandardScaler(), ImageAugmenter(), SVC())
    display = AugmentationDisplay.from_estimator(scaled, digits[0])
    expected = StandardScaler().fit_transform(digits[0])[0]
    np.testing.assert_allclose(display.image.ravel(), expected)
    assert not hasattr(scaled[0], "mean_")


def test_augmentation_finds_fitted_steps_in_searches_and_nested_pipelines(digits):
    X, y = digits
    inner = make_pipeline(StandardScaler(), None, ImageAugmenter(random_state=0))
    model = make_pipeline("passthrough", inner, DummyClassifier())
    unfitted = GridSearchCV(model, {}, cv=2)
    search = clone(unfitted).fit(X, y)
    expected = StandardScaler().fit(X).transform(X[:1])[0]
    for estimator in (search, search.best_estimator_):
        display = AugmentationDisplay.from_estimator(estimator, X[:1], n_copies=2)
        np.testing.assert_allclose(display.image.ravel(), expected)
    display = AugmentationDisplay.from_estimator(unfitted, X, n_copies=2)
    np.testing.assert_allclose(display.image.ravel(), expected)


def test_activations_are_the_outputs_of_the_layers(digits, model):
    X, _ = digits
    display = ActivationsDisplay.from_estimator(model, X, layers=["conv1", "pooling"])
    assert list(display.activations) == ["conv1", "pool1", "pool2"]
    whole = model["cnn"].model_
    import keras

    probe = keras.Model(whole.inputs[0], whole.get_layer("pool2").output)
    expected = probe(X[:1].reshape(1, 8, 8, 1).astype("float32")).numpy()[0]
    np.testing.assert_allclose(display.activations["pool2"], expected, rtol=1e-5)
    assert len(display.axes_) == 3
    rows = -(-display.activations["conv1"].shape[-1] // 16)
    assert display.images_[0].get_array().shape[0] == rows * 5 - 1


def test_activations_are_of_the_transformed_image(digits):
    X, y = digits
    cnn = CNNClassifier(epochs=1, width=0.2, random_state=0)
    inner = make_pipeline(
        None, FunctionTransformer(lambda X: X / 16), "passthrough", cnn
    )
    outer = make_pipeline(FunctionTransformer(lambda X: 16 - X), inner)
    search = GridSearchCV(outer, {}, cv=2).fit(X, y)
    fitted = search.best_estimator_[-1][-1]
    expected = ActivationsDisplay.from_estimator(fitted, (16 - X[:1]) / 16).activations
    for estimator in (search, search.best_estimator_, FrozenEstimator(search)):
        shown = ActivationsDisplay.from_estimator(estimator, X).activations
        assert shown.keys() == expected.keys()
        for name in shown:
            np.testing.assert_allclose(shown[name], expected[name])
    ensemble = BaggingClassifier(outer, n_estimators=2, max_samples=0.9).fit(X, y)
    member = r"with 2 .*such as estimator\.estimators_\[0\]\."
    with pytest.raises(TypeError, match=member):
        ActivationsDisplay.from_estimator(ensemble, X)
    scaled = make_pipeline(outer[0], ensemble)
    with pytest.raises(TypeError, match=r"\[0\] with estimator\[:-1\]\.transform"):
        ActivationsDisplay.from_estimator(scaled, X)


@pytest.fixture(scope="module")
def photos():
    """Return three photos of different sizes, and their digits."""
    made = [make_digit_photo(str(n), random_state=n).image for n in (7, 3, 5)]
    made[1] = made[1].min(axis=2)  # grey
    return made, np.array([7, 3, 5])


@pytest.fixture(scope="module")
def reader(digits):
    """Fit a pipeline that accepts photos and makes mistakes."""
    X, y = digits
    model = make_pipeline(DigitNormalizer(), CNNClassifier(epochs=1, width=0.2))
    return model.set_params(cnnclassifier__random_state=0).fit(
        list(X.reshape(-1, 8, 8)), y
    )


def test_photos_of_different_sizes_are_drawn(reader, photos):
    images, labels = photos
    predicted = reader.predict(images)
    for X in (images, [Image.fromarray(image) for image in images], pd.Series(images)):
        display = DigitsDisplay.from_estimator(reader, X, labels, n_images=2)
        np.testing.assert_array_equal(display.images_[0].get_array(), images[0])
        np.testing.assert_array_equal(display.images_[1].get_array(), images[1])
        assert display.predicted_labels.tolist() == predicted[:2].tolist()
        wrong = TopErrorsDisplay.from_estimator(reader, X, (predicted + 1) % 10)
        assert sorted(wrong.indices) == [0, 1, 2]
        for index, artist in zip(wrong.indices, wrong.images_, strict=True):
            np.testing.assert_array_equal(artist.get_array(), images[index])
        assert len(TopErrorsDisplay.from_estimator(reader, X, predicted).images) == 0
        shown = ActivationsDisplay.from_estimator(reader, X, layers=[0]).activations
        normal = reader[0].transform(images)
        seen = ActivationsDisplay.from_estimator(reader[1], normal, layers=[0])
        for name in shown:
            np.testing.assert_array_equal(shown[name], seen.activations[name])
        LabelCountsDisplay.from_estimator(reader, X, labels)
        plt.close("all")


@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_labels_may_be_a_column_of_a_pandas_or_polars_frame(digits, model, make):
    X, y = digits
    columns = {f"pixel{i}": X[:, i] for i in range(64)}
    frame = make({"label": y, **columns})
    display = DigitsDisplay.from_predictions(frame, n_images=4)
    assert [ax.get_title() for ax in display.axes_] == [str(label) for label in y[:4]]
    np.testing.assert_array_equal(display.images_[3].get_array(), X[3].reshape(8, 8))
    display = DigitsDisplay.from_estimator(model, frame, n_images=4)
    assert display.labels.tolist() == y[:4].tolist()
    assert "label" in frame.columns  # unchanged
    top = TopErrorsDisplay.from_estimator(
        model, make(columns), (y + 1) % 10, n_errors=2
    )
    np.testing.assert_array_equal(top.images[0].ravel(), X[top.indices[0]])
    ActivationsDisplay.from_estimator(model, make(columns), layers=[0])


def test_one_channel_may_be_drawn_alone_and_may_be_constant():
    activation = np.zeros((4, 4, 20))
    activation[1, 2, 7] = 5
    tiled = ActivationsDisplay.from_activations({"conv": activation}).images_[0]
    assert np.nanmax(tiled.get_array()) == 1
    assert np.isfinite(tiled.get_array().compressed()).all()
    alone = ActivationsDisplay.from_activations({"conv": activation}, channel=7)
    np.testing.assert_array_equal(alone.images_[0].get_array(), activation[..., 7])
    with pytest.raises(ValueError, match=r"channel must be in 0\.\.19.*Got 20"):
        alone.plot(channel=20)


@pytest.mark.parametrize("layers", [None, 0, "dropout", ["conv2", -1]])
def test_layers_are_chosen_by_index_name_and_kind(digits, layers):
    X, y = digits
    model = CNNClassifier(architecture="classic", epochs=1, width=0.1).fit(X, y)
    display = ActivationsDisplay.from_estimator(model, X, layers=layers)
    names = {
        None: "conv1 conv2 pool1 dropout1 conv3 conv4 pool2 dropout2",
        0: "conv1",
        "dropout": "dropout1 dropout2 dropout3",
        "conv2 -1": "conv2 dropout3",
    }
    key = "conv2 -1" if isinstance(layers, list) else layers
    assert list(display.activations) == names[key].split()


def test_activations_of_a_custom_architecture(digits):
    X, y = digits

    def functional(image_shape, n_classes):
        import keras

        inputs = keras.Input(image_shape)
        hidden = keras.layers.Conv2D(3, 3, name="mine")(inputs)
        outputs = keras.layers.GlobalMaxPooling2D()(hidden)
        outputs = keras.layers.Dense(n_classes, activation="softmax")(outputs)
        return keras.Model(inputs, outputs)

    model = CNNClassifier(architecture=functional, epochs=1).fit(X, y)
    display = ActivationsDisplay.from_estimator(model, X)
    assert display.activations["mine"].shape == (6, 6, 3)
    with pytest.raises(
        ValueError, match=r"layers must be among.*\['mine'\].*Got 'con'"
    ):
        ActivationsDisplay.from_estimator(model, X, layers="con")
    with pytest.raises(TypeError, match="Got SVC"):
        ActivationsDisplay.from_estimator(SVC(), X)


def test_colour_images_need_one_axes_each():
    X = np.random.default_rng(0).integers(0, 256, (4, 5, 6, 3), dtype=np.uint8)
    display = DigitsDisplay.from_predictions(X)
    np.testing.assert_array_equal(display.images_[2].get_array(), X[2])
    _, axes = plt.subplots(1, 3)
    with pytest.raises(ValueError, match="each of the 4 images. Got 3 instead"):
        DigitsDisplay.from_predictions(X, axes=axes)


def test_opacity_and_16_bits_are_visible():
    opacity = np.eye(9, dtype=np.uint8) * 255
    drawing = np.dstack([np.zeros_like(opacity), opacity])  # black on nothing
    deep = np.full((9, 9, 3), 65_535, np.uint16)
    deep[0] = 0
    display = DigitsDisplay.from_predictions([drawing, deep])
    ink, colours = (artist.get_array() for artist in display.images_)
    assert ink[1, 1] != ink[1, 2]
    assert colours[1].min() == 1 and colours[0].max() == 0


def frames(display):
    """Return the colour and width of the frame around each image."""
    return [
        {(to_hex(s.get_edgecolor()), s.get_linewidth()) for s in ax.spines.values()}
        for ax in display.axes_
    ]


def test_frame_of_an_original_differs_from_those_of_its_copies():
    display = AugmentationDisplay.from_copies(np.eye(4)[None], np.ones((3, 4, 4)))
    assert [ax.get_title() for ax in display.axes_] == ["original", "", "", ""]
    original, *copies = frames(display)
    ((colour, width),) = original
    for copy in copies:
        ((grey, thin),) = copy
        assert colour != grey and width > thin
    # The paper is not white, so that its edge can be seen without the frame.
    low, high = (to_hex(display.images_[0].get_cmap()(end)) for end in (0.0, 1.0))
    assert low > high and low != "#ffffff"
    assert all(image.get_clim() == (0, 1) for image in display.images_)


def test_frame_of_a_mistake_differs():
    display = DigitsDisplay.from_predictions(np.zeros((3, 4)), [0, 1, 2], [0, 7, 2])
    right, wrong, also_right = frames(display)
    assert right == also_right != wrong
    assert display.axes_[1].title.get_color() == "#d55e00"


@pytest.mark.parametrize(("lowest", "scale"), [(0.2, "log"), (0.3, "linear")])
def test_loss_that_falls_far_is_logarithmic(lowest, scale):
    history = {"loss": [1, 0.5, lowest], "accuracy": [0.1, 0.5, 0.9]}
    display = HistoryDisplay.from_history(history)
    assert [ax.get_yscale() for ax in display.axes_] == [scale, "linear"]
    history["loss"][-1] = 0.0  # has no logarithm
    assert HistoryDisplay.from_history(history).axes_[0].get_yscale() == "linear"


def test_learning_rate_has_its_axes():
    history = {"loss": [2, 1], "accuracy": [0, 1], "learning_rate": [0.1, 0.2]}
    display = HistoryDisplay.from_history(history)
    rate = display.rate_ax_
    assert (rate.get_xlabel(), rate.get_ylabel()) == ("epoch", "learning rate")
    assert rate.get_xlim() == display.axes_[0].get_xlim()
    assert rate.get_position().y1 < display.axes_[0].get_position().y0  # below
    _, three = plt.subplots(3)
    assert HistoryDisplay.from_history(history, axes=three).rate_ax_ is three[2]
    _, two = plt.subplots(2)
    display = HistoryDisplay.from_history(history, axes=two)
    assert display.rate_ax_.bbox.bounds == two[0].bbox.bounds  # over the loss
    shown = [text.get_text() for text in two[0].get_legend().get_texts()]
    assert shown == ["training", "learning rate"]


@pytest.mark.parametrize("name", plots.__all__)
def test_errors_of_constructors_point_to_the_class_methods(name, digits):
    cls = getattr(plots, name)
    for args, params in ((digits, {}), ((), {"X": digits[0]}), ((), {})):
        with pytest.raises(
            TypeError, match=rf"Call {name}\.from_.* instead of {name}.*keyword"
        ):
            cls(*args, **params)
