"""Classes of Keras's that public signatures name. Only type checkers import it."""

from keras import Model
from keras.callbacks import Callback
from keras.losses import Loss

__all__ = ["Callback", "Loss", "Model"]
