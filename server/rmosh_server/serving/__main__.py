"""What a serving process runs, and nothing else does: `rmosh-server -S -m rmosh_server.serving DESCRIPTOR`."""

import sys

from rmosh_server.process.deferred import defer

defer("inspect")

from rmosh_server.serving.main import main  # noqa: E402 - what it imports shall not load what was deferred

main(int(sys.argv[1]))
