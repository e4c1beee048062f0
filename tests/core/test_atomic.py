"""Files are replaced in one step."""

import itertools
import os
import stat

import pytest
from helpers.lines import before_each_line, interrupt_at
from helpers.rights import has_modes

from skdigits._core import atomic

FILES = {atomic.__file__}


@pytest.mark.parametrize("old", [b"old", None])
def test_failed_write_leaves_old_file(tmp_path, monkeypatch, old):
    def full_disk(number):
        raise OSError(28, "No space left on device")

    path = tmp_path / "file"
    if old:
        path.write_bytes(old)
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        atomic.write_whole(b"new", path)
    found = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert found == ({"file": old} if old else {})


@pytest.mark.parametrize("old", [b"old", None])
def test_ctrl_c_at_any_line_leaves_old_or_new_file(tmp_path, old):
    path = tmp_path / "file"
    for line in itertools.count():
        path.write_bytes(old) if old else path.unlink(missing_ok=True)
        interrupted = interrupt_at(
            line, FILES, lambda: atomic.write_whole(b"new", path)
        )
        found = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        if not interrupted:
            break
        assert found == ({"file": old} if old else {})
    assert found == {"file": b"new"}
    assert line > 5


@has_modes
def test_private_file_is_always_private(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o600)
    modes = []

    def look(line):
        modes.extend(stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir())

    before = os.umask(0)
    try:
        with before_each_line(FILES, look):
            atomic.write_whole(b"new", path)
    finally:
        os.umask(before)
    assert path.read_bytes() == b"new"
    assert set(modes) == {0o600}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
