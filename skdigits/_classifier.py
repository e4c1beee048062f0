"""CNNClassifier: a convolutional network as a scikit-learn classifier."""

import copy
import dataclasses
import os
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from ._augment.augmented import find_augmented, was_augmented
from ._core.identity import describe
from ._core.parameters import suggest_parameters
from ._core.sklearn_compat import (
    CallbackSupportMixin,
    DocumentedMixin,
    FitTasks,
    Interval,
    RealNotInt,
    StrOptions,
    check_partial_fit_first_call,
    fit_context,
    with_callbacks,
)
from ._core.warnings import warn_user
from ._engine.architectures import ARCHITECTURES, ArchitectureName
from ._engine.data import make_training_data
from ._engine.epochs import number_of_epochs
from ._engine.optimizers import OPTIMIZERS, OptimizerName
from ._engine.parameters import PARAMETERS
from ._engine.plan import TrainingPlan
from ._engine.schedules import SCHEDULES, ScheduleName
from ._engine.trained import ModelSpec
from ._engine.training import train
from ._engine.validation import validation_pair
from ._images.flips import FLIPS, FlipName
from ._images.layout import as_pixels, validate_images
from ._images.mistakes import warn_of_pixel_scale

if TYPE_CHECKING:
    from ._engine.keras.types import Callback, Loss, Model

# `_engine.keras` loads TensorFlow, which takes seconds: functions import it.

# Larger values, which a model file from a stranger may contain, need more memory or
# time than any machine has.
MAX_WIDTH = 100
MAX_SHIFT = 10


class CNNClassifier(
    DocumentedMixin, CallbackSupportMixin, ClassifierMixin, BaseEstimator
):
    """A convolutional neural network for small images.

    Pixels need no scaling: the network standardises them with the mean and the
    standard deviation of the training pixels, so 0..255 and 0..1 give the same model.

    Parameters
    ----------
    architecture : {"fast", "classic", "residual", "vgg"} or callable, default="fast"
        Layers of the model. "fast" has three convolutions; "classic" is the model of a
        2019 notebook, with 730,602 parameters for 28x28 grey images and ten classes;
        "residual" has residual blocks with batch normalization [2]_ and global average
        pooling; "vgg" has three pairs of convolutions with many channels, for pictures
        [5]_. A callable takes the image shape (height, width, channels) and the number
        of classes, and returns a new `keras.Model` that takes standardised images and
        ends in a softmax, and is not compiled.
    image_shape : tuple of 2 or 3 ints, default=None
        Height, width and, unless 1, the channels of an image. One of them may be -1,
        as in `numpy.reshape`. None means square grey images for `X` of two dimensions,
        and the shape of `X` for more. If the number of pixels is not a square, each
        image is taken as one row, with a warning.
    width : float, default=1.0
        Multiplies the channels of every layer, in (0, 100]. Ignored by a callable
        architecture.
    dropout : float, default=None
        Rate of every dropout, in [0, 1). None means the rates of the architecture.
        Ignored by a callable architecture.
    epochs : int or "auto", default="auto"
        Passes over the training images. "auto" is the number that suits `architecture`:
        7 for "fast", 20 for "classic", 24 for "residual", 10 for a callable, if there
        are 33,600 images or more, and 20 for "vgg" if there are 10,000. Fewer images
        get more epochs: these numbers times the square root of 33,600 or 10,000 /
        `n_samples`, at most 100. ``n_iter_`` has the number.
    batch_size : int, default=128
        Upper bound for the images in a training step.
    optimizer : {"adam", "adamw", "muon", "nadam", "rmsprop", "sgd"}, \
            default="adam"
        "muon" [1]_ orthogonalises the updates of kernels; it works with the learning
        rates of "adam". "sgd" has a Nesterov momentum of 0.9.
    learning_rate : float, default=0.003
        The highest learning rate of the schedule.
    schedule : {"one_cycle", "constant", "cosine", "linear", "plateau"}, \
            default="one_cycle"
        Course of the learning rate: "one_cycle" rises for a quarter of the training
        and then falls to zero; "cosine" and "linear" fall to zero; "plateau" is halved
        when the accuracy has not risen for three epochs, down to a tenth.
    loss : {"crossentropy", "focal"} or keras.losses.Loss, default="crossentropy"
        "focal" [3]_ is the cross-entropy times (1 - p) ** 2, for the probability p of
        the label: images that are predicted well have less weight. A `Loss` takes
        one-hot labels and probabilities. To clone or pickle a class that you wrote,
        Keras needs its ``get_config`` and `keras.saving.register_keras_serializable`.
    label_smoothing : float, default=0.0
        Share of each label that is spread over all classes, in [0, 1). Values around
        0.03 reduce errors in short trainings. The probabilities that it lowers are
        corrected by a temperature, see ``temperature_``.
    dtype_policy : {"float32", "mixed_bfloat16", "auto"} or None, default=None
        Precision, by the name in Keras. "mixed_bfloat16" computes in bfloat16 (8
        significant bits) with weights in float32: faster on processors with
        instructions for bfloat16, much slower on others. "auto" chooses it on Linux
        machines whose processor or GPU has such instructions, else "float32". None
        means `keras.config.dtype_policy`, which is "float32" by default.
    validation_fraction : float, default=None
        Share of the training images that is held out, in (0, 1). It is stratified and
        never augmented. ``history_`` then has its loss and accuracy, which early
        stopping and the schedule "plateau" use; with None they use the training's. See
        also `validation_data` and `groups` of ``fit``.
    early_stopping : bool, default=False
        Whether to stop when the loss has not fallen for `n_iter_no_change` epochs, and
        to restore the weights of the best epoch.
    n_iter_no_change : int, default=5
        Number of epochs without improvement before early stopping.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, as in other classifiers.
    test_time_shift : int or float, default=0
        Test-time augmentation: predictions are means over the image and its shifts by
        up to this many pixels to each side, an int from 0 to 10. A float in (0, 1) is a
        fraction of the smaller side, rounded down: 0.04 is one pixel of 28 and none of
        8. A prediction with n pixels takes (2 * n + 1) ** 2 times as long. It may be
        changed after ``fit``.
    test_time_flip : {"horizontal", "vertical", "both"} or None, default=None
        Test-time augmentation: predictions are means over the image and its mirror
        image, which takes twice as long; with "both", over four images. It multiplies
        with `test_time_shift` and may be changed after ``fit``. Train with the same
        `flip` of `ImageAugmenter`.
    callbacks : list of keras.callbacks.Callback, default=None
        Keras callbacks for the training, of which shallow copies are used (see
        ``callbacks_``). They see a separate model that takes raw pixels and may change
        it. `schedule` ends as soon as one of them sets the learning rate, and does not
        begin if one is a `LearningRateScheduler` or a `ReduceLROnPlateau`.
    checkpoint : str or path-like, default=None
        File that ``fit`` writes after each epoch. If the process is killed, the same
        call resumes there and ends with the same weights; after its end it returns
        them at once. For one fit at a time: not for folds or candidates.
    warm_start : bool, default=False
        Whether ``fit`` continues from the weights of the previous fit, for another
        `epochs` epochs.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights, the order of the images, dropout, the validation part and
        the augmented copies of an `ImageAugmenter` before it. With an int, a second
        fit on the same processor results in the same weights to the last bit; on a GPU
        in nearly the same.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar (outside a terminal a line for each epoch),
        2 shows a line for each epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels of the classes.
    n_features_in_ : int
        Pixels of an image, all channels counted.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, if `X` was a DataFrame with string names.
    image_shape_ : tuple of 3 ints
        Height, width and channels.
    model_ : keras.Model
        The trained model, which takes raw pixels of shape (n, height, width,
        channels). It is a copy: changing it does not change the classifier. It
        predicts without test-time augmentation and without ``temperature_``.
    pixel_range_ : tuple of 2 floats
        Smallest and largest training pixel. Predictions for images that are clearly in
        another scale bring a warning.
    temperature_ : float
        ``predict_proba`` divides the logits by it [4]_, which changes no label. With
        `label_smoothing` or the focal loss, which lower the probabilities, it is fitted
        on the validation images; without these, on training images or new augmented
        copies of them, if 99% of them are predicted correctly. Otherwise it is 1.
    history_ : dict of lists of float
        For each epoch "loss", "accuracy", "learning_rate" and, with a validation part,
        "val_loss" and "val_accuracy".
    n_iter_ : int
        Number of epochs trained.
    callbacks_ : list of keras.callbacks.Callback
        The copies of `callbacks` that took part in the last fit. They are not pickled.
    trained_with_ : dict
        Software and settings of the last training: the versions of "skdigits", "keras"
        and "tensorflow", whether it used "onednn", and the number of "threads".

    See Also
    --------
    ImageAugmenter : Augments the training images, as the step before.
    skdigits.make_digit_pipeline : Makes a Pipeline of both with proven settings.

    Notes
    -----
    The first fit in a process starts TensorFlow, which takes seconds. Fits of the same
    architecture, image shape, number of classes, `width`, `dropout`, `optimizer`,
    `loss`, `label_smoothing` and `dtype_policy` share the functions that TensorFlow
    compiles, unless the architecture is a function or the loss an object.

    References
    ----------
    .. [1] K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks",
       2024, https://kellerjordan.github.io/posts/muon/
    .. [2] T. Doucet, "MNIST", 2019, https://github.com/ttdoucet/mnist
    .. [3] T.-Y. Lin, P. Goyal, R. Girshick, K. He and P. Dollár, "Focal Loss for Dense
       Object Detection", ICCV 2017.
    .. [4] C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of Modern
       Neural Networks", ICML 2017.
    .. [5] K. Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", 2024,
       https://arxiv.org/abs/2404.00498

    Examples
    --------
    >>> from skdigits import CNNClassifier
    >>> from skdigits.datasets import load_sample
    >>> digits = load_sample()
    >>> model = CNNClassifier(epochs=3, width=0.5, random_state=0)
    >>> model.fit(digits.X_train, digits.y_train).predict(digits.X_test).shape
    (360,)
    """

    # Declared for type checkers and editors; ``fit`` sets them in one step.
    classes_: NDArray[Any]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    image_shape_: tuple[int, int, int]
    history_: dict[str, list[float]]
    n_iter_: int
    callbacks_: "list[Callback]"
    trained_with_: dict[str, Any]

    _parameter_constraints: dict = {
        "architecture": [StrOptions(set(ARCHITECTURES)), callable],
        "image_shape": [tuple, list, None],
        "width": [Interval(Real, 0, MAX_WIDTH, closed="right")],
        "dropout": [Interval(Real, 0, 1, closed="left"), None],
        "epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "optimizer": [StrOptions(set(OPTIMIZERS))],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "schedule": [StrOptions(set(SCHEDULES))],
        "loss": [StrOptions({"crossentropy", "focal"}), callable],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "dtype_policy": [StrOptions({"float32", "mixed_bfloat16", "auto"}), None],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "early_stopping": ["boolean"],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "test_time_shift": [
            Interval(Integral, 0, MAX_SHIFT, closed="both"),
            Interval(RealNotInt, 0, 1, closed="neither"),
        ],
        "test_time_flip": [StrOptions(set(FLIPS)), None],
        "callbacks": [list, tuple, None],
        "checkpoint": [str, os.PathLike, None],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    @suggest_parameters
    def __init__(
        self,
        *,
        architecture: ArchitectureName | Callable[[tuple[int, ...], int], Any] = "fast",
        image_shape: tuple[int, ...] | None = None,
        width: float = 1.0,
        dropout: float | None = None,
        epochs: int | Literal["auto"] = "auto",
        batch_size: int = 128,
        optimizer: OptimizerName = "adam",
        learning_rate: float = 0.003,
        schedule: ScheduleName = "one_cycle",
        loss: 'Literal["crossentropy", "focal"] | Loss' = "crossentropy",
        label_smoothing: float = 0.0,
        dtype_policy: Literal["float32", "mixed_bfloat16", "auto"] | None = None,
        validation_fraction: float | None = None,
        early_stopping: bool = False,
        n_iter_no_change: int = 5,
        class_weight: dict[Any, float] | Literal["balanced"] | None = None,
        test_time_shift: float = 0,
        test_time_flip: FlipName | None = None,
        callbacks: "Sequence[Callback] | None" = None,
        checkpoint: str | os.PathLike[str] | None = None,
        warm_start: bool = False,
        random_state: int | RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.architecture = architecture
        self.image_shape = image_shape
        self.width = width
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.loss = loss
        self.label_smoothing = label_smoothing
        self.dtype_policy = dtype_policy
        self.validation_fraction = validation_fraction
        self.early_stopping = early_stopping
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.test_time_shift = test_time_shift
        self.test_time_flip = test_time_flip
        self.callbacks = callbacks
        self.checkpoint = checkpoint
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        validation_data: tuple[ArrayLike, ArrayLike] | None = None,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Train the classifier.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels)
            Images, or the augmented copies that `ImageAugmenter.fit_transform`
            returned: each epoch then gets new copies.
        y : array-like of shape (n_samples,)
            Labels: numbers, strings or booleans, of two or more classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights. Samples of weight 0 are left out.
        validation_data : tuple of (array-like, array-like), default=None
            Images and labels to validate on, like `X` and `y`, in place of a part of
            `X`. They are not augmented and have no weights. The steps of a Pipeline
            before the classifier do not transform them.
        X_val, y_val : array-like, default=None
            The same as two arguments. With scikit-learn's metadata routing, a Pipeline
            with ``transform_input=["X_val"]`` transforms `X_val`.
        groups : array-like of shape (n_samples,), default=None
            Group of each sample, such as its writer. `validation_fraction` is then a
            share of the groups, which are held out whole: of 100 random choices, the
            one whose share of each class is nearest to `validation_fraction`.

        Returns
        -------
        self : CNNClassifier
            The fitted classifier.

        Raises
        ------
        ValueError
            If images, labels, weights or groups are invalid, if more than one
            validation set is passed, if the training diverges, or if `checkpoint` is of
            another fit.
        TypeError
            If `X` is sparse, if `validation_data` is not a tuple of two, if
            `architecture` does not return a `keras.Model`, or if `loss` is a function
            or a class.
        """
        validation = validation_pair(
            validation_data, X_val, y_val, self.validation_fraction
        )
        if groups is not None and self.validation_fraction is None:
            raise ValueError(
                "groups need validation_fraction, which then holds out whole groups. "
                "Got validation_fraction=None. Set it, or leave groups out."
            )
        continues = self.warm_start and self.__sklearn_is_fitted__()
        classes = self.classes_ if continues else None
        if continues and not np.array_equal(np.unique(y), classes):
            raise ValueError(
                f"warm_start=True needs the classes of the fit before: {classes}. Got "
                f"{np.unique(y)} instead."
            )
        return self._fit(
            X,
            y,
            sample_weight,
            continues,
            classes,
            groups=groups,
            validation=validation,
        )

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch, at the full learning rate and without validation.

        Weights are scaled to 1 on average in each call.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels)
            Images.
        y : array-like of shape (n_samples,)
            Labels, not necessarily of all classes.
        classes : array-like of shape (n_classes,), default=None
            The classes of all calls. Required in the first call.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.

        Returns
        -------
        self : CNNClassifier
            The classifier.

        Raises
        ------
        ValueError
            If `y` has labels that are not in `classes`, and as in ``fit``.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                'class_weight must be a dict or None in partial_fit. Got "balanced", '
                "which needs all labels at once."
            )
        continues = self.__sklearn_is_fitted__()
        # scikit-learn's check sets `classes_`, which a call that fails must not.
        checked = copy.copy(self)
        if not continues:
            _reset(checked)
        classes = None if classes is None else np.asarray(classes)
        check_partial_fit_first_call(checked, classes)
        one_epoch = {
            "epochs": 1,
            "schedule": "constant",
            "early_stopping": False,
            "validation_fraction": None,
            "checkpoint": None,
        }
        return self._fit(X, y, sample_weight, continues, checked.classes_, one_epoch)

    def _fit(
        self,
        X,
        y,
        sample_weight,
        continues,
        classes,
        changes=None,
        groups=None,
        validation=None,
    ):
        """Train a copy of the classifier, and commit what it learned in one step.

        Until then, and if the fit fails or is interrupted, the classifier stays what it
        was: it predicts in other threads, and can be copied and pickled.
        """
        learner = copy.copy(self)
        if not continues:
            _reset(learner)
        params = self.get_params(deep=False) | (changes or {})
        data = learner._training_data(
            X, y, sample_weight, groups, continues, classes, params
        )
        if validation is not None:
            data.validation = learner._validation_data(*validation, data.classes)
        learner.classes_ = data.classes
        params["epochs"] = number_of_epochs(
            params["epochs"], params["architecture"], len(data)
        )
        plan = learner._plan(params, continues)
        tasks = None
        if changes is None:
            tasks = FitTasks(
                self, learner, X, y, sample_weight, plan.epochs, _attributes
            )
        vars(learner).update(_attributes(train(plan, data, tasks)))
        if tasks is not None:
            tasks.end()
        # In one assignment: an interrupt or another thread finds the old or the new.
        others = {name: vars(self)[name] for name in vars(self).keys() - _learned(self)}
        learned = {name: vars(learner)[name] for name in _learned(learner)}
        self.__dict__ = others | learned
        return self

    def _training_data(self, X, y, sample_weight, groups, continues, classes, params):
        """Check the images and labels, and set the attributes that describe them."""
        image_shape = self.image_shape_ if continues else self.image_shape
        augmented = find_augmented(X)
        if augmented is None and params["epochs"] != 1 and was_augmented(X):
            warn_user(
                "X is a part of what ImageAugmenter returned, or was changed since: "
                "every epoch gets the same copy of each image. Put the augmenter right "
                "before CNNClassifier in a Pipeline, and steps that select, resample "
                "or scale images before it."
            )
        # The source has channels, which flat pixels do not show.
        if augmented is not None and image_shape is None:
            image_shape = augmented.source.shape[1:]
        X, y = validate_images(
            self,
            X,
            y,
            image_shape=image_shape,
            reset=not continues,
            warn=augmented is None,
        )
        check_classification_targets(y)
        if augmented is None:
            images, augment, seeds = as_pixels(X, self.image_shape_), None, ()
        else:
            images, augment = augmented.source, augmented.augment
            if images.shape[1:] != self.image_shape_:
                raise ValueError(
                    f"image_shape={image_shape} does not match the images of the "
                    f"ImageAugmenter before, of shape {images.shape[1:]}. Leave "
                    "image_shape=None to take it from there."
                )
            seeds = () if augmented.seed is None else (augmented.seed,)
        if continues:
            warn_of_pixel_scale(images, self._trained.pixels)
        return make_training_data(
            images,
            y,
            classes=classes,
            sample_weight=sample_weight,
            class_weight=self.class_weight,
            groups=groups,
            augment=augment,
            augment_seeds=seeds,
        )

    def _validation_data(self, X, y, classes):
        """Check images and labels to validate on, and convert them for the training."""
        if not hasattr(self, "feature_names_in_") and hasattr(X, "columns"):
            X = np.asarray(X)  # an ImageAugmenter has removed the names from the others
        try:
            X, y = validate_images(
                self, X, y, image_shape=self.image_shape_, reset=False
            )
            images = as_pixels(X, self.image_shape_)
        except (TypeError, ValueError) as exc:
            raise (TypeError if isinstance(exc, TypeError) else ValueError)(
                "validation_data, or X_val and y_val, must be images and labels like "
                f"those of the training. {exc} A Pipeline does not transform "
                "validation_data: pass images that its steps before the classifier "
                "return, pipeline[:-1].transform(images)."
            ) from exc
        unknown = np.setdiff1d(y, classes)
        if len(unknown):
            raise ValueError(
                "validation_data, or y_val, must have labels that occur in y: "
                f"{classes.tolist()}. Got {unknown.tolist()} as well. Leave out their "
                "images, or add training images with these labels."
            )
        return make_training_data(images, y, classes=classes)

    def _plan(self, params, continues):
        """Make the plan of a training from the parameters."""
        spec = ModelSpec.of(params, self.image_shape_, len(self.classes_))
        if continues:
            seed = self._trained.seed
        else:
            seed = check_random_state(self.random_state).randint(2**31 - 1)
        identity = None
        if params["checkpoint"] is not None:
            compared = {name for name, role in PARAMETERS.items() if role.identity}
            identity = {name: describe(params[name]) for name in sorted(compared)}
            if not isinstance(self.random_state, Integral):
                identity["random_state"] = "None"  # it is drawn from
        fields = {field.name for field in dataclasses.fields(TrainingPlan)}
        return TrainingPlan(
            spec=spec,
            trained=self._trained if continues else None,
            history=self.history_ if continues else {},
            seed=seed,
            identity=identity,
            **{name: params[name] for name in fields & params.keys()},
        )

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Predict the probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels)
            Images of the shape seen in ``fit``.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes), float64
            One column for each class, in the order of ``classes_``.
        """
        check_is_fitted(self)
        self._validate_params()
        from ._engine.keras.predictor import predictor_of

        # Read once: a fit in another thread may replace it meanwhile.
        trained = self._trained
        X = validate_images(self, X, image_shape=self.image_shape_, reset=False)
        images = as_pixels(X, self.image_shape_)
        warn_of_pixel_scale(images, trained.pixels)
        predictor = predictor_of(trained.spec)
        return predictor.predict(
            trained, images, max_shift=self._max_shift(), flip=self.test_time_flip
        )

    def predict_log_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Predict the logarithms of the probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels)
            Images of the shape seen in ``fit``.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes), float64
            Natural logarithms, in the order of ``classes_``. They are finite: a
            probability that is 0 in float32 counts as its smallest normal number.
        """
        return np.log(np.maximum(self.predict_proba(X), np.finfo(np.float32).tiny))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict the most probable class of each image.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_pixels), (n_samples, height, width) or \
                (n_samples, height, width, channels)
            Images of the shape seen in ``fit``.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,)
            Labels.
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def summary(
        self, image_shape: tuple[int, ...] | None = None, n_classes: int | None = None
    ) -> str:
        """Describe the layers of the model.

        Parameters
        ----------
        image_shape : tuple of 2 or 3 ints, default=None
            None means the shape of the training images; before ``fit`` it means the
            parameter `image_shape`, or (28, 28).
        n_classes : int, default=None
            None means the number of classes of the fit; before ``fit`` it means 10.

        Returns
        -------
        text : str
            Table of the layers with their output shapes and numbers of weights.
        """
        from ._engine.keras.model import model_summary

        if self.__sklearn_is_fitted__() and image_shape is None and n_classes is None:
            return model_summary(self._trained.spec)
        self._validate_params()
        shape = tuple(image_shape or self.image_shape or (28, 28))
        shape = shape if len(shape) == 3 else (*shape, 1)
        params = self.get_params(deep=False)
        return model_summary(ModelSpec.of(params, shape, n_classes or 10))

    @property
    def model_(self) -> "Model":
        """Trained `keras.Model`; see the attributes of the class."""
        check_is_fitted(self)
        if "_model" not in vars(self):
            from ._engine.keras.model import trained_model

            self._model = trained_model(self._trained)
        return self._model

    @property
    def pixel_range_(self) -> tuple[float, float]:
        """Smallest and largest training pixel."""
        check_is_fitted(self)
        return self._trained.pixels.min, self._trained.pixels.max

    @property
    def temperature_(self) -> float:
        """Temperature of the probabilities; see the attributes of the class."""
        check_is_fitted(self)
        return self._trained.temperature

    def _max_shift(self):
        """Convert `test_time_shift` to pixels."""
        shift = self.test_time_shift
        if not isinstance(shift, Integral):
            shift = min(int(shift * min(self.image_shape_[:2])), MAX_SHIFT)
        return shift

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_trained")

    def __getstate__(self):
        state = super().__getstate__()
        # A Keras model and the user's callbacks belong to this process; `model_` is
        # built again on demand.
        return {k: v for k, v in state.items() if k not in ("_model", "callbacks_")}


def _attributes(learned):
    """Return the attributes of a classifier for what a training has `Learned`."""
    return {
        "_trained": learned.trained,
        "callbacks_": learned.callbacks,
        "history_": learned.history,
        "n_iter_": learned.n_iter,
        "trained_with_": learned.trained_with,
    }


def _learned(classifier):
    """Return the names of all attributes that a fit has set."""
    private = {"_model", "_trained"}
    return {name for name in vars(classifier) if name.endswith("_") or name in private}


def _reset(classifier):
    """Make a classifier one that has never been fitted."""
    for name in _learned(classifier):
        del vars(classifier)[name]
