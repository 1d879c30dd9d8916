"""Run the command line as ``python -m danq``."""

import sys

from danq.cli import main

sys.exit(main())
