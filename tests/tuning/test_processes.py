"""How a study tells the processes that are dead from those that live elsewhere."""

import os
import subprocess
import sys
import tempfile
import time

import psutil
import pytest
from helpers.rights import as_nobody, mounted

from skdigits.tuning._study import _is_dead, _start_of_machine, _this_process


@pytest.fixture
def child():
    """A process that waits, and the name that it would put down for itself."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    machine, _, _, start_of_machine = _this_process()
    started = psutil.Process(process.pid).create_time()
    yield process, [machine, process.pid, started, start_of_machine]
    process.kill()
    process.wait()
    process.stdin.close()


def test_living_processes_are_not_dead(child):
    assert not _is_dead(_this_process())
    assert not _is_dead(child[1])


def test_killed_processes_are_dead_whether_or_not_they_were_waited_for(child):
    process, name = child
    process.kill()
    if os.name == "posix":
        deadline = time.time() + 30
        while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
            assert time.time() < deadline
        assert _is_dead(name)
    process.wait()
    assert _is_dead(name)


def test_a_number_that_another_process_has_by_now_is_of_a_dead_one(child):
    machine, pid, started, start_of_machine = child[1]
    assert _is_dead([machine, pid, started - 60, start_of_machine])


def test_a_process_that_may_not_be_looked_at_is_not_dead(child, monkeypatch):
    machine, pid, started, _ = child[1]
    with (  # nobody may not go into tmp_path
        tempfile.TemporaryDirectory() as folder,
        mounted(folder, "-t", "proc", "-o", "hidepid=1"),
        as_nobody(),
    ):
        monkeypatch.setattr(psutil, "PROCFS_PATH", folder)
        with pytest.raises(psutil.AccessDenied):
            psutil.Process(pid).status()
        assert not _is_dead([machine, pid, started, _start_of_machine()])


def test_nothing_is_said_of_other_machines_and_containers():
    machine, _, started, start_of_machine = _this_process()
    gone = 2**22 + 1  # no process has this number
    assert _is_dead([machine, gone, started, start_of_machine])
    assert not _is_dead(["elsewhere", gone, started, start_of_machine])
    assert not _is_dead([machine, gone, started, start_of_machine - 60])
    assert not _is_dead(None)
