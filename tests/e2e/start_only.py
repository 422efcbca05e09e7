"""The real `rmosh` command, except that it shows how the session was started instead of running it."""

import sys

from rmosh_client import cli
from rmosh_client.bootstrap.request import Started


async def show(started: Started, **_options: object) -> int:
    print("STARTED", started.announce.port, " ".join(started.addresses))
    if "status" in sys.argv[-1]:
        print("STATUS", await started.ask_again())
    return 0


cli.run_started = show
sys.exit(cli.main())
