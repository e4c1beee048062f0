"""Mark for tests that compute in bfloat16."""

import os

import pytest

needs_bfloat16 = pytest.mark.skipif(
    "ONEDNN_MAX_CPU_ISA" in os.environ,
    reason="TensorFlow requests bfloat16 and oneDNN is forbidden to use it",
)
