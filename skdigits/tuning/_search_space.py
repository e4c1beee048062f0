"""Search space of the digit pipelines."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna


def suggest_digit_params(trial: "optuna.trial.BaseTrial") -> dict[str, Any]:
    """Suggest parameters of the pipeline of `make_digit_pipeline`, for 28x28 digits.

    Parameters
    ----------
    trial : optuna.trial.Trial

    Returns
    -------
    params : dict
        For ``set_params`` of a Pipeline with steps "augment" and "cnn": width (0.5 to
        1.5), dropout (that of the architecture, or 0 to 0.5), learning rate (0.0005 to
        0.01), batch size (64, 128 or 256), schedule ("one_cycle", "cosine" or
        "linear"), rotation (0 to 20 degrees), zoom (0 to 0.2), shift (0 to 0.12 of the
        side) and elastic (none, or 0.2 to 1.2).

    Notes
    -----
    Parameters have the same names in the trial and in the Pipeline. ``cnn__dropout`` is
    sampled only if ``own_dropout`` is false, ``augment__elastic`` if ``bends`` is true.

    Examples
    --------
    >>> import optuna
    >>> from skdigits import make_digit_pipeline
    >>> from skdigits.tuning import suggest_digit_params
    >>> trial = optuna.create_study().ask()
    >>> model = make_digit_pipeline().set_params(**suggest_digit_params(trial))
    >>> 0 <= model["augment"].rotation <= 20
    True
    """
    own_dropout = trial.suggest_categorical("own_dropout", [True, False])
    bends = trial.suggest_categorical("bends", [False, True])
    choose, number = trial.suggest_categorical, trial.suggest_float
    return {
        "cnn__width": number("cnn__width", 0.5, 1.5, step=0.25),
        "cnn__dropout": None if own_dropout else number("cnn__dropout", 0.0, 0.5),
        "cnn__learning_rate": number("cnn__learning_rate", 5e-4, 1e-2, log=True),
        "cnn__batch_size": choose("cnn__batch_size", [64, 128, 256]),
        "cnn__schedule": choose("cnn__schedule", ["one_cycle", "cosine", "linear"]),
        "augment__rotation": number("augment__rotation", 0.0, 20.0),
        "augment__zoom": number("augment__zoom", 0.0, 0.2),
        "augment__shift": number("augment__shift", 0.0, 0.12),
        "augment__elastic": number("augment__elastic", 0.2, 1.2) if bends else 0.0,
    }
