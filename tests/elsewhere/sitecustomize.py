"""Takes from skdigits and its tests what macOS or Windows do not have.

`tests/elsewhere.sh` puts this folder on the path, so each process begins with it.
"""

import os
import signal
import sys
import sysconfig

LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))


def take(module, *names):
    """Have a module without some names, as far as skdigits and its tests can see.

    Libraries keep them: they ask which system this is, and on Linux they need them.
    """
    taken = {name: vars(module).pop(name) for name in names}

    def __getattr__(name):
        user = sys._getframe(1).f_code.co_filename
        if name in taken and user.startswith(LIBRARIES):
            return taken[name]
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    module.__getattr__ = __getattr__


take(os, "O_TMPFILE", "fchmod", "link", "sched_getaffinity")
take(signal, "SIGKILL")

if "PROCFS" in os.environ:  # where /proc is instead
    import psutil

    psutil.PROCFS_PATH = os.environ["PROCFS"]
