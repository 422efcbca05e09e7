"""What both sides of the demo know: the words between them, and how the servers that it started are found."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

#: What the far side says once it listens; after that, a byte for each move of the client.
READY: Final = b"ready\n"
MOVED: Final = b"."

#: What it is told, a line each: to be as bad as it was asked to be, and to let nothing through for so many seconds.
WORSEN: Final = b"worsen\n"
BLACK_OUT: Final = b"black-out"

#: What rmosh-server reads its registry's place from.
_REGISTRY: Final = "RMOSH_RUNTIME_DIR"

#: How long sessions may take to say that they are there, in seconds. Reason: rmosh-server waits 5 s for one that is
#: stopped.
_LISTING_TIMEOUT: Final = 10.0


def server_environment(directory: Path, more: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """Return what a server of the demo of a directory finds: our rmosh-server first, and a registry of its own."""
    environment = os.environ | more | {_REGISTRY: os.fspath(registry_of(directory))}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment.get('PATH', os.defpath)}"
    return environment


def registry_of(directory: Path) -> Path:
    """Return where the demo of a directory keeps its registry of sessions."""
    return directory / "registry"


def stop_servers(directory: Path) -> None:
    """End the servers of a demo whose client has vanished; the others have ended with their session."""
    if not registry_of(directory).exists():
        return
    environment = server_environment(directory)
    server = shutil.which("rmosh-server", path=environment["PATH"]) or "rmosh-server"
    with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
        listed = subprocess.run(  # noqa: S603 - what the demo itself has started sessions with
            [server, "ls", "--json"], env=environment, capture_output=True, timeout=_LISTING_TIMEOUT, check=True
        )
        for session in json.loads(listed.stdout):
            with contextlib.suppress(ProcessLookupError, KeyError):  # one that does not answer does not say its own
                os.kill(session["pid"], signal.SIGTERM)
