"""Everything that touches TensorFlow, Keras or scikeras.

To import any file of this folder starts TensorFlow first, in silence and with settings
of ours, whatever the order of its own imports.
"""

from .start import start_tensorflow

start_tensorflow()
