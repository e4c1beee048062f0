"""Rights of root and of the user nobody."""

import contextlib
import os
import subprocess

import pytest

NOBODY = 65534
has_modes = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes of files")


def is_root():
    return hasattr(os, "getuid") and os.getuid() == 0


@contextlib.contextmanager
def mounted(folder, *options):
    """Mount a file system on a folder, or skip the test."""
    command = ["mount", *options, "none", folder]
    if not is_root() or subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("mounting a file system needs root, and is not allowed everywhere")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@contextlib.contextmanager
def as_nobody():
    """Drop the rights of root."""
    if not is_root():
        yield
        return
    group, groups = os.getegid(), os.getgroups()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)
