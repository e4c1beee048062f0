"""Files are replaced by one step, also where none can be written without a name."""

import itertools
import os
import stat
import subprocess
import sys

import pytest
from helpers.lines import before_each_line, interrupt_at
from helpers.rights import has_modes, is_root

from skdigits._core import atomic as whole

FILES = {whole.__file__}


@pytest.mark.parametrize("old", [b"old", None])
def test_ctrl_c_at_any_line_leaves_all_of_the_old_or_all_of_the_new(
    system, tmp_path, old
):
    path = tmp_path / "file"
    for line in itertools.count():
        path.write_bytes(old) if old else path.unlink(missing_ok=True)
        interrupted = interrupt_at(line, FILES, lambda: whole.write_whole(b"new", path))
        found = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        if not interrupted:
            break
        assert found == ({"file": old} if old else {})
    assert found == {"file": b"new"}
    assert line > 10


@has_modes
def test_a_secret_is_at_no_time_readable_by_others(system, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o600)
    modes = []

    def look(line):
        modes.extend(stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir())

    before = os.umask(0)
    try:
        with before_each_line(FILES, look):
            whole.write_whole(b"new", path)
    finally:
        os.umask(before)
    assert path.read_bytes() == b"new"
    assert set(modes) == {0o600}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_is_written_where_proc_is_not_mounted(tmp_path):
    write = (
        "import sys, pathlib; from skdigits._core.atomic import write_whole;"
        "write_whole(b'new', pathlib.Path(sys.argv[1]))"
    )
    command = 'mount -t tmpfs none /proc && exec "$@"'
    child = ["sh", "-c", command, "-", sys.executable, "-c", write, tmp_path / "file"]
    may_mount = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/proc"]
    if not is_root() or subprocess.run(may_mount, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("only root may hide /proc, and not everywhere")
    subprocess.run(["unshare", "--mount", *child], check=True)
    assert os.listdir(tmp_path) == ["file"]
