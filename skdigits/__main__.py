"""Start of the command line, for ``python -m skdigits``."""

import sys

from ._cli.main import main

if __name__ == "__main__":
    sys.exit(main())
