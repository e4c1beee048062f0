"""One training of a `CNNClassifier`: feeds, callbacks and an engine put together."""

from . import _callbacks, _engines, _feed, _fit_progress, _tensorflow


def train(estimator, data, held_out, *, one_epoch, tasks=None, checkpoint=None):
    """Train the network of a classifier from where it is, or where a checkpoint is.

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
    checkpoint : skdigits._checkpoint.Checkpoint or None
        To go on from, and to keep.

    Returns
    -------
    dict
        The attributes that a classifier gets by it: "_state", "history_" of this
        training and those before, "n_iter_", "callbacks_" and "trained_with_".
    """
    found = None if checkpoint is None else checkpoint.found
    callbacks = _callbacks.copy_callbacks(estimator.callbacks)
    if found is not None and found.is_finished:
        return _learned(found.state, found.history, callbacks, found.trained_with)
    before = estimator.n_iter_
    done = before if found is None else found.n_iter
    epochs = 1 if one_epoch else estimator.epochs
    form = {"scale": estimator._scale, "n_classes": len(estimator.classes_)}
    feed = _feed.training_feed(
        data,
        batch_size=estimator.batch_size,
        seed=estimator._seed,
        first_epoch=done,
        **form,
    )
    validation = None if held_out is None else _feed.validation_feed(held_out, **form)
    control = _callbacks.control_callbacks(
        rate=estimator.learning_rate,
        schedule="constant" if one_epoch else estimator.schedule,
        n_batches=epochs * len(feed),
        early_stopping=estimator.early_stopping and not one_epoch,
        patience=estimator.n_iter_no_change,
        held_out=held_out is not None,
        users_callbacks=callbacks,
    )
    log = _callbacks.CollectLogs(estimator.history_ if found is None else found.history)
    watching = [log]
    if tasks is not None:
        watching.append(_callbacks.TellTasks(tasks, log.history))
    if checkpoint is not None:
        keep = _callbacks.KeepCheckpoint(
            checkpoint, control, estimator._seed, log.history
        )
        watching.append(keep)
    with (
        _fit_progress.shown(estimator.verbose) as showing,
        _engines.lend(
            estimator._spec,
            state=getattr(estimator, "_state", None) if found is None else found.state,
            seed=estimator._seed,
            alone=bool(callbacks),
        ) as engine,
    ):
        state = engine.train(
            feed,
            epochs=before + epochs - done,
            initial_epoch=done,
            validation=validation,
            callbacks=[*control, *callbacks, *watching, *showing],
        )
    if checkpoint is not None:
        keep.finish(state)
    return _learned(state, log.history, callbacks, _tensorflow.trained_with())


def _learned(state, history, callbacks, trained_with):
    return {
        "_state": state,
        "history_": history,
        "n_iter_": len(history["loss"]),
        "callbacks_": callbacks,
        "trained_with_": trained_with,
    }
