"""A fitted Pipeline and its model file."""

import pytest
from helpers.model_files import pipeline

import skdigits


@pytest.fixture(scope="module")
def model(digits):
    """A fitted Pipeline, which tests must not change."""
    return pipeline().fit(*digits)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "digits.skdigits"


@pytest.fixture(scope="module")
def content(model, tmp_path_factory):
    """The bytes of a good file."""
    path = tmp_path_factory.mktemp("model") / "digits.skdigits"
    skdigits.save(model, path)
    return path.read_bytes()
