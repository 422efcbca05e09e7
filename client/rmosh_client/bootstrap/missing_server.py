"""Sends the server to a host that wants it, in the channel where it said so: one round trip, and nothing on its disk.

Whatever prints there that a server is wanted gets one: it holds nothing secret.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from rmosh.errors import BootstrapError, Stage
from rmosh.hello import Hello
from rmosh_client.bootstrap.background import in_background
from rmosh_client.bootstrap.remote_command import hello_input
from rmosh_client.bootstrap.request import Request
from rmosh_client.bootstrap.sending_progress import SendingProgress
from rmosh_client.bootstrap.server_search import ServerSearch
from rmosh_client.bootstrap.told_hosts import is_first_time
from rmosh_client.injection.archive import PackedServer, packed_server
from rmosh_client.injection.stage_one import sent

#: Digits of the hash in the name of what is kept on a host. Reason: enough that no two builds share it.
_ID_DIGITS: Final = 16

#: Seconds without a word of sh until the input ends. Reason: a forced command or a menu may read on to the end of it,
#: and a login script seldom takes as long; where one does, the command is run again.
SHELL_PATIENCE: Final = 10.0


class FarInput(Protocol):
    """The standard input of what runs there: asyncssh's and asyncio's writers."""

    def write(self, data: bytes, /) -> None: ...
    def write_eof(self) -> None: ...


def name_to_keep(environ: "os._Environ[str]") -> str:
    """Return what the server of this client is called where a host keeps it.

    Raises:
        BootstrapError: its sources are not there.
    """
    packed = _packed(environ)
    return f"{packed.version}-{packed.sha256[:_ID_DIGITS]}"


class MissingServer:
    """What is done about one command whose server may be missing."""

    def __init__(self, request: Request, host: str, hello: Hello | None, *, say: Callable[[str], None]) -> None:
        """Begin.

        Args:
            host: as the user calls it.
            hello: what the server reads first; None where it reads nothing.
        """
        self._host = host
        self._hello = hello
        self._say = say
        self._keeps = bool(request.keep_server_as)
        self._may_want_more = request.server is None and request.sends_server
        self._is_answered = False
        self._says_kept = True
        self._progress: asyncio.Task[None] | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._ended_early = False

    def await_shell(self, far_input: FarInput | None) -> None:
        """End the input of what keeps silent about being sh."""
        if self._patience is None and far_input is not None:
            self._patience = asyncio.get_running_loop().call_later(SHELL_PATIENCE, self._end_input, far_input)

    def _end_input(self, far_input: FarInput) -> None:
        self._ended_early = True
        with contextlib.suppress(OSError):
            far_input.write_eof()

    async def answer(self, search: ServerSearch, far_input: FarInput | None, left: Callable[[], int]) -> None:
        """Give the far side what it wants by now; called after each of its words.

        Args:
            left: tells how many bytes of it have not arrived yet, as far as that can be known.

        Raises:
            BootstrapError: the server cannot run there.
        """
        self.stop()
        if search.shell_ran and self._patience is not None:
            self._patience.cancel()
        self._tell_kept(search)
        if self._ended_early:
            search.missed_it = search.wanted is not None
            return
        if not self._may_want_more or self._is_answered or far_input is None:
            return
        if search.wanted is not None:
            self._is_answered = True
            search.wanted.require_fit()
            packed = await asyncio.wrap_future(
                in_background(partial(_packed, os.environ, packing=search.wanted.packing()))
            )
            self._tell_sending(len(packed.data), search.damaged)
            self._write(far_input, sent(packed) + (b"" if self._hello is None else hello_input(self._hello)))
            self._progress = asyncio.ensure_future(SendingProgress(self._host, len(packed.data)).show(left))
        elif search.server:
            self._is_answered = True
            self._write(far_input, b"")

    def stop(self) -> None:
        """Show no more of how the sending goes."""
        if self._progress is not None:
            self._progress.cancel()
            self._progress = None

    def _write(self, far_input: FarInput, data: bytes) -> None:
        """Give it; where the command has ended, its own words say why."""
        with contextlib.suppress(OSError):
            far_input.write(data)
            if self._hello is None or not self._hello.stream:
                far_input.write_eof()

    def _tell_sending(self, size: int, damaged: str) -> None:
        if damaged:
            keeping = "which it keeps" if self._keeps else "for this session; --install repairs it"
            self._say(f"rmosh: {damaged} on {self._host} is damaged: sending another ({size // 1000} kB), {keeping}")
            return
        if not is_first_time(os.environ, self._host):
            return
        keeping = "which it keeps" if self._keeps else "for this session; --install keeps it there"
        self._say(
            f"rmosh: {self._host} has no rmosh-server: sending one ({size // 1000} kB), {keeping};"
            " --no-inject refuses (said once per host)"
        )

    def _tell_kept(self, search: ServerSearch) -> None:
        if not self._says_kept or not (search.kept or search.not_kept):
            return
        self._says_kept = False
        if search.kept:
            self._say(f"rmosh: {self._host} keeps rmosh-server in {search.kept}")
        else:
            self._say(f"rmosh: {self._host} cannot keep rmosh-server, this session goes on: {search.not_kept}")


def _packed(environ: "os._Environ[str]", packing: str | None = None) -> PackedServer:
    try:
        return packed_server(environ) if packing is None else packed_server(environ, packing=packing)
    except OSError as error:
        raise BootstrapError(
            Stage.SERVER_MISSING,
            f"rmosh-server is missing there, and cannot be sent: {error}",
            hint="install rmosh anew here (pipx install --force .), or on the host",
        ) from error
