"""Versions of packages whose own behaviour differs in what a test looks at."""

import sklearn
from packaging.version import Version

SKLEARN = Version(sklearn.__version__)
