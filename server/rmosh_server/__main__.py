"""`python -m rmosh_server`, the same as the command `rmosh-server`."""

import sys

from .cli import main

sys.exit(main())
