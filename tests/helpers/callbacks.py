"""A scikit-learn callback that several tests use."""


class Epochs:
    """Counter of the epochs of all fits, which may raise an error after some.

    Parameters
    ----------
    stop_after : int or None
    error : BaseException or None

    Attributes
    ----------
    count : int
    """

    def __init__(self, stop_after=None, error=None):
        self.count, self.stop_after, self.error = 0, stop_after, error

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        self.count += context.task_name == "epoch"
        if self.error is not None and self.count == self.stop_after:
            raise self.error
