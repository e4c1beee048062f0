"""A Keras callback that several tests use."""

import keras


class Epochs(keras.callbacks.Callback):
    """Counter of the epochs of all fits, which may raise an error after some.

    Fits and clones copy callbacks: the copies count together.

    Parameters
    ----------
    stop_after : int or None
    error : BaseException or None
    """

    def __init__(self, stop_after=None, error=None):
        super().__init__()
        self.seen, self.stop_after, self.error = [], stop_after, error

    def __deepcopy__(self, memo):
        return self

    @property
    def count(self):
        return len(self.seen)

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(epoch)
        if self.error is not None and self.count == self.stop_after:
            raise self.error
