"""How many network round trips a login takes: counted with a relay that delays a real sshd."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from rmosh_client.bootstrap import shortcuts
from rmosh_client.bootstrap.prompts import NoPrompts
from rmosh_client.bootstrap.request import Request
from rmosh_client.bootstrap.start import start

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

#: Seconds each way; far more than either end needs to answer, so that flights do not run into each other.
DELAY = 0.06


class FlightCounter:
    """A TCP relay that delays both ways and counts the client's flights: what it sends within one delay is one.

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
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                if speaker == "client" and loop.time() > self._flight_began + DELAY:
                    self._flights += 1
                    self._flight_began = loop.time()
                loop.call_later(DELAY, self._deliver, writer, data, speaker)
            await asyncio.sleep(DELAY)
            writer.close()
            await writer.wait_closed()

    def _deliver(self, writer: asyncio.StreamWriter, data: bytes, speaker: str) -> None:
        if speaker == "server":
            self._answered = self._flights
        writer.write(data)


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A stand-in that only announces."""
    script = tmp_path / "announcer"
    script.write_text(f"#!/bin/sh\necho RMOSH-ANNOUNCE 1 60001 0123456789abcdef {'A' * 43}=\n")
    script.chmod(0o755)
    return script


def count_round_trips(sshd, server: Path, *lines: str) -> int:
    async def count() -> int:
        async with FlightCounter(sshd.port) as relay:
            config = sshd.configure("HostKeyAlias counted", *lines)
            request = Request("box", (f"Port={relay.port}",), str(config), server=str(server))
            await start(request, prompts=NoPrompts())
            return relay.round_trips

    sshd.trust_host_key(name="counted")
    return asyncio.run(count())


def test_login_with_a_key_takes_six_round_trips_to_the_announce_line(sshd, server):
    assert count_round_trips(sshd, server) == 6


def test_login_without_the_shortcuts_takes_nine_round_trips(sshd, server, monkeypatch):
    monkeypatch.setattr(shortcuts, "fits", lambda: False)
    assert count_round_trips(sshd, server) == 9
