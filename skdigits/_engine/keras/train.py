"""One training: feeds, callbacks and a compiled model put together."""

from ..trained import Learned
from . import callbacks, feed, pool, progress
from .start import trained_with


def train(plan, trained, data, held_out, tasks, checkpoint):
    """Train a model, from its weights or from those of a checkpoint.

    Parameters
    ----------
    plan : TrainingPlan
    trained : TrainedNetwork
        It is not changed.
    data : TrainingData
    held_out : TrainingData or None
        To validate on after each epoch.
    tasks : skdigits._core.sklearn_compat.FitTasks or None
    checkpoint : skdigits._engine.checkpoint.Checkpoint or None

    Returns
    -------
    Learned
    """
    users_callbacks = callbacks.copy_callbacks(plan.callbacks)
    # Several fits share one numbering of epochs: each number has its own random copies.
    history, first_epoch = plan.history, plan.epochs_before
    found = None if checkpoint is None else checkpoint.found
    if found is not None:
        trained = found.resume(trained)
        history, first_epoch = found.history, found.n_iter
        if found.is_finished:
            return Learned(trained, history, found.trained_with, users_callbacks)

    batches = feed.training_feed(
        data,
        batch_size=plan.batch_size,
        seed=trained.seed,
        first_epoch=first_epoch,
        n_classes=trained.spec.n_classes,
    )
    validation = None
    if held_out is not None:
        validation = feed.validation_feed(held_out, n_classes=trained.spec.n_classes)
    control = callbacks.control_callbacks(
        plan,
        n_batches=plan.epochs * len(batches),
        is_validated=held_out is not None,
        users_callbacks=users_callbacks,
    )
    log = callbacks.CollectLogs(history)

    def learned(weights):
        history = {name: [*values] for name, values in log.history.items()}
        return Learned(
            trained.with_weights(weights), history, trained_with(), users_callbacks
        )

    observers = [log]
    if tasks is not None:
        observers.append(callbacks.NotifyTasks(tasks, learned))
    if checkpoint is not None:
        writer = callbacks.WriteCheckpoint(checkpoint, control, learned)
        observers.append(writer)

    n_epochs = plan.epochs_before + plan.epochs
    with (
        progress.shown(plan.verbose) as showing,
        pool.borrow(trained, alone=bool(users_callbacks)) as compiled,
    ):
        weights = compiled.train(
            batches,
            # scikeras, unlike Keras, counts from `initial_epoch`.
            epochs=n_epochs - first_epoch,
            initial_epoch=first_epoch,
            validation=validation,
            callbacks=[*control, *users_callbacks, *observers, *showing],
        )
        # All other architectures have a low momentum; calls of partial_fit, which have
        # no tasks, are one training together.
        if callable(trained.spec.architecture) and tasks is not None:
            compiled.warn_of_unsettled_statistics(n_epochs * len(batches))
    # After the progress bar is closed: the last file may take a moment.
    if checkpoint is not None:
        writer.finish(learned(weights))
    return learned(weights)
