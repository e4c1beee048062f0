"""Models in the formats of other programs."""

import contextlib
import dataclasses
import importlib.util
import os
import tempfile
import warnings
from pathlib import Path

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._augmenter import ImageAugmenter
from .._core.warnings import warn_user
from ..pipelines import final_classifier

SUFFIXES = (".keras", ".onnx", ".json")


def exported_bytes(estimator, suffix):
    """Return the content of the file that `skdigits.export` writes.

    Parameters
    ----------
    estimator : CNNClassifier or Pipeline
    suffix : str

    Returns
    -------
    bytes
    """
    if suffix not in SUFFIXES:
        raise ValueError(
            f"path must end in one of {', '.join(SUFFIXES)}. Got {suffix!r} instead."
        )
    _check_steps(estimator)
    cnn = final_classifier(estimator)
    model = _float32_model(cnn) if suffix == ".onnx" else cnn.model_
    if suffix == ".json":
        return model.to_json().encode()
    lost = []
    if cnn._max_shift() > 0:
        lost.append(f"test_time_shift={cnn.test_time_shift}")
    if cnn.test_time_flip is not None:
        lost.append(f"test_time_flip={cnn.test_time_flip!r}")
    if cnn.temperature_ != 1:
        lost.append(f"temperature_={cnn.temperature_:.3g}")
    if lost:
        warn_user(
            f"The file does not contain {' or '.join(lost)}: the probabilities of the "
            "exported model differ from predict_proba."
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"model{suffix}")
        if suffix == ".keras":
            model.save(file)
        else:
            _write_onnx(model, file)
        return file.read_bytes()


def _check_steps(estimator):
    if final_classifier(estimator) is None:
        raise TypeError(
            "estimator must be a CNNClassifier, or a Pipeline that ends in one. Got "
            f"{type(estimator).__name__} instead."
        )
    while isinstance(estimator, Pipeline):
        for name, step in estimator.steps[:-1]:
            if step not in (None, "passthrough") and type(step) is not ImageAugmenter:
                raise TypeError(
                    "The steps before the classifier must not change images. Got "
                    f"{name!r}, a {type(step).__name__}. Export the last step alone, "
                    "and pass transformed images to the exported model."
                )
        estimator = estimator.steps[-1][1]


def _float32_model(cnn):
    """Return ``model_`` in float32: ONNX Runtime does not support bfloat16."""
    check_is_fitted(cnn)
    from .._engine.keras.model import trained_model
    from .._engine.keras.precision import dtype_policy

    trained = cnn._trained
    if not dtype_policy(trained.spec).startswith("mixed_"):
        return cnn.model_
    spec = dataclasses.replace(trained.spec, dtype_policy="float32")
    return trained_model(dataclasses.replace(trained, spec=spec))


def _write_onnx(model, file):
    if importlib.util.find_spec("tf2onnx") is None:
        raise ImportError(
            'An export to .onnx needs tf2onnx: pip install "skdigits[onnx]".'
        )
    # Keras exports only a model that was called before.
    model(np.zeros((1, *model.input_shape[1:]), np.float32))
    with warnings.catch_warnings(), _unchanged_log_level():
        warnings.simplefilter("ignore")  # tf2onnx uses deprecated names of NumPy
        model.export(file, format="onnx", verbose=False)
    _rename(file)


def _rename(file):
    """Rename the input, output and batch size, which tf2onnx only numbers."""
    import onnx

    model = onnx.load(file)
    graph = model.graph
    names = {graph.input[0].name: "images", graph.output[0].name: "probabilities"}
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in (graph.input[0], graph.output[0]):
        value.name = names[value.name]
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    onnx.save(model, file)


@contextlib.contextmanager
def _unchanged_log_level():
    """Restore the environment variable of TensorFlow that tf2onnx sets."""
    name = "TF_CPP_MIN_LOG_LEVEL"
    before = os.environ.get(name)
    try:
        yield
    finally:
        os.environ.pop(name, None)
        if before is not None:
            os.environ[name] = before
