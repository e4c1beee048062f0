"""What ``skdigits demo`` shows: the whole way, on digits that need no download."""

import operator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
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

FOLDS = 3
SEED = 0
NETWORK = "CNN pipeline"
# The sample is thirty times smaller than the competition's data: more passes over it,
# in smaller steps, and a tenth held out for the curves.
SAMPLE_SETTINGS = {
    "cnn__epochs": 15,
    "cnn__batch_size": 32,
    "cnn__validation_fraction": 0.1,
}
AUGMENTED = 3  # index of the digit whose augmented copies are shown
WRITTEN = {
    "summary.png": "everything in one figure",
    "augmentation.png": "a digit, and augmented copies of it to train on",
    "history.png": "loss and accuracy over the epochs",
    "confusion_matrix.png": "what was taken for what in the cross-validation",
    "top_errors.png": "the mistakes that the network was surest of",
    "photo.png": "a photo of ten digits, what the network sees, its labels",
    "submission.csv": "labels of the held-out digits, as Kaggle takes them",
}


def run(arguments):
    """Compare, report and write files.

    Parameters
    ----------
    arguments : argparse.Namespace
    """
    folder = Path("skdigits-demo")
    folder.mkdir(exist_ok=True)
    check_writable(folder / "submission.csv")  # not after the training
    console = Console()
    digits = load_sample()
    console.print(
        f"{len(digits.X_train):,} digits to train on, {len(digits.X_test):,} held out; "
        f"{FOLDS}-fold cross-validation of a network and two baselines\n"
    )
    baselines = make_baselines(random_state=SEED)
    models = {name: baselines[name] for name in ("logistic regression", "SVC")}
    # On a terminal each training of the network shows a bar with its loss.
    network = make_digit_pipeline(
        "fast", random_state=SEED, verbose=int(console.is_terminal)
    )
    models[NETWORK] = network.set_params(**SAMPLE_SETTINGS)
    scores, predicted, probabilities = _cross_validate(models, digits, console)
    console.print(_table(scores))

    console.print(f"{NETWORK} on all {len(digits.X_train):,} training digits")
    network.fit(digits.X_train, digits.y_train)
    labels = network.predict(digits.X_test)
    console.print("Its labels of the held-out digits:\n")
    names = [f"Class {digit}" for digit in network.classes_]
    report = classification_report(digits.y_test, labels, target_names=names)
    console.print(report, highlight=False)

    write_submission(labels, folder / "submission.csv", expected=len(digits.X_test))
    _draw_each(folder, network, digits, predicted, probabilities)
    figure = _summary(network, digits, predicted, probabilities)
    figure.savefig(folder / "summary.png", dpi=150)
    photo, seen, read = read_photo(network)
    right = sum(map(operator.eq, photo.target, read))
    console.print(
        f"A photo of {''.join(map(str, photo.target))} in another hand, drawn by a "
        f"script, is read as {''.join(map(str, read))}: {right} of {len(read)} right\n",
        highlight=False,
        soft_wrap=True,
    )
    draw_photo(photo, seen, read).savefig(folder / "photo.png", dpi=150)
    console.print(f"[bold]Wrote {folder}/[/]")
    for name, what in WRITTEN.items():
        console.print(f"  {name:<21} {what}", highlight=False)
    console.print(
        "\nNext: download the competition's files and run\n"
        "  [bold]skdigits submit digit-recognizer.zip --validate[/]",
        soft_wrap=True,
    )


def read_photo(network):
    """Read digits in another hand than that of the training images.

    Parameters
    ----------
    network : Pipeline
        Fitted on the columns of `load_sample`.

    Returns
    -------
    photo : Bunch
        As `make_digit_photo` gives it.
    seen : ndarray of shape (n_found, 784)
        The digits that were found, as the network sees them.
    labels : ndarray of shape (n_found,)
        What it predicts.
    """
    photo = make_digit_photo(
        "0123456789", paper="squared", light="shadow", random_state=SEED
    )
    # The network knows its columns by their names.
    normalizer = DigitNormalizer(on_blank="ignore").set_output(transform="pandas")
    seen = normalizer.transform(find_digits(photo.image).images)
    return photo, seen.to_numpy(), network.predict(seen)


def draw_photo(photo, seen, labels):
    """Draw what `read_photo` returns."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(8, 2.7), layout="constrained")
    top, bottom = figure.subfigures(2, height_ratios=[1.9, 1])
    page, axes = top.subplots(), bottom.subplots(1, len(seen))
    page.imshow(photo.image)
    for ax, pixels, label in zip(axes, seen, labels, strict=True):
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
        By model: what scikit-learn's `cross_validate` gives, for all folds.
    predicted : dict of str to ndarray
        By model: a label for each training image, from the fold that tests on it.
    probabilities : ndarray of shape (n_train, 10)
        The network's, likewise.
    """
    X, y = digits.X_train, digits.y_train
    splits = list(StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(X, y))
    scores, predicted, probabilities = {}, {}, np.zeros((len(y), 10))
    for name, model in models.items():
        predicted[name] = np.zeros_like(y)
        parts = []
        for split in _shown(splits, name, console):
            part = cross_validate(model, X, y, cv=[split], return_estimator=True)
            (fitted,) = part.pop("estimator")
            parts.append(part)
            tested = split[1]
            predicted[name][tested] = fitted.predict(X.iloc[tested])
            if name == NETWORK:
                probabilities[tested] = fitted.predict_proba(X.iloc[tested])
        scores[name] = {
            key: np.concatenate([part[key] for part in parts]) for key in parts[0]
        }
    return scores, predicted, probabilities


def _shown(splits, name, console):
    """Give the folds of a model one by one, and show how many are done."""
    if name == NETWORK and console.is_terminal:
        for number, split in enumerate(splits, 1):  # each training has a bar of its own
            console.print(f"{name}, fold {number} of {FOLDS}", highlight=False)
            yield split
        return
    columns = TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=console) as progress:
        yield from progress.track(splits, description=name)


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
    """Say what each plot shows."""
    n = len(digits.y_train)
    wrong = int((predicted[NETWORK] != digits.y_train).sum())
    return {
        "augmentation.png": "What it trains on: augmented copies of each digit",
        "history.png": "Loss and accuracy of the training on all digits",
        "confusion_matrix.png": f"Confusion matrix: {wrong} of {n:,} digits wrong",
        "top_errors.png": f"The surest mistakes of the {FOLDS}-fold cross-validation",
    }


def _draw_each(folder, network, digits, predicted, probabilities):
    """Write the plots one by one."""
    X, y = digits.X_train, digits.y_train
    displays = {
        "augmentation.png": AugmentationDisplay.from_estimator(network, X[AUGMENTED:]),
        "history.png": HistoryDisplay.from_estimator(network),
        "confusion_matrix.png": ConfusionMatrixDisplay.from_predictions(
            y, predicted[NETWORK], cmap="Blues", colorbar=False
        ),
        "top_errors.png": TopErrorsDisplay.from_predictions(X, y, probabilities),
    }
    for name, title in _titles(digits, predicted).items():
        figure = displays[name].figure_
        figure.suptitle(title)
        figure.set_layout_engine("constrained")
        figure.savefig(folder / name, dpi=150)


def _summary(network, digits, predicted, probabilities):
    """Draw everything in one figure."""
    import matplotlib.pyplot as plt

    X, y = digits.X_train, digits.y_train
    titles = _titles(digits, predicted)
    right = (predicted[NETWORK] == y).mean()
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
        network, X[AUGMENTED:], n_copies=11, axes=top.subplots(1, 12)
    )
    errors, loss, accuracy, matrix = middle.subplots(1, 4, width_ratios=[3, 3, 3, 4])
    _draw_errors(errors, predicted, y)
    HistoryDisplay.from_estimator(network, learning_rate=False, axes=[loss, accuracy])
    loss.set_title("Loss of the training on all")
    accuracy.set_title("Its accuracy")
    ConfusionMatrixDisplay.from_predictions(
        y, predicted[NETWORK], cmap="Blues", colorbar=False, ax=matrix
    )
    matrix.set_title("Confusion matrix")
    bottom.suptitle(titles["top_errors.png"])
    TopErrorsDisplay.from_predictions(
        X, y, probabilities, n_errors=8, axes=bottom.subplots(1, 8)
    )
    return figure


def _draw_errors(ax, predicted, y):
    """Draw how many labels of each model are wrong."""
    wrong = [int((labels != y).sum()) for labels in predicted.values()]
    colours = ["#0072b2" if name == NETWORK else "#b4bcc6" for name in predicted]
    names = [name.replace(" ", "\n") for name in predicted]
    ax.bar_label(ax.bar(names, wrong, color=colours))
    ax.set(ylabel="digits", title=f"Wrong of {len(y):,}")
    ax.spines[["top", "right"]].set_visible(False)
