"""What we rely on in scikeras and Keras; a release that changes it fails here first."""

from pathlib import Path

import keras
import pytest
from scikeras.wrappers import KerasClassifier

import skdigits
from skdigits._engine.keras.trainer import Trainer
from skdigits._engine.trained import NetworkSpec

PACKAGE = Path(skdigits.__file__).parent

# Name -> what `Trainer` does with it.
OF_SCIKERAS = {
    "initialize": "called, to have the model put in place",
    "fit": "called with a feed in place of X",
    "_get_compile_kwargs": "called, for loss, metrics and a new optimizer",
    "_initialize_callbacks": "called, as callbacks differ from fit to fit",
    "_validate_data": "overridden: the data was checked",
    "_check_model_compatibility": "overridden: build_network says more",
    "target_encoder": "overridden: labels are encoded",
    "feature_encoder": "overridden: a feed is no array",
}


@pytest.mark.parametrize("name", OF_SCIKERAS)
def test_scikeras_has_what_is_called_or_overridden(name):
    assert hasattr(KerasClassifier, name)
    overrides = OF_SCIKERAS[name].startswith("overridden")
    assert (name in vars(Trainer)) == overrides


def test_scikeras_compiles_and_runs_the_callbacks():
    spec = NetworkSpec("fast", (8, 8, 1), 3, 0.1, None, "sgd", 0.1)
    network = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    trainer = Trainer(
        network, optimizer=spec.optimizer, label_smoothing=spec.label_smoothing
    )
    assert trainer.model_ is network
    assert network.optimizer.momentum == 0.9 and network.optimizer.nesterov
    assert network.loss.label_smoothing == 0.1
    assert network.optimizer.built


@pytest.mark.parametrize("name", ["scikeras", "keras.src", "sklearn.utils._"])
def test_internals_are_named_in_one_file(name):
    allowed = {
        "scikeras": "_keras/trainer.py",
        "keras.src": None,
        "sklearn.utils._": "_sklearn.py",
    }
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.lstrip().startswith(("import ", "from ")) and name in line
    }
    assert users == {allowed[name]} - {None}
