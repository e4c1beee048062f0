"""A network in the formats of other programs."""

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
from ..pipelines import final_network

FORMATS = (".keras", ".onnx", ".json")


def network_bytes(estimator, ending):
    """Give what `skdigits.export` writes.

    Parameters
    ----------
    estimator : CNNClassifier or Pipeline
    ending : str
        One of `FORMATS`.

    Returns
    -------
    bytes
    """
    if ending not in FORMATS:
        raise ValueError(
            f"path must end in one of {', '.join(FORMATS)}. Got {ending!r} instead."
        )
    _check_steps(estimator)
    cnn = final_network(estimator)
    model = _onnx_model(cnn) if ending == ".onnx" else cnn.model_
    if ending == ".json":
        return model.to_json().encode()
    if cnn._max_shift() > 0:
        warn_user(
            "The file does not hold "
            f"test_time_shift={cnn.test_time_shift}: its probabilities are those of "
            "test_time_shift=0."
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"network{ending}")
        if ending == ".keras":
            model.save(file)
        else:
            _write_onnx(model, file)
        return file.read_bytes()


def _check_steps(estimator):
    if final_network(estimator) is None:
        raise TypeError(
            "estimator must be a CNNClassifier, or a Pipeline that ends in one. Got "
            f"{type(estimator).__name__} instead."
        )
    while isinstance(estimator, Pipeline):
        for name, step in estimator.steps[:-1]:
            if step not in (None, "passthrough") and type(step) is not ImageAugmenter:
                raise TypeError(
                    f"The step {name!r}, a {type(step).__name__}, changes images, and "
                    "a file of the network alone cannot hold it. Pass the last step, "
                    "and images as that gets them."
                )
        estimator = estimator.steps[-1][1]


def _onnx_model(cnn):
    """Give ``cnn.model_``, in float32 if mixed: ONNX Runtime knows no bfloat16."""
    check_is_fitted(cnn)
    from .._engine.keras.model import build_model
    from .._engine.keras.precision import dtype_policy

    network = cnn._network
    if not dtype_policy(network.spec).startswith("mixed_"):
        return cnn.model_
    spec = dataclasses.replace(network.spec, dtype_policy="float32")
    return build_model(dataclasses.replace(network, spec=spec))


def _write_onnx(model, file):
    if importlib.util.find_spec("tf2onnx") is None:
        raise ImportError(
            'An export to .onnx needs tf2onnx: pip install "skdigits[onnx]".'
        )
    model(np.zeros((1, *model.input_shape[1:]), np.float32))  # Keras wants it called
    with warnings.catch_warnings(), _log_level_kept():
        warnings.simplefilter("ignore")  # of Keras's copy of NumPy's old names
        model.export(file, format="onnx", verbose=False)
    _rename(file)


def _rename(file):
    """Rename what tf2onnx numbers: the input, the output and the size of a batch."""
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
def _log_level_kept():
    """Put back the variable of TensorFlow's that tf2onnx sets."""
    name = "TF_CPP_MIN_LOG_LEVEL"
    before = os.environ.get(name)
    try:
        yield
    finally:
        os.environ.pop(name, None)
        if before is not None:
            os.environ[name] = before
