"""Versions of packages that tests depend on."""

import sklearn
from packaging.version import Version

SKLEARN = Version(sklearn.__version__)
