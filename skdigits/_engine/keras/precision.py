"""Precision in which a model computes."""

import functools
import os
from pathlib import Path

import keras

from .start import has_onednn

AUTO = "auto"
INSTRUCTIONS = {"avx512_bf16", "amx_bf16"}  # as Linux names them
FIRST_CAPABLE_GPU = 8, 0  # NVIDIA's compute capability


def dtype_policy(spec):
    """Return the dtype policy of the layers that `build_model` builds now."""
    if spec.dtype_policy == AUTO:
        return "mixed_bfloat16" if computes_in_bfloat16() else "float32"
    return spec.dtype_policy or keras.config.dtype_policy().name


@functools.cache
def computes_in_bfloat16():
    """Whether the GPU or the processor has instructions for bfloat16.

    Processors are only checked on Linux; elsewhere the answer is no.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = map(tf.config.experimental.get_device_details, gpus)
        capable = [d.get("compute_capability", (0, 0)) for d in details]
        return min(capable) >= FIRST_CAPABLE_GPU
    if not has_onednn() or "ONEDNN_MAX_CPU_ISA" in os.environ:
        return False
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return not INSTRUCTIONS.isdisjoint(text.split())
