"""What a serving process runs, and nothing else does: `rmosh-server -S -m rmosh_server.serve DESCRIPTOR`."""

import sys

from .deferred import defer

defer("inspect")

from .serving import main  # noqa: E402 - what it imports shall not load what was deferred

main(int(sys.argv[1]))
