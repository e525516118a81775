"""`python -m polc`."""

import sys

from polc.cli import main

sys.exit(main())
