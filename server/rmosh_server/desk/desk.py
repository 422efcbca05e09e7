"""What a running session answers to its own user on the host: how it is, a place for one more client, its end.

Questions and answers are JSON objects (`control_message.py`): `{"do": "describe"}` and the like. What is asked by a
process of the same user is not hostile, but may be of another version: it is checked as if it were.
"""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from rmosh import PROTOCOL_VERSION
from rmosh.announce import SECRET_BYTES, SESSION_ID_BYTES, format_announce, new_announce
from rmosh.compression import Compression
from rmosh.errors import BootstrapError, Malformed, UsageError
from rmosh.hello import MAX_VERSIONS, choose_version, parse_traits
from rmosh.lazy_dataclass import replace
from rmosh.session.attachment import Guest
from rmosh.session.server import AttachmentStatus, ServerSession
from rmosh.terminal.cells import MAX_COLUMNS, MAX_ROWS
from rmosh.traits import Traits
from rmosh_server.desk.questions import (
    BadQuestion,
    ChannelTaker,
    Facts,
    LetGo,
    add_path,
    answer_release,
    channel,
    is_there,
    let_go_of_nothing,
    number,
    text,
)
from rmosh_server.plain_text import client_name
from rmosh_server.shell.foreground import foreground_command
from rmosh_server.sockets.passing import PassedDescriptors
from rmosh_server.sockets.ssh_channel import SshChannel


class Doors(Protocol):
    """What the host keeps of a session's clients; `serving/presence.py` has it."""

    def client_came(self, client: bytes, *, wants_trace: bool, now: float) -> str:
        """Let a client's id stand for the session in `rmosh-server status`.

        Returns:
            the path of the file that it is traced into, "" where it is not.
        """

    def trace_client(self, client: bytes, *, on: bool, now: float) -> str:
        """Trace a client from now on, or no longer; return the path of the file, "" where there is none."""


class Desk:
    """Answers for one session."""

    def __init__(
        self,
        facts: Facts,
        core: ServerSession,
        *,
        terminal: int,
        doors: Doors,
        ssh_paths: ChannelTaker,
        end: Callable[[str, float], None],
        release: LetGo = let_go_of_nothing,
        unsent: Callable[[], int] = lambda: 0,
        network: Callable[[], str] = str,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Take over.

        Args:
            unsent: returns how many datagrams this host refused to send.
            network: returns what tells the network of its UDP port from other containers', "" where nobody knows.
            terminal: descriptor of the PTY, to see what runs in it.
            ssh_paths: take the SSH channels that are passed.
            end: hangs the session up, for a reason, at a moment.
            release: lets go of where a client listens that is gone.
        """
        self._facts = facts
        self._core = core
        self._terminal = terminal
        self._doors = doors
        self._ssh_paths = ssh_paths
        self._end = end
        self._let_go = release
        self._unsent = unsent
        self._network = network
        self._entropy = entropy

    def answer(
        self, question: Mapping[str, Any], passed: PassedDescriptors | None = None, *, now: float
    ) -> dict[str, Any]:
        """Return the answer to one question; `{"error": why}` to a bad one."""
        passed = PassedDescriptors() if passed is None else passed
        deeds: dict[str, Callable[[Mapping[str, Any], float], dict[str, Any]]] = {
            "describe": self._describe,
            "attach": lambda question, now: self._attach(question, passed, now),
            "path": lambda question, now: self._add_path(question, passed, now),
            "detach": self._detach,
            "kill": self._kill,
            "trace": self._trace,
            "release": lambda question, _: answer_release(question, self._let_go),
        }
        deed = deeds.get(str(question.get("do", "")))
        try:
            if self._core.is_ending:
                raise BadQuestion("the session is ending")
            if deed is None:
                raise BadQuestion(f"this version answers {', '.join(deeds)}, nothing else")
            return deed(question, now)
        except BadQuestion as bad:
            return {"error": str(bad)}

    def _describe(self, _: Mapping[str, Any], now: float) -> dict[str, Any]:
        frame = self._core.screen
        attachments = self._core.attachments
        return {
            "id": self._facts.session_id.hex(),
            "name": self._facts.name,
            "pid": os.getpid(),
            "started": self._facts.started,
            "typed": round(time.time() - (now - self._core.typed_at)),
            "size": [len(frame.rows), frame.columns],
            "title": frame.title,
            "command": foreground_command(self._terminal),
            "history": frame.history,
            "dropped": dict(self._core.dropped),
            "unsent": self._unsent(),
            "network": self._network(),
            "attached": any(_is_there(status, now=now) for status in attachments),
            "clients": [_client(status, now=now) for status in attachments],
        }

    def _attach(self, question: Mapping[str, Any], passed: PassedDescriptors, now: float) -> dict[str, Any]:
        guest = Guest(
            rows=number(question, "rows", limit=MAX_ROWS),
            columns=number(question, "columns", limit=MAX_COLUMNS),
            name=client_name(text(question, "name")),
            read_only=question.get("read_only") is True,
            compression=_compression(question),
            obscures_typing=question.get("obscure_typing") is True,
            login_host=client_name(text(question, "login_host")),
            traits=_traits(question),
            streams=question.get("streams") is True,
        )
        version, nonce = _version(question), text(question, "stream")
        if question.get("detach_others") is True:
            self._send_away(f"{guest.name or 'another client'} has taken the session over", now=now)
        entropy = self._entropy(SESSION_ID_BYTES + SECRET_BYTES)
        timeout = self._facts.client_timeout
        announce = new_announce(port=self._facts.port, entropy=entropy, version=version, client_timeout=timeout)
        try:
            self._core.attach(announce, guest, now=now)
        except UsageError as error:  # once in some 10^13 times
            raise BadQuestion(f"{error}; attach again") from error
        trace = self._doors.client_came(announce.session_id, wants_trace=question.get("trace") is True, now=now)
        ends = channel(nonce, passed)
        if ends is not None:
            self._ssh_paths.adopt(SshChannel(ends, follows_line=False), announce.session_id, now=now)
        told = format_announce(replace(announce, trace=trace, stream=ends is not None, streams=guest.speaks_streams))
        announce.forget_secret()
        return {"announce": told}

    def _add_path(self, question: Mapping[str, Any], passed: PassedDescriptors, now: float) -> dict[str, Any]:
        clients = [status.session_id for status in self._core.attachments]
        return add_path(question, passed, clients, self._ssh_paths, now=now)

    def _detach(self, question: Mapping[str, Any], now: float) -> dict[str, Any]:
        wanted = text(question, "client")
        message = "detached by `rmosh detach`"
        if wanted == "all":
            return {"detached": self._send_away(message, now=now)}
        chosen = [status for status in self._core.attachments if _is_meant(status, wanted)]
        for status in chosen:
            self._core.detach(status.session_id, message=message, now=now)
        return {"detached": len(chosen)}

    def _send_away(self, message: str, *, now: float) -> int:
        attachments = self._core.attachments
        for status in attachments:
            self._core.detach(status.session_id, message=message, now=now)
        return len(attachments)

    def _trace(self, question: Mapping[str, Any], now: float) -> dict[str, Any]:
        on = question.get("on") is not False
        clients = [status.session_id for status in self._core.attachments]
        files = [self._doors.trace_client(client, on=on, now=now) for client in clients]
        return {"traces": [file for file in files if file]}

    def _kill(self, _: Mapping[str, Any], now: float) -> dict[str, Any]:
        self._end("it was ended by `rmosh kill`", now)
        return {"killed": True}


def _is_meant(status: AttachmentStatus, wanted: str) -> bool:
    """Tell whether a client is the one that was named, or the typist where none was."""
    return status.session_id.hex() == wanted if wanted else status.leads


def _is_there(status: AttachmentStatus, *, now: float) -> bool:
    return is_there(status.attached_at if status.heard_at is None else status.heard_at, now=now)


def _client(status: AttachmentStatus, *, now: float) -> dict[str, Any]:
    heard_at = status.attached_at if status.heard_at is None else status.heard_at
    return {
        "id": status.session_id.hex(),
        "name": status.guest.name,
        "size": list(status.window),
        "read_only": status.guest.read_only,
        "leads": status.leads,
        "here": _is_there(status, now=now),
        "path": None if status.path is None else "ssh" if status.path.is_stream else "udp",
        "since": round(time.time() - (now - status.attached_at)),
        "idle": round(now - status.typed_at, 1),
        "unheard": round(now - heard_at, 1),
    }


def _version(question: Mapping[str, Any]) -> int:
    """Return the version to speak with the client of those that it speaks; who names none speaks ours."""
    versions = question.get("versions", [PROTOCOL_VERSION])
    if not isinstance(versions, list) or len(versions) > MAX_VERSIONS or not all(type(v) is int for v in versions):
        raise BadQuestion(f"versions is {versions!r}, not a list of numbers")
    try:
        return choose_version(versions)
    except BootstrapError as error:
        raise BadQuestion(f"{error}; {error.hint}") from error


def _traits(question: Mapping[str, Any]) -> Traits | None:
    try:
        return parse_traits(text(question, "terminal"))
    except Malformed as error:
        raise BadQuestion(str(error)) from error


def _compression(question: Mapping[str, Any]) -> Compression:
    try:
        return Compression(question.get("compress", Compression.LAYOUT.value))
    except ValueError:
        raise BadQuestion(f"compress is {question['compress']!r}, not one of no, layout, all") from None
