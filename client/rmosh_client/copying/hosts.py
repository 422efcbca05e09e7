"""The hosts of a copy: each is reached by an `rmosh -s HOST sftp` of its own, as scp has its ssh."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Sequence
from typing import Final

from rmosh_client.copying.remote_tree import RemoteTree
from rmosh_client.copying.tree import NotCopied

#: How long an `rmosh` gets to end by itself once all is copied, in seconds. Reason: it tells its server, which takes a
#: round trip of the slowest link; nobody else waits for it.
_END_WITHIN: Final = 3.0

#: Most bytes kept of what a host says before they are read. Reason: what is asked of it at a time is more, but asyncio
#: stops reading at twice this, and each stop costs.
_READ_AHEAD: Final = 1 << 20


class Unreached(NotCopied):
    """A host could not be reached, which its `rmosh` has told the user.

    Attributes:
        status: what that ended with.
    """

    def __init__(self, host: str, status: int) -> None:
        super().__init__(f"{host} could not be reached")
        self.status = status


class Hosts:
    """Those that were asked for, each once."""

    def __init__(self, command: Sequence[str]) -> None:
        """Begin without any.

        Args:
            command: starts `rmosh` with the user's options; what follows is a host.
        """
        self._command = tuple(command)
        self._trees: dict[str, RemoteTree] = {}
        self._processes: list[asyncio.subprocess.Process] = []

    async def tree(self, host: str) -> RemoteTree:
        """Return the files of a host.

        Raises:
            Unreached: it could not be reached.
        """
        if host not in self._trees:
            self._trees[host] = await self._reach(host)
        return self._trees[host]

    async def _reach(self, host: str) -> RemoteTree:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                "-o",
                "ClearAllForwardings=yes",
                "-s",
                "--",
                host,
                "sftp",
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
            )
        self._processes.append(process)
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=_READ_AHEAD)
        try:
            return await RemoteTree.begin(host, reader, writer)
        except NotCopied as failure:
            writer.close()
            raise Unreached(host, await process.wait()) from failure

    async def close(self) -> None:
        """Let all of them go."""
        for tree in self._trees.values():
            await tree.close()
        for process in self._processes:
            with contextlib.suppress(asyncio.TimeoutError, ProcessLookupError):
                await asyncio.wait_for(process.wait(), _END_WITHIN)
            if process.returncode is None:
                process.terminate()


def own_command() -> list[str]:
    """Return what starts `rmosh` as this process was started."""
    return [sys.executable, "-m", "rmosh_client"]
