"""Command line: ``skdigits demo``, ``submit``, ``fit``, ``predict`` and ``draw``."""

import argparse
import os
import re
import sys
from functools import partial
from importlib import import_module

from .. import __version__
from .._presets import DIGIT_PRESETS, ENSEMBLES
from .closed_pipe import drop_output, is_closed_pipe
from .text import printable

MAX_MODELS = 1_000  # larger numbers are typing errors
MAX_SEED = 2**32 - 1
MAX_PORT = 65_535


class _Parser(argparse.ArgumentParser):
    """Parser that reports a usage error in one line."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {printable(message)} (see {self.prog} --help)\n")


class _CommandParser(_Parser):
    """Parser of a command, whose own checks call `error` of the arguments."""

    def parse_known_args(self, args=None, namespace=None):
        arguments, unknown = super().parse_known_args(args, namespace)
        if unknown:  # the main parser would report them in its own name
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        arguments.error = self.error
        return arguments, unknown


def _parse(argv):
    parser = _Parser(prog="skdigits", description="Classify images of digits.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=_CommandParser
    )
    commands.add_parser(
        "demo", help="compare a CNN with two baselines on bundled digits"
    )
    _add_submit(commands)
    _add_fit(commands)
    _add_predict(commands)
    _add_draw(commands)
    arguments = parser.parse_args(argv)
    if arguments.command == "submit":
        n_kinds = len(ENSEMBLES.get(arguments.preset, [None]))
        arguments.networks = arguments.networks or n_kinds
        if arguments.networks < n_kinds:
            arguments.error(
                f"argument --networks: must be {n_kinds} or more for --preset "
                f"{arguments.preset}. Got {arguments.networks} instead"
            )
    return arguments


def _add_submit(commands):
    command = commands.add_parser(
        "submit", help="train on the files of the competition and write a submission"
    )
    command.add_argument(
        "path",
        metavar="PATH",
        help="digit-recognizer.zip as downloaded, or the folder with train.csv and "
        "test.csv",
    )
    command.add_argument(
        "--preset",
        default="fast",
        choices=[*DIGIT_PRESETS, *ENSEMBLES],
        help="architecture and settings; record is an ensemble of two architectures "
        "(default: %(default)s)",
    )
    _add_training(command, output="submission.csv")
    command.add_argument(
        "--networks",
        type=partial(_whole_number, low=1, high=MAX_MODELS),
        metavar="N",
        help="number of models to train and average (default: 1, or 2 for record)",
    )


def _add_fit(commands):
    command = commands.add_parser("fit", help="train on images and write a model file")
    command.add_argument(
        "path",
        nargs="?",
        metavar="PATH",
        help="files of the competition, as for submit; or a folder or zip of images "
        "in folders named after their labels, such as 0 to 9 (default: the bundled "
        "digits)",
    )
    command.add_argument(
        "--preset",
        default="robust",
        choices=DIGIT_PRESETS,
        help="architecture and settings (default: %(default)s)",
    )
    _add_training(command, output="model.skdigits")


def _add_training(command, output):
    command.add_argument(
        "--output", default=output, help="file to write (default: %(default)s)"
    )
    command.add_argument(
        "--seed",
        type=partial(_whole_number, low=0, high=MAX_SEED),
        help="whole number that makes the result reproducible",
    )
    command.add_argument(
        "--validate",
        action="store_true",
        help="train on nine tenths first, and report the accuracy on the last tenth",
    )


def _add_predict(commands):
    command = commands.add_parser("predict", help="label photos, scans or drawings")
    command.add_argument(
        "model", metavar="MODEL", help="file written by skdigits fit or skdigits.save"
    )
    command.add_argument(
        "images",
        nargs="+",
        metavar="IMAGES",
        help="image files, folders, zips or patterns",
    )
    command.add_argument(
        "--output",
        metavar="CSV",
        help="file to write, or - for CSV on standard output (default: a table in a "
        "terminal, else CSV)",
    )
    command.add_argument(
        "--split",
        action="store_true",
        help="find the digits of each image, and write a row for each digit with the "
        "number that its line forms",
    )


def _add_draw(commands):
    command = commands.add_parser(
        "draw", help="draw digits in the browser and see the predictions of a model"
    )
    command.add_argument(
        "model",
        nargs="?",
        metavar="MODEL",
        help="file written by skdigits fit or skdigits.save (default: train a model on "
        "the bundled digits)",
    )
    command.add_argument(
        "--host",
        default="127.0.0.1",
        help="address of this machine; 0.0.0.0 allows other machines to connect "
        "(default: %(default)s, only this machine)",
    )
    command.add_argument(
        "--port",
        type=partial(_whole_number, low=1, high=MAX_PORT),
        metavar="N",
        help="port of the page (default: the first free port from 7860)",
    )


def _whole_number(text, *, low, high):
    number = int(text) if re.fullmatch("[0-9]{1,20}", text) else -1
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(
            f"must be a whole number from {low} to {high}. Got {text!r} instead"
        )
    return number


def _open_streams():
    """Make the standard streams accept any text, even if the shell has closed them."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        # Otherwise the next file that is opened gets the number of a standard stream,
        # and TensorFlow may write to it.
        while (number := os.open(os.devnull, os.O_RDWR)) < 3:
            os.set_inheritable(number, True)
        os.close(number)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        if hasattr(getattr(sys, name), "reconfigure"):
            getattr(sys, name).reconfigure(errors="backslashreplace")


def _run(argv):
    try:
        arguments = _parse(argv)
        # Imported only now, as these modules import many packages.
        module = import_module(f".{arguments.command}", __package__)
        return module.run(arguments) or 0
    finally:
        sys.stdout.flush()  # to raise the error of a closed pipe here


def main(argv=None):
    """Run the command line.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments. None means those of the process.

    Returns
    -------
    int
        0 on success; 1 after an error in the data or the files, if an image shows no
        digit, or if the reader of standard output ends before the work is done; 130
        after Ctrl-C. A usage error exits with 2.
    """
    _open_streams()
    try:
        return _run(argv)
    except (OSError, ValueError, TypeError, ImportError) as exc:
        # A reader that ends, as head does, ends the command without a message.
        if not is_closed_pipe(exc):
            print(f"skdigits: {printable(str(exc))}", file=sys.stderr)
        drop_output()
        return 1
    except KeyboardInterrupt:
        print("skdigits: interrupted", file=sys.stderr)
        return 130
