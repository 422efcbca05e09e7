"""What both sides of the demo know: the words between them, and how the servers that it started are found."""

import contextlib
import os
import re
import signal
from pathlib import Path
from typing import Final

#: What the far side says once it listens; after that, a byte for each move of the client.
READY: Final = b"ready\n"
MOVED: Final = b"."

#: What it is told, a line each: to be as bad as it was asked to be, and to let nothing through for so many seconds.
WORSEN: Final = b"worsen\n"
BLACK_OUT: Final = b"black-out"

#: What rmosh-server reads its registry's place from; here also the mark by which our servers are found again.
REGISTRY: Final = "RMOSH_RUNTIME_DIR"

#: How the server's processes are told from the shell's, by their command lines.
_SERVER: Final = re.compile(rb"rmosh[_-]server")


def registry_of(directory: Path) -> str:
    """Return where the demo of a directory keeps its registry of sessions."""
    return os.fspath(directory / "registry")


def stop_servers(directory: Path) -> None:
    """End the servers of a demo whose client has vanished; the others have ended with their session."""
    mark = f"{REGISTRY}={registry_of(directory)}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            ours = mark in (process / "environ").read_bytes().split(b"\0")
            if ours and _SERVER.search((process / "cmdline").read_bytes()):
                os.kill(int(process.name), signal.SIGTERM)
