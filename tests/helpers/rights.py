"""What root may do and nobody may not."""

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
    """Have another file system in a folder, or skip the test."""
    command = ["mount", *options, "none", folder]
    if not is_root() or subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("only root may mount a file system, and not everywhere")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@contextlib.contextmanager
def as_nobody():
    """Have no more rights than anybody; root would have them all."""
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
