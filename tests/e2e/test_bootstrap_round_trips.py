"""How many network round trips a login takes: counted with a relay that delays a real sshd."""

import asyncio
import contextlib
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rmosh_client.bootstrap import early_command, shortcuts
from rmosh_client.bootstrap.request import Launch, Request
from rmosh_client.bootstrap.start import start
from tests.e2e.sshd import Sshd
from tests.e2e.stand_ins import ANSWER_HELLO, Agent

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

#: Seconds each way; far more than either end needs to answer, so that flights do not run into each other.
DELAY = 0.1

#: Seconds within which what the client sends counts as one flight; the next one is two delays away at least.
ONE_FLIGHT = 1.5 * DELAY


class FlightCounter:
    """A TCP relay that delays both ways and counts the client's flights.

    Connecting onward waits for one delay too: a server far away hears of a connection only then.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._flights = 0
        self._flight_began = float("-inf")
        self._answered = 0

    @property
    def round_trips(self) -> int:
        """Flights that had an answer, and the one round trip of TCP's own handshake."""
        return self._answered + 1

    async def __aenter__(self) -> "FlightCounter":
        self._served = asyncio.Event()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_failure: object) -> None:
        self._server.close()
        await self._served.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(DELAY)
        onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(self._carry(reader, onward_writer, "client"), self._carry(onward_reader, writer, "server"))
        self._served.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, speaker: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            while data := await reader.read(65536):
                if speaker == "client" and loop.time() > self._flight_began + ONE_FLIGHT:
                    self._flights += 1
                    self._flight_began = loop.time()
                loop.call_later(DELAY, self._deliver, writer, data, speaker)
            await asyncio.sleep(DELAY)
        except ConnectionError:
            pass  # the other side was quicker to end than we to read
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def _deliver(self, writer: asyncio.StreamWriter, data: bytes, speaker: str) -> None:
        if speaker == "server":
            self._answered = self._flights
        writer.write(data)


class Answer:
    """Answers every question alike; None for nobody there."""

    def __init__(self, answer: str | None) -> None:
        self._answer = answer

    def ask(self, question: str, *, echo: bool) -> str | None:
        return self._answer


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A stand-in that only announces."""
    script = tmp_path / "announcer"
    script.write_text(f"#!/bin/sh\n{ANSWER_HELLO}\n")
    script.chmod(0o755)
    return script


@pytest.fixture
def round_trips(sshd: Sshd, server: Path) -> Callable[..., int]:
    """Counts a login's round trips: `round_trips(configuration lines...)`."""

    def count(*lines: str, own_key: bool = True, answer: str | None = None, **wishes: Any) -> int:
        async def login() -> int:
            async with FlightCounter(sshd.port) as relay:
                config = sshd.configure("HostKeyAlias counted", *lines, own_key=own_key)
                request = replace(Request("box", (f"Port={relay.port}",), str(config), server=str(server)), **wishes)
                launched = await start(request, prompts=Answer(answer))
                assert isinstance(launched, Launch)
                round_trips = relay.round_trips
                await launched.login.end()
                return round_trips

        return asyncio.run(login())

    sshd.trust_host_key(name="counted")
    return count


def test_login_with_a_key_takes_four_round_trips_to_the_announce_line(round_trips: Callable[..., int]) -> None:
    assert round_trips() == 4


def test_sending_the_server_takes_one_round_trip_more(round_trips: Callable[..., int]) -> None:
    if shutil.which("rmosh-server", path="/usr/bin:/bin:/usr/local/bin:/opt/bin"):
        pytest.skip("this machine has an rmosh-server of its own, which would be found")
    assert round_trips(server=None, sends_server=True, command=("true",)) == 5


def test_login_without_the_shortcuts_takes_nine_round_trips(
    round_trips: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shortcuts, "fits", lambda: False)
    assert round_trips() == 9


def test_login_takes_six_round_trips_where_the_server_may_not_be_hurried(
    round_trips: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(early_command, "_OPENSSH", re.compile(b"SSH-2.0-Another"))
    assert round_trips() == 6


def test_each_key_that_the_server_refuses_costs_one_round_trip(
    round_trips: Callable[..., int], make_key: Callable[..., Path]
) -> None:
    assert round_trips(f"IdentityFile {make_key('other')}") == 7


def test_the_only_key_of_an_agent_is_offered_before_it_signs(
    round_trips: Callable[..., int], sshd: Sshd, agent: Agent
) -> None:
    agent.add(sshd.user_key)
    assert round_trips(f"IdentityAgent {agent.environment['SSH_AUTH_SOCK']}", "IdentitiesOnly no", own_key=False) == 5


def test_several_keys_of_an_agent_are_offered_before_one_signs(
    round_trips: Callable[..., int], sshd: Sshd, agent: Agent, make_key: Callable[..., Path]
) -> None:
    agent.add(sshd.user_key)
    agent.add(make_key("other"))
    assert round_trips(f"IdentityAgent {agent.environment['SSH_AUTH_SOCK']}", "IdentitiesOnly no", own_key=False) == 5


def test_a_locked_key_is_offered_before_anybody_is_asked_to_open_it(
    round_trips: Callable[..., int], make_key: Callable[..., Path], sshd: Sshd
) -> None:
    locked = make_key("locked", passphrase="x")
    sshd.authorize(locked)
    assert round_trips(f"IdentityFile {locked}", own_key=False, answer="x") == 5
