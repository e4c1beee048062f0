"""``skdigits demo``: from bundled digits to scores, plots and a submission."""

import operator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.metrics import ConfusionMatrixDisplay, classification_report
from sklearn.model_selection import StratifiedKFold, cross_validate

from .._core.atomic import check_writable
from .._normalizer import DigitNormalizer
from .._vision.finder import find_digits
from ..baselines import make_baselines
from ..datasets import load_sample, make_digit_photo
from ..pipelines import make_digit_pipeline
from ..plots import AugmentationDisplay, HistoryDisplay, TopErrorsDisplay
from ..submission import write_submission
from .quiet import without_start_messages

FOLDS = 3
SEED = 0
CNN = "CNN pipeline"
SETTINGS = {"cnn__validation_fraction": 0.1}  # for the curves
AUGMENTED = 3  # index of the digit whose augmented copies are shown
WRITTEN_FILES = {
    "summary.png": "all plots in one figure",
    "augmentation.png": "a training digit and augmented copies of it",
    "history.png": "loss and accuracy after each epoch",
    "confusion_matrix.png": "confusion matrix of the cross-validation",
    "top_errors.png": "wrong predictions with the highest probabilities",
    "photo.png": "a photo of ten digits, the normalized digits and their labels",
    "submission.csv": "labels of the held-out digits, in the format of Kaggle",
}


@without_start_messages()
def run(arguments):
    """Compare the models, print the scores and write the files."""
    folder = Path("skdigits-demo")
    folder.mkdir(exist_ok=True)
    check_writable(folder / "submission.csv")  # raises before the training
    console = Console()
    digits = load_sample()
    console.print(
        f"{len(digits.X_train):,} digits to train on, {len(digits.X_test):,} held out; "
        f"{FOLDS}-fold cross-validation of a CNN and two baselines\n"
    )
    baselines = make_baselines(random_state=SEED)
    models = {name: baselines[name] for name in ("logistic regression", "SVC")}
    # In a terminal each training of the CNN shows a bar with its loss.
    model = make_digit_pipeline(
        "fast", random_state=SEED, verbose=int(console.is_terminal)
    )
    models[CNN] = model.set_params(**SETTINGS)
    scores, predicted, probabilities = _cross_validate(models, digits, console)
    console.print(_table(scores))

    console.print(f"{CNN} on all {len(digits.X_train):,} training digits")
    model.fit(digits.X_train, digits.y_train)
    labels = model.predict(digits.X_test)
    console.print("Its predictions for the held-out digits:\n")
    names = [f"Class {digit}" for digit in model.classes_]
    report = classification_report(digits.y_test, labels, target_names=names)
    console.print(report, highlight=False)

    write_submission(labels, folder / "submission.csv", expected=len(digits.X_test))
    _draw_each(folder, model, digits, predicted, probabilities)
    figure = _summary(model, digits, predicted, probabilities)
    figure.savefig(folder / "summary.png", dpi=150)
    photo, normalized, read = read_photo(model)
    right = sum(map(operator.eq, photo.target, read))
    console.print(
        f"A generated photo of {''.join(map(str, photo.target))} in other handwriting "
        f"is read as {''.join(map(str, read))}: {right} of {len(read)} right\n",
        highlight=False,
        soft_wrap=True,
    )
    draw_photo(photo, normalized, read).savefig(folder / "photo.png", dpi=150)
    console.print(f"[bold]Wrote {folder}/[/]")
    for name, contents in WRITTEN_FILES.items():
        console.print(f"  {name:<21} {contents}", highlight=False)
    console.print(
        "\nNext: download the files of the competition and run\n"
        "  [bold]skdigits submit digit-recognizer.zip --validate[/]",
        soft_wrap=True,
    )


def read_photo(model):
    """Predict digits in other handwriting than that of the training images.

    Parameters
    ----------
    model : Pipeline
        Fitted on the columns of `load_sample`.

    Returns
    -------
    photo : Bunch
        Photo and labels from `make_digit_photo`.
    normalized : ndarray of shape (n_found, 784)
        Digits found in the photo, in the form of the training images.
    labels : ndarray of shape (n_found,)
        Predictions for these digits.
    """
    photo = make_digit_photo(
        "0123456789", paper="squared", light="shadow", random_state=SEED
    )
    # The model was fitted on named columns.
    normalizer = DigitNormalizer(on_blank="ignore").set_output(transform="pandas")
    normalized = normalizer.transform(find_digits(photo.image).images)
    return photo, normalized.to_numpy(), model.predict(normalized)


def draw_photo(photo, normalized, labels):
    """Draw the results of `read_photo`."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(8, 2.7), layout="constrained")
    top, bottom = figure.subfigures(2, height_ratios=[1.9, 1])
    page, axes = top.subplots(), bottom.subplots(1, len(normalized))
    page.imshow(photo.image)
    for ax, pixels, label in zip(axes, normalized, labels, strict=True):
        ax.imshow(pixels.reshape(28, 28), cmap="gray")
        ax.set_xlabel(label, fontsize="xx-large")
    for ax in [page, *axes]:
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    return figure


def _cross_validate(models, digits, console):
    """Score all models on the same folds.

    Returns
    -------
    scores : dict of str to dict of str to ndarray
        By model: results of `cross_validate` from scikit-learn, for all folds.
    predicted : dict of str to ndarray
        By model: a label for each training image, from the fold that tests on it.
    probabilities : ndarray of shape (n_train, 10)
        Probabilities of the CNN, from the same folds.
    """
    X, y = digits.X_train, digits.y_train
    splits = list(StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(X, y))
    scores, predicted, probabilities = {}, {}, np.zeros((len(y), 10))
    for name, model in models.items():
        predicted[name] = np.zeros_like(y)
        parts = []
        for number, split in enumerate(splits, 1):
            console.print(f"{name}, fold {number} of {FOLDS}", highlight=False)
            part = cross_validate(model, X, y, cv=[split], return_estimator=True)
            (fitted,) = part.pop("estimator")
            parts.append(part)
            tested = split[1]
            predicted[name][tested] = fitted.predict(X.iloc[tested])
            if name == CNN:
                probabilities[tested] = fitted.predict_proba(X.iloc[tested])
        scores[name] = {
            key: np.concatenate([part[key] for part in parts]) for key in parts[0]
        }
    return scores, predicted, probabilities


def _table(scores):
    table = Table()
    table.add_column("model")
    table.add_column("accuracy: mean", justify="right")
    table.add_column("deviation", justify="right")
    table.add_column("fit (s)", justify="right")
    for name, folds in scores.items():
        accuracy = folds["test_score"]
        table.add_row(
            name,
            f"{accuracy.mean():.4f}",
            f"{accuracy.std(ddof=1):.4f}",
            f"{folds['fit_time'].mean():.1f}",
        )
    return table


def _titles(digits, predicted):
    """Return a title for each plot."""
    n = len(digits.y_train)
    wrong = int((predicted[CNN] != digits.y_train).sum())
    return {
        "augmentation.png": "Augmented copies of each digit are trained on",
        "history.png": "Loss and accuracy of the training on all digits",
        "confusion_matrix.png": f"Confusion matrix: {wrong} of {n:,} digits wrong",
        "top_errors.png": f"Most confident errors of the {FOLDS}-fold cross-validation",
    }


def _draw_each(folder, model, digits, predicted, probabilities):
    """Write each plot to a file."""
    X, y = digits.X_train, digits.y_train
    displays = {
        "augmentation.png": AugmentationDisplay.from_estimator(model, X[AUGMENTED:]),
        "history.png": HistoryDisplay.from_estimator(model),
        "confusion_matrix.png": ConfusionMatrixDisplay.from_predictions(
            y, predicted[CNN], cmap="Blues", colorbar=False
        ),
        "top_errors.png": TopErrorsDisplay.from_predictions(X, y, probabilities),
    }
    for name, title in _titles(digits, predicted).items():
        figure = displays[name].figure_
        figure.suptitle(title)
        figure.set_layout_engine("constrained")
        figure.savefig(folder / name, dpi=150)


def _summary(model, digits, predicted, probabilities):
    """Draw all plots in one figure."""
    import matplotlib.pyplot as plt

    X, y = digits.X_train, digits.y_train
    titles = _titles(digits, predicted)
    right = (predicted[CNN] == y).mean()
    figure = plt.figure(figsize=(13, 8.2), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
    figure.suptitle(
        f"A CNN on {len(y):,} handwritten digits: {right:.2%} right in {FOLDS}-fold "
        "cross-validation",
        fontsize="xx-large",
    )
    top, middle, bottom = figure.subfigures(3, height_ratios=[1.5, 4, 2.2])

    top.suptitle(titles["augmentation.png"])
    AugmentationDisplay.from_estimator(
        model, X[AUGMENTED:], n_copies=11, axes=top.subplots(1, 12)
    )
    errors, loss, accuracy, matrix = middle.subplots(1, 4, width_ratios=[3, 3, 3, 4])
    _draw_errors(errors, predicted, y)
    HistoryDisplay.from_estimator(model, learning_rate=False, axes=[loss, accuracy])
    loss.set_title("Loss on all training digits")
    accuracy.set_title("Accuracy")
    ConfusionMatrixDisplay.from_predictions(
        y, predicted[CNN], cmap="Blues", colorbar=False, ax=matrix
    )
    matrix.set_title("Confusion matrix")
    bottom.suptitle(titles["top_errors.png"])
    TopErrorsDisplay.from_predictions(
        X, y, probabilities, n_errors=8, axes=bottom.subplots(1, 8)
    )
    return figure


def _draw_errors(ax, predicted, y):
    """Draw the number of wrong labels of each model."""
    wrong = [int((labels != y).sum()) for labels in predicted.values()]
    colours = ["#0072b2" if name == CNN else "#b4bcc6" for name in predicted]
    names = [name.replace(" ", "\n") for name in predicted]
    ax.bar_label(ax.bar(names, wrong, color=colours))
    ax.set(ylabel="digits", title=f"Wrong of {len(y):,}")
    ax.spines[["top", "right"]].set_visible(False)
