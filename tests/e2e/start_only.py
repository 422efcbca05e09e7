"""The real `rmosh` command, except that it shows how the session was started instead of running it."""

import select
import sys
from collections.abc import Callable
from dataclasses import replace

from rmosh.traits import Traits
from rmosh_client.bootstrap.request import Started
from rmosh_client.command import cli
from rmosh_client.login.messages import ErrandKind
from rmosh_client.login.process import LoginProcess
from rmosh_client.reaching.login_watch import LoginWatch


class NobodyAsked:
    """An introduction of no terminal."""

    def begin(self, loop: object) -> None: ...
    def make_way(self) -> None: ...
    def take_back(self) -> None: ...
    def finish(self) -> None: ...

    def tell(self, login: Callable[[Traits | None], None]) -> None:
        login(None)


def show(login: LoginProcess, *_: object) -> None:
    started = LoginWatch(login, NobodyAsked()).run()
    assert isinstance(started, Started)
    print("STARTED", started.announce.port, " ".join(started.addresses), flush=True)
    if sys.argv[-1] == "status":
        asking = LoginProcess(replace(login.errand, kind=ErrandKind.FATE, session_id=started.announce.session_id))
        while not asking.is_over:
            select.select([asking], [], [])
            for told in asking.take():
                print("STATUS", told)
        asking.close()
    login.close()
    sys.exit(0)


cli.hand_over = show  # type: ignore[assignment, attr-defined]  # it needs no terminal
sys.exit(cli.main())
