"""One training of a `CNNClassifier`: feeds, callbacks and an engine put together."""

from . import _callbacks, _engines, _feed


def train(estimator, data, held_out, *, one_epoch, tasks=None):
    """Train the network of a classifier from where it is.

    Parameters
    ----------
    estimator : CNNClassifier
        Its parameters, and what its ``fit`` has found so far; left as it is.
    data : TrainingData
    held_out : TrainingData or None
        To validate on after each epoch.
    one_epoch : bool
        For ``partial_fit``: neither schedule nor early stopping.
    tasks : skdigits._sklearn.FitTasks or None
        To be told of the epochs.

    Returns
    -------
    state : NetworkState
    history : dict of lists of float
        Of this training alone.
    callbacks : list of keras.callbacks.Callback
        The copies of the user's that took part.
    """
    epochs = 1 if one_epoch else estimator.epochs
    form = {"scale": estimator._scale, "n_classes": len(estimator.classes_)}
    feed = _feed.training_feed(
        data,
        batch_size=estimator.batch_size,
        seed=estimator._seed,
        first_epoch=estimator.n_iter_,
        **form,
    )
    validation = None if held_out is None else _feed.validation_feed(held_out, **form)
    callbacks = _callbacks.copy_callbacks(estimator.callbacks)
    control = _callbacks.control_callbacks(
        rate=estimator.learning_rate,
        schedule="constant" if one_epoch else estimator.schedule,
        n_batches=epochs * len(feed),
        early_stopping=estimator.early_stopping and not one_epoch,
        patience=estimator.n_iter_no_change,
        held_out=held_out is not None,
    )
    told = []
    if tasks is not None:
        told.append(_callbacks.TellTasks(tasks, estimator.history_))
    with _engines.lend(
        estimator._spec,
        state=getattr(estimator, "_state", None),
        seed=estimator._seed,
        alone=bool(callbacks),
    ) as engine:
        state, history = engine.train(
            feed,
            epochs=epochs,
            initial_epoch=estimator.n_iter_,
            validation=validation,
            callbacks=[*control, *callbacks, *told],
            verbose=estimator.verbose,
        )
    return state, history, callbacks
