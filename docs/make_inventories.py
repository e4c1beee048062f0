"""Write docs/inventories, the addresses of names that other projects document.

    python docs/make_inventories.py

Sphinx's intersphinx reads them, so that a build needs no network. Add a name that the
documentation uses to `PROJECTS`; names that the installed version of a project lacks
are an error.
"""

import importlib
import zlib
from pathlib import Path

FOLDER = Path(__file__).parent / "inventories"
SEPARATE_PAGES = "{name}.html#{name}"

# Project -> (address of its documentation, pattern of a page, names). A dict of names
# has the pages that do not follow the pattern.
PROJECTS = {
    "python": (
        "https://docs.python.org/3/",
        "library/exceptions.html#{name}",
        {
            "ConnectionError": None,
            "FileNotFoundError": None,
            "IsADirectoryError": None,
            "KeyboardInterrupt": None,
            "OSError": None,
            "RuntimeError": None,
            "TypeError": None,
            "ValueError": None,
            "multiprocessing": "library/multiprocessing.html#module-multiprocessing",
            "multiprocessing.get_context": "library/multiprocessing.html#"
            "multiprocessing.get_context",
            "os.PathLike": "library/os.html#os.PathLike",
            "pickle": "library/pickle.html#module-pickle",
            "random": "library/random.html#module-random",
            "time.time": "library/time.html#time.time",
        },
    ),
    "numpy": (
        "https://numpy.org/doc/stable/",
        "reference/generated/" + SEPARATE_PAGES,
        {
            "numpy.ndarray": None,
            "numpy.random.Generator": "reference/random/generator.html#"
            "numpy.random.Generator",
            "numpy.random.RandomState": "reference/random/legacy.html#"
            "numpy.random.RandomState",
            "numpy.reshape": None,
        },
    ),
    "scipy": (
        "https://docs.scipy.org/doc/scipy/",
        "reference/generated/" + SEPARATE_PAGES,
        ["scipy.stats.loguniform"],
    ),
    "pandas": (
        "https://pandas.pydata.org/docs/",
        "reference/api/" + SEPARATE_PAGES,
        ["pandas.DataFrame", "pandas.Series", "pandas.read_csv"],
    ),
    "matplotlib": (
        "https://matplotlib.org/stable/",
        "api/_as_gen/" + SEPARATE_PAGES,
        {
            "matplotlib.axes.Axes": None,
            "matplotlib.figure.Figure": None,
            "matplotlib.lines.Line2D": None,
            "matplotlib.container.BarContainer": "api/container_api.html#"
            "matplotlib.container.BarContainer",
            "matplotlib.image.AxesImage": "api/image_api.html#"
            "matplotlib.image.AxesImage",
            "matplotlib.text.Text": "api/text_api.html#matplotlib.text.Text",
        },
    ),
    "sklearn": (
        "https://scikit-learn.org/stable/",
        "modules/generated/" + SEPARATE_PAGES,
        [
            "sklearn.base.BaseEstimator",
            "sklearn.base.ClassifierMixin",
            "sklearn.base.TransformerMixin",
            "sklearn.base.clone",
            "sklearn.calibration.CalibratedClassifierCV",
            "sklearn.callback.ProgressBar",
            "sklearn.callback.ScoringMonitor",
            "sklearn.datasets.load_digits",
            "sklearn.ensemble.BaggingClassifier",
            "sklearn.ensemble.HistGradientBoostingClassifier",
            "sklearn.ensemble.VotingClassifier",
            "sklearn.exceptions.FitFailedWarning",
            "sklearn.exceptions.NotFittedError",
            "sklearn.linear_model.LogisticRegression",
            "sklearn.metrics.ConfusionMatrixDisplay",
            "sklearn.metrics.accuracy_score",
            "sklearn.metrics.classification_report",
            "sklearn.metrics.confusion_matrix",
            "sklearn.metrics.log_loss",
            "sklearn.model_selection.GridSearchCV",
            "sklearn.model_selection.HalvingRandomSearchCV",
            "sklearn.model_selection.StratifiedKFold",
            "sklearn.model_selection.cross_val_predict",
            "sklearn.model_selection.cross_val_score",
            "sklearn.model_selection.cross_validate",
            "sklearn.model_selection.train_test_split",
            "sklearn.neighbors.KNeighborsClassifier",
            "sklearn.neural_network.MLPClassifier",
            "sklearn.pipeline.Pipeline",
            "sklearn.preprocessing.TargetEncoder",
            "sklearn.svm.SVC",
            "sklearn.utils.Bunch",
            "sklearn.utils.estimator_checks.check_estimator",
        ],
    ),
    "keras": (
        "https://keras.io/",
        "api/{name}/",
        {
            "keras.Model": "api/models/model/#model-class",
            "keras.Sequential": "api/models/sequential/#sequential-class",
            "keras.callbacks.EarlyStopping": "api/callbacks/early_stopping/",
            "keras.callbacks.LearningRateScheduler": "api/callbacks/"
            "learning_rate_scheduler/",
            "keras.callbacks.ReduceLROnPlateau": "api/callbacks/reduce_lr_on_plateau/",
            "keras.config.dtype_policy": "api/mixed_precision/policy/",
            "keras.config.set_dtype_policy": "api/mixed_precision/policy/",
            "keras.layers": "api/layers/",
            "keras.models.load_model": "api/models/model_saving_apis/"
            "model_saving_and_loading/#loadmodel-function",
            "keras.models.model_from_json": "api/models/model_saving_apis/"
            "model_config_serialization/",
            "keras.utils.to_categorical": "api/utils/python_utils/"
            "#tocategorical-function",
        },
    ),
    "optuna": (
        "https://optuna.readthedocs.io/en/stable/",
        "reference/generated/" + SEPARATE_PAGES,
        {
            "optuna.create_study": "reference/generated/optuna.study.create_study.html#"
            "optuna.study.create_study",
            "optuna.distributions.FloatDistribution": None,
            "optuna.pruners.MedianPruner": None,
            "optuna.pruners.NopPruner": None,
            "optuna.study.Study": None,
            "optuna.trial.Trial": None,
        },
    ),
    "optuna_integration": (
        "https://optuna-integration.readthedocs.io/en/stable/",
        "reference/generated/" + SEPARATE_PAGES,
        ["optuna_integration.OptunaSearchCV"],
    ),
    "joblib": (
        "https://joblib.readthedocs.io/en/stable/",
        "generated/" + SEPARATE_PAGES,
        ["joblib.dump", "joblib.load", "joblib.parallel_config"],
    ),
    "distributed": (
        "https://distributed.dask.org/en/stable/",
        "api.html#{name}",
        ["distributed.Client"],
    ),
}


def pages(project):
    """Return the page of each name."""
    _, pattern, names = PROJECTS[project]
    known = names if isinstance(names, dict) else dict.fromkeys(names)
    return {name: page or pattern.format(name=name) for name, page in known.items()}


def role(name):
    """Return the role of a name in the Python domain of Sphinx."""
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:n]))
        except ImportError:
            continue
        break
    else:
        found, n = importlib.import_module("builtins"), 0
    if n == len(parts):
        return "module"
    for part in parts[n:]:
        found = getattr(found, part)
    if isinstance(found, type):
        return "exception" if issubclass(found, BaseException) else "class"
    return "function"


def inventory(project):
    """Return an inventory for intersphinx: lines of text, then compressed names."""
    head = (
        "# Sphinx inventory version 2\n"
        f"# Project: {project}\n"
        "# Version: stable\n"
        "# The remainder of this file is compressed using zlib.\n"
    )
    lines = (
        f"{name} py:{role(name)} 1 {page} -\n" for name, page in pages(project).items()
    )
    return head.encode() + zlib.compress("".join(lines).encode(), 9)


if __name__ == "__main__":
    import sklearn.experimental.enable_halving_search_cv  # noqa: F401  or it is hidden

    FOLDER.mkdir(exist_ok=True)
    for project in PROJECTS:
        (FOLDER / f"{project}.inv").write_bytes(inventory(project))
