"""What a running tunnel answers to its own user on the host: how it is, one more way in for its client, its end."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from rmosh.session.tunnel_server import TunnelContact, TunnelServer
from rmosh_server.desk.questions import (
    BadQuestion,
    ChannelTaker,
    Facts,
    LetGo,
    add_path,
    answer_release,
    is_there,
    let_go_of_nothing,
)
from rmosh_server.sockets.passing import PassedDescriptors

#: What stands for the program where sessions are listed; older versions show it as it is.
SHOWN_AS: Final = "(a tunnel)"


class TunnelDesk:
    """Answers for one tunnel."""

    def __init__(
        self,
        facts: Facts,
        core: TunnelServer,
        *,
        ssh_paths: ChannelTaker,
        end: Callable[[str, float], None],
        release: LetGo = let_go_of_nothing,
        unsent: Callable[[], int],
        network: Callable[[], str],
    ) -> None:
        """Take over; see `Desk`."""
        self._facts = facts
        self._core = core
        self._ssh_paths = ssh_paths
        self._end = end
        self._let_go = release
        self._unsent = unsent
        self._network = network

    def answer(
        self, question: Mapping[str, Any], passed: PassedDescriptors | None = None, *, now: float
    ) -> dict[str, Any]:
        """Return the answer to one question; `{"error": why}` to a bad one."""
        try:
            return self._answer(question, PassedDescriptors() if passed is None else passed, now)
        except BadQuestion as bad:
            return {"error": str(bad)}

    def _answer(self, question: Mapping[str, Any], passed: PassedDescriptors, now: float) -> dict[str, Any]:
        if self._core.is_ending:
            raise BadQuestion("the tunnel is ending")
        wanted = question.get("do")
        if wanted == "describe":
            return self._describe(now)
        if wanted == "path":
            return add_path(question, passed, self._clients(), self._ssh_paths, now=now)
        if wanted == "release":
            return answer_release(question, self._let_go)
        if wanted == "kill":
            self._end("it was ended by `rmosh kill`", now)
            return {"killed": True}
        raise BadQuestion("it is a tunnel, without a terminal: its client has it for itself")

    def _clients(self) -> list[bytes]:
        return [] if self._core.client is None else [self._core.client.session_id]

    def _describe(self, now: float) -> dict[str, Any]:
        client = self._core.client
        clients = [] if client is None else [_client(client, now=now)]
        return {
            "id": self._facts.session_id.hex(),
            "name": "",
            "tunnel": True,
            "pid": os.getpid(),
            "started": self._facts.started,
            "command": SHOWN_AS,
            "streams": sum(len(streams) for _, streams in self._core.streams()),
            "dropped": dict(self._core.dropped),
            "unsent": self._unsent(),
            "network": self._network(),
            "attached": any(client["here"] for client in clients),
            "clients": clients,
        }


def _client(client: TunnelContact, *, now: float) -> dict[str, Any]:
    heard_at = client.attached_at if client.heard_at is None else client.heard_at
    return {
        "id": client.session_id.hex(),
        "name": client.name,
        "here": is_there(heard_at, now=now),
        "path": None if client.path is None else "ssh" if client.path.is_stream else "udp",
        "since": round(time.time() - (now - client.attached_at)),
        "unheard": round(now - heard_at, 1),
    }
