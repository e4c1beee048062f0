"""Parameters of CNNClassifier: errors, and copies in clones."""

import pytest
from helpers.classifiers import small
from sklearn.base import clone

from skdigits import CNNClassifier

pytestmark = pytest.mark.processor


def test_refuses_a_misspelt_parameter():
    with pytest.raises(TypeError, match=r"'epohcs'. Did you mean 'epochs'.*batch_size"):
        CNNClassifier(epohcs=3)
    with pytest.raises(
        TypeError,
        match="no parameter 'widht' or 'epohcs'. "
        "Did you mean 'width' for 'widht', 'epochs' for 'epohcs'",
    ):
        CNNClassifier(widht=1, epochs=2, epohcs=3)
    with pytest.raises(ValueError, match=r"Invalid parameter 'epohcs'.*batch_size"):
        CNNClassifier().set_params(epohcs=3)
    with pytest.raises(TypeError, match="by keyword"):
        CNNClassifier("fast")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("architecture", "resnet"),
        ("width", 0),
        ("width", 1e307),
        ("dropout", 1.0),
        ("epochs", 0),
        ("epochs", 2.5),
        ("batch_size", 0),
        ("optimizer", "lbfgs"),
        ("learning_rate", -1),
        ("schedule", "step"),
        ("label_smoothing", 1.0),
        ("dtype_policy", "bfloat17"),
        ("test_time_shift", -1),
        ("test_time_shift", 11),
        ("test_time_shift", 1.0),
        ("test_time_shift", 1.5),
        ("test_time_flip", "left"),
        ("validation_fraction", 1.5),
        ("early_stopping", "yes"),
        ("n_iter_no_change", 0),
        ("class_weight", "heavy"),
        ("callbacks", "tensorboard"),
        ("random_state", "seed"),
        ("verbose", -1),
    ],
)
def test_refuses_a_parameter_out_of_range(digits, name, value):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of CNNClassifier"):
        small(**{name: value}).fit(*digits)


def test_refuses_a_callback_that_is_not_an_instance(digits):
    with pytest.raises(TypeError, match="callbacks must be instances.*at index 0"):
        small(callbacks=[print]).fit(*digits)


def test_clone_copies_parameters_and_nothing_learned(fitted):
    model = fitted()
    copied = clone(model)
    assert copied.get_params() == model.get_params()
    assert not hasattr(copied, "classes_")
