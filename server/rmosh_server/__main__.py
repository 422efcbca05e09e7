"""`python -m rmosh_server`, the same as the command `rmosh-server`."""

import sys

from rmosh_server.cli import main

sys.exit(main())
