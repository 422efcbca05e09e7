"""The real `rmosh` command, except that it shows how the session was started instead of running it."""

import argparse
import sys
from collections.abc import Awaitable, Callable

from rmosh_client.bootstrap import coroutines
from rmosh_client.bootstrap.asking import Asking, NobodyAsked
from rmosh_client.bootstrap.request import Started
from rmosh_client.command import cli


def show(
    starting: Callable[[Asking], Awaitable[Started]], _arguments: argparse.Namespace, *, demo: object = None
) -> int:
    async def start_and_show() -> None:
        started = await starting(NobodyAsked())
        print("STARTED", started.announce.port, " ".join(started.addresses))
        if sys.argv[-1] == "status":
            print("STATUS", await started.ask_again())

    coroutines.run(start_and_show())
    return 0


cli.run_in_terminal = show  # type: ignore[assignment]  # it starts no plain login
sys.exit(cli.main())
