"""One training: feeds, callbacks and a compiled network put together."""

from . import callbacks, feed, pool, progress
from .start import trained_with


def train(plan, network, data, held_out, *, tasks=None, checkpoint=None):
    """Train a network from where it is, or from where a checkpoint is.

    Parameters
    ----------
    plan : TrainingPlan
    network : TrainedNetwork
        Where to start from. It is left as it is.
    data : TrainingData
    held_out : TrainingData or None
        To validate on after each epoch.
    tasks : skdigits._core.sklearn_compat.FitTasks or None
        To be told of the epochs.
    checkpoint : skdigits._engine.checkpoint.Checkpoint or None
        To go on from, and to keep.

    Returns
    -------
    dict
        The attributes that a classifier gets by it: "callbacks_", "trained_with_",
        "n_iter_" and "history_" of this training and those before, and "_network".
    """
    users_callbacks = callbacks.copy_callbacks(plan.callbacks)
    # Epochs are numbered on over several fits: each number has its own random copies.
    history, first_epoch = plan.history, plan.epochs_before
    found = None if checkpoint is None else checkpoint.found
    if found is not None:
        network = found.resume(network)
        history, first_epoch = found.history, found.n_iter
        if found.is_finished:
            return _learned(network, history, users_callbacks, found.trained_with)

    batches = feed.training_feed(
        data,
        batch_size=plan.batch_size,
        seed=network.seed,
        first_epoch=first_epoch,
        n_classes=network.spec.n_classes,
    )
    validation = None
    if held_out is not None:
        validation = feed.validation_feed(held_out, n_classes=network.spec.n_classes)
    control = callbacks.control_callbacks(
        plan,
        n_batches=plan.epochs * len(batches),
        is_validated=held_out is not None,
        users_callbacks=users_callbacks,
    )
    log = callbacks.CollectLogs(history)
    watching = [log]
    if tasks is not None:
        watching.append(callbacks.TellTasks(tasks, network, log.history))
    if checkpoint is not None:
        keep = callbacks.KeepCheckpoint(checkpoint, control, network, log.history)
        watching.append(keep)

    with (
        progress.shown(plan.verbose) as showing,
        pool.borrow(network, alone=bool(users_callbacks)) as compiled,
    ):
        state = compiled.train(
            batches,
            # scikeras, unlike Keras, counts from `initial_epoch`.
            epochs=plan.epochs_before + plan.epochs - first_epoch,
            initial_epoch=first_epoch,
            validation=validation,
            callbacks=[*control, *users_callbacks, *watching, *showing],
        )
        # The layers of the other architectures have a low momentum, and calls of
        # partial_fit are one training together.
        if callable(network.spec.architecture) and plan.tells_callbacks:
            n_epochs = plan.epochs_before + plan.epochs
            compiled.warn_of_unsettled_statistics(n_epochs * len(batches))
    network = network.with_state(state)
    # After the progress bar is gone: the last file may take a moment.
    if checkpoint is not None:
        keep.finish(network)
    return _learned(network, log.history, users_callbacks, trained_with())


def _learned(network, history, users_callbacks, with_what):
    return {
        "callbacks_": users_callbacks,
        "trained_with_": with_what,
        "n_iter_": len(history["loss"]),
        "history_": history,
        "_network": network,
    }
