"""Where networks can compute in bfloat16."""

import os

import pytest

needs_bfloat16 = pytest.mark.skipif(
    "ONEDNN_MAX_CPU_ISA" in os.environ,
    reason="TensorFlow asks oneDNN for what the processor has, and oneDNN may not",
)
