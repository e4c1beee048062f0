"""The command line drops the start messages of TensorFlow, and nothing else."""

import os
import subprocess
import sys

import pytest

MESSAGE = b"WARNING: All log messages before absl::InitializeLog() is called\n"
WITH_FILTER = f"""
import os, signal, sys, time
from skdigits._cli.quiet import without_start_messages
with without_start_messages():
    os.write(2, {MESSAGE!r})
    os.write(2, b"first\\n")
    CODE
os.write(2, b"after\\n")
"""


def run(code, **options):
    command = [sys.executable, "-c", WITH_FILTER.replace("CODE", code)]
    return subprocess.run(command, capture_output=True, **options)


def test_other_lines_pass_in_order():
    code = "[os.write(2, b'%d\\n' % i) for i in range(100)]"
    ran = run(code)
    numbers = [str(i) for i in range(100)]
    assert ran.stderr.decode().splitlines() == ["first", *numbers, "after"]
    assert ran.returncode == 0


def test_all_lines_pass_if_user_asks_for_the_log():
    ran = run("pass", env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "0"})
    assert ran.stderr == MESSAGE + b"first\nafter\n"


def test_last_message_of_a_crash_passes():
    ran = run("os.write(2, b'crash\\n'); os.abort()")
    assert ran.returncode != 0
    assert ran.stderr.startswith(b"first\ncrash\n")


@pytest.mark.skipif(os.name == "nt", reason="needs process groups")
def test_messages_after_ctrl_c_pass():
    code = "signal.signal(signal.SIGINT, signal.SIG_IGN); os.killpg(0, signal.SIGINT); "
    code += "time.sleep(0.5); os.write(2, b'last\\n')"
    ran = run(code, start_new_session=True)
    assert (ran.returncode, ran.stderr) == (0, b"first\nlast\nafter\n")
