"""What ``skdigits demo`` shows: the whole way, on digits that need no download."""

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from sklearn.metrics import ConfusionMatrixDisplay, classification_report
from sklearn.model_selection import StratifiedKFold, cross_validate

from ._files.whole import check_writable
from .baselines import make_baselines
from .datasets import load_sample
from .pipelines import make_digit_pipeline
from .plots import HistoryDisplay, TopErrorsDisplay
from .submission import write_submission

FOLDS = 3
SEED = 0
# The sample is thirty times smaller than the competition's data: more passes over it,
# in smaller steps, and a tenth held out for the curves.
SAMPLE_SETTINGS = {
    "cnn__epochs": 15,
    "cnn__batch_size": 32,
    "cnn__validation_fraction": 0.1,
}
WRITTEN = {
    "submission.csv": "labels of the held-out digits, as Kaggle takes them",
    "confusion_matrix.png": "what was taken for what in the cross-validation",
    "history.png": "loss and accuracy over the epochs",
    "top_errors.png": "the mistakes that the network was surest of",
}


def run_demo(folder):
    """Compare, report and write files.

    Parameters
    ----------
    folder : pathlib.Path
        Made if it is not there.
    """
    folder.mkdir(exist_ok=True)
    check_writable(folder / "submission.csv")  # not after the training
    console = Console()
    digits = load_sample()
    console.print(
        f"{len(digits.X_train):,} digits to train on, {len(digits.X_test):,} held out; "
        f"{FOLDS}-fold cross-validation of a network and two baselines\n"
    )
    baselines = make_baselines(random_state=SEED)
    network = make_digit_pipeline("fast", random_state=SEED)
    models = {name: baselines[name] for name in ("logistic regression", "SVC")}
    models["CNN pipeline"] = network.set_params(**SAMPLE_SETTINGS)
    scores, probabilities = _cross_validate(models, digits, console)
    console.print(_table(scores))

    network.fit(digits.X_train, digits.y_train)
    predicted = network.predict(digits.X_test)
    console.print("The CNN pipeline on the held-out digits:\n")
    names = [f"Class {digit}" for digit in network.classes_]
    report = classification_report(digits.y_test, predicted, target_names=names)
    console.print(report, highlight=False)

    write_submission(predicted, folder / "submission.csv", expected=len(digits.X_test))
    _draw(folder, network, digits, probabilities)
    console.print(f"[bold]Wrote {folder}/[/]")
    for name, what in WRITTEN.items():
        console.print(f"  {name:<21} {what}", highlight=False)
    console.print(
        "\nNext: download the competition's files and run\n"
        "  [bold]skdigits submit digit-recognizer.zip --validate[/]",
        soft_wrap=True,
    )


def _cross_validate(models, digits, console):
    """Score all models on the same folds: scores by name, the last's probabilities."""
    X, y = digits.X_train, digits.y_train
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    columns = TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn()
    scores = {}
    with Progress(*columns, console=console) as progress:
        for name, model in models.items():
            task = progress.add_task(name, total=FOLDS)
            probabilities = np.zeros((len(y), 10))
            parts = []
            for split in folds.split(X, y):
                part = cross_validate(model, X, y, cv=[split], return_estimator=True)
                (fitted,) = part.pop("estimator")
                if hasattr(fitted, "predict_proba"):
                    probabilities[split[1]] = fitted.predict_proba(X.iloc[split[1]])
                parts.append(part)
                progress.advance(task)
            scores[name] = {
                key: np.concatenate([part[key] for part in parts]) for key in parts[0]
            }
    return scores, probabilities


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


def _draw(folder, network, digits, probabilities):
    """Draw the training, and the mistakes of the cross-validation."""
    predicted = network.classes_[probabilities.argmax(axis=1)]
    figures = {
        "confusion_matrix.png": ConfusionMatrixDisplay.from_predictions(
            digits.y_train, predicted, cmap="Blues", colorbar=False
        ),
        "history.png": HistoryDisplay.from_estimator(network),
        "top_errors.png": TopErrorsDisplay.from_predictions(
            digits.X_train, digits.y_train, probabilities
        ),
    }
    for name, display in figures.items():
        display.figure_.savefig(folder / name, dpi=150)
