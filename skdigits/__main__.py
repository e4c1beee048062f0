"""The command line: ``skdigits demo``, ``skdigits submit`` and ``skdigits draw``."""

import argparse
import contextlib
import errno
import os
import sys
import tempfile
from pathlib import Path

from . import __version__
from ._presets import PRESETS

TEST_IMAGES = 28_000  # of the competition, each of which wants a label
HELD_OUT = 0.1  # fraction of the training images that --validate keeps apart
CLOSED_PIPE = (errno.EPIPE, errno.EINVAL) if os.name == "nt" else (errno.EPIPE,)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _parse(argv):
    parser = _Parser(prog="skdigits", description="A convolutional network for digits.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo = commands.add_parser(
        "demo", help="compare a network with two baselines on bundled digits"
    )
    demo.set_defaults(run=_demo)

    submit = commands.add_parser(
        "submit", help="train on the competition's files and write the submission"
    )
    submit.add_argument(
        "path",
        metavar="PATH",
        help="digit-recognizer.zip as downloaded, or the folder with train.csv and "
        "test.csv",
    )
    submit.add_argument(
        "--output",
        default="submission.csv",
        help="file to write (default: %(default)s)",
    )
    submit.add_argument(
        "--preset",
        default="fast",
        choices=PRESETS,
        help="network and recipe (default: %(default)s)",
    )
    submit.add_argument(
        "--networks",
        type=_count,
        default=1,
        metavar="N",
        help="networks to train and average (default: %(default)s)",
    )
    submit.add_argument(
        "--seed", type=_seed, help="a whole number, for the same result again"
    )
    submit.add_argument(
        "--validate",
        action="store_true",
        help="first train on nine tenths and report the accuracy on the last one",
    )
    submit.set_defaults(run=_submit)

    draw = commands.add_parser(
        "draw", help="draw digits in the browser and see what a model makes of them"
    )
    draw.add_argument(
        "model",
        nargs="?",
        metavar="MODEL",
        help="file that skdigits.save wrote (default: train on the bundled digits)",
    )
    draw.add_argument(
        "--host", default="127.0.0.1", help="where it is reached (default: %(default)s)"
    )
    draw.add_argument(
        "--port", type=_count, metavar="N", help="default: the first free from 7860"
    )
    draw.set_defaults(run=_draw)
    # parse_args would report them as the main parser, whose help does not have them.
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:
        of_command = commands.choices[arguments.command]
        of_command.error(f"unrecognized arguments: {' '.join(unknown)}")
    return arguments


def _seed(text):
    if not (text.isdigit() and int(text) < 2**32):
        raise argparse.ArgumentTypeError(
            f"must be a whole number from 0 to {2**32 - 1}. Got {text!r} instead"
        )
    return int(text)


def _count(text):
    if not (text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(
            f"must be a whole number from 1. Got {text!r} instead"
        )
    return int(text)


def _demo(arguments):
    from ._demo import run_demo

    run_demo(Path("skdigits-demo"))


def _draw(arguments):
    import time

    from ._draw import draw

    model = None
    if arguments.model is not None:
        from .persistence import load

        model = load(arguments.model)
    draw(model, host=arguments.host, port=arguments.port)
    while True:  # until Ctrl-C
        time.sleep(1)


def _submit(arguments):
    from ._files.whole import check_writable

    with _option_named("--output"):
        check_writable(arguments.output)  # better an error now than after the training
    digits = _read(arguments.path)
    n_train, n_test = len(digits.X_train), len(digits.X_test)
    print(f"{n_train:,} images to train on, {n_test:,} to label")
    if n_test != TEST_IMAGES:
        raise ValueError(
            f"{arguments.path}: test.csv must have the competition's {TEST_IMAGES:,} "
            f"images. Got {n_test:,} instead. Download it again."
        )
    if arguments.validate:
        _validate(digits, arguments)
    step = "2 of 2: " if arguments.validate else ""
    model = _train(digits.X_train, digits.y_train, arguments, step=step)
    _write(model.predict(digits.X_test), arguments.output)


@contextlib.contextmanager
def _option_named(name):
    """Say whose value an error is about, as argparse does."""
    try:
        yield
    except (OSError, ValueError) as exc:
        raise ValueError(f"argument {name}: {exc}") from exc


def _read(path):
    """Read the competition's files."""
    print(f"Reading {path}", flush=True)  # the imports alone may take seconds
    from .datasets import load_competition

    return load_competition(path)


def _write(labels, output):
    """Write the submission, somewhere else if it must be: the training was long."""
    from .submission import write_submission

    try:
        write_submission(labels, output, expected=TEST_IMAGES)
    except OSError as exc:
        elsewhere = Path(tempfile.mkdtemp(prefix="skdigits-"), "submission.csv")
        write_submission(labels, elsewhere, expected=TEST_IMAGES)
        raise OSError(
            f"argument --output: {exc}. The labels are in {elsewhere} instead."
        ) from exc
    print(f"Wrote {output}, {TEST_IMAGES:,} labels.")


def _validate(digits, arguments):
    from sklearn.model_selection import train_test_split

    X_train, X_held_out, y_train, y_held_out = train_test_split(
        digits.X_train,
        digits.y_train,
        test_size=HELD_OUT,
        stratify=digits.y_train,
        random_state=0,
    )
    model = _train(X_train, y_train, arguments, step="1 of 2: ")
    wrong = int((model.predict(X_held_out) != y_held_out).sum())
    n = len(y_held_out)
    accuracy = 1 - wrong / n
    error = (accuracy * (1 - accuracy) / n) ** 0.5
    print(
        f"Held-out accuracy: {accuracy:.5f} (standard error {error:.5f}), "
        f"{wrong} of {n:,} images wrong."
    )


def _train(X, y, arguments, *, step):
    from time import perf_counter

    n_networks = arguments.networks
    what = repr(arguments.preset)
    what = what if n_networks == 1 else f"{n_networks} networks {what}"
    print(f"{step}Training {what} on {len(X):,} images", flush=True)
    model = _make_model(arguments)
    start = perf_counter()
    model.fit(X, y)
    print(f"Trained for {perf_counter() - start:.0f} s.", flush=True)
    return model


def _make_model(arguments):
    from joblib import cpu_count

    from .pipelines import make_digit_ensemble, make_digit_pipeline

    preset, seed, n_networks = arguments.preset, arguments.seed, arguments.networks
    if n_networks == 1:
        return make_digit_pipeline(preset, random_state=seed, verbose=1)
    n_jobs = min(n_networks, cpu_count())  # -1 would leave cores idle on large machines
    return make_digit_ensemble(
        preset, n_networks, random_state=seed, n_jobs=n_jobs, verbose=True
    )


def main(argv=None):
    """Run the command line.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments; None means those of the process.

    Returns
    -------
    int
        0; 1 after an error in the data or the files, 130 after Ctrl-C. A usage error
        exits with 2.
    """
    arguments = _parse(argv)
    try:
        arguments.run(arguments)
    except (OSError, ValueError, TypeError, ImportError) as exc:
        if getattr(exc, "errno", None) in CLOSED_PIPE and exc.filename is None:
            # Whoever read our output has seen enough.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        else:
            print(f"skdigits: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("skdigits: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
