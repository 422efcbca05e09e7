"""`python -m rmosh_netem` is rmosh-netem."""

import sys

from .cli import main

sys.exit(main())
