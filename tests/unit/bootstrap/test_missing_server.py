"""What is sent to a host that says it has no server, and when its input ends."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from rmosh.errors import BootstrapError
from rmosh.hello import Hello, new_hello
from rmosh_client.bootstrap import missing_server
from rmosh_client.bootstrap.missing_server import MissingServer
from rmosh_client.bootstrap.remote_command import hello_input
from rmosh_client.bootstrap.request import Request
from rmosh_client.bootstrap.sending_progress import SendingProgress
from rmosh_client.bootstrap.server_search import ServerSearch
from rmosh_client.injection.archive import packed_server
from rmosh_client.injection.stage_one import sent

HELLO = new_hello(entropy=bytes(16))
SENDING = Request("box", sends_server=True)
WANTED = b"RMOSH-WANTED python=3.9.2 missing="


class FarInput:
    """The standard input of a far command, and whether it has ended."""

    def __init__(self) -> None:
        self.got = b""
        self.has_ended = False

    def write(self, data: bytes) -> None:
        assert not self.has_ended
        self.got += data

    def write_eof(self) -> None:
        self.has_ended = True


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, packed_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    cache = tmp_path_factory.mktemp("cache") / "own"
    monkeypatch.setenv("XDG_CACHE_HOME", str(shutil.copytree(packed_cache, cache)))
    return []


def answered(
    said: list[str], *lines: bytes, hello: Hello | None = HELLO, request: Request = SENDING
) -> tuple[FarInput, ServerSearch]:
    """Return what a far side that says these lines gets."""

    async def converse() -> tuple[FarInput, ServerSearch]:
        missing, far, search = MissingServer(request, "box", hello, say=said.append), FarInput(), ServerSearch()
        for line in lines:
            search.take(line)
            await missing.answer(search, far, lambda: 0)
        missing.stop()
        return far, search

    return asyncio.run(converse())


@pytest.mark.slow
@pytest.mark.parametrize("hello", [HELLO, None])
def test_the_server_and_the_hello_again_are_what_a_host_gets_that_wants_it_and_once(
    said: list[str], hello: Hello | None
) -> None:
    far, _ = answered(said, WANTED, WANTED, b"anything", hello=hello)
    assert far.got == sent(packed_server(os.environ)) + (b"" if hello is None else hello_input(hello))
    assert far.has_ended
    assert len(said) == 1
    assert "--no-inject" in said[0]


@pytest.mark.slow
def test_a_host_whose_kept_server_is_damaged_is_sent_another_and_its_user_told_each_time(said: list[str]) -> None:
    for _ in range(2):
        far, _ = answered(said, b"RMOSH-DAMAGED /home/a/kept.pyz", WANTED)
        assert far.got == sent(packed_server(os.environ)) + hello_input(HELLO)
    assert len(said) == 2
    assert "/home/a/kept.pyz on box is damaged: sending another" in said[0]
    assert "--install repairs it" in said[0]


@pytest.mark.parametrize("streams", [False, True])
def test_a_host_with_a_server_gets_nothing_and_the_end_of_its_input_where_that_does_not_go_on(
    said: list[str], streams: bool
) -> None:
    hello = new_hello(entropy=bytes(16), stream=streams)
    far, _ = answered(said, b"RMOSH-SHELL", b"RMOSH-SERVER /usr/bin/rmosh-server", WANTED, hello=hello)
    assert (far.got, far.has_ended, said) == (b"", not streams, [])


@pytest.mark.parametrize("request_", [Request("box"), Request("box", server="/opt/rmosh-server", sends_server=True)])
def test_nothing_is_sent_unasked(said: list[str], request_: Request) -> None:
    assert answered(said, WANTED, request=request_)[0].got == b""


def test_nothing_is_sent_to_a_python_that_is_too_old_for_it(said: list[str]) -> None:
    with pytest.raises(BootstrapError, match=r"3\.6\.8"):
        answered(said, b"RMOSH-WANTED python=3.6.8 missing=")


def test_the_input_ends_for_what_is_no_shell_and_a_late_one_is_worth_another_try(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missing_server, "SHELL_PATIENCE", 0.0)

    async def wait() -> None:
        missing, far, search = (
            MissingServer(SENDING, "box", HELLO, say=print),
            FarInput(),
            ServerSearch(),
        )
        missing.await_shell(far)
        await asyncio.sleep(0.01)
        assert far.has_ended
        search.take(WANTED)
        await missing.answer(search, far, lambda: 0)
        assert search.missed_it
        assert far.got == b""

    asyncio.run(wait())


@pytest.mark.parametrize(
    ("arrived", "bar"),
    [(0, "....................  0"), (75_500, "##########..........  75"), (151_000, "####################  151")],
)
def test_progress_is_told_in_whole_kilobytes(arrived: int, bar: str) -> None:
    bar, _, kilobytes = bar.partition("  ")
    line = SendingProgress("box", 151_000).line(arrived)
    assert line == f"rmosh: sending rmosh-server to box [{bar}] {kilobytes} of 151 kB"
