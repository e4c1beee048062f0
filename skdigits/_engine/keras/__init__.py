"""Everything that uses TensorFlow, Keras or scikeras.

Importing any module of this folder first starts TensorFlow with the settings of
`start`, whatever the order of the imports.
"""

from .start import start_tensorflow

start_tensorflow()
