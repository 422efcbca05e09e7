"""A bench's laboratory whose tool has no link at all: both of its ends are here."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from rmosh_netem.bench.drivers import Way
from rmosh_netem.bench.far_side import FarSide
from rmosh_netem.bench.laboratory import Laboratory
from rmosh_netem.bench.tools import Call, StreamingTool, Tool
from rmosh_netem.link import LinkModel

#: Stands for a tool's server: the parent of what runs at the far side, ended when that has ended.
SERVER = "import signal, subprocess, sys; signal.signal(2, signal.SIG_IGN); subprocess.run(sys.argv[1:])"


class NoLink:
    """A way over nothing: both ends are here."""

    host = "here"
    ssh_config = Path("config")

    def __init__(self) -> None:
        self.changes: list[tuple[LinkModel | None, LinkModel | None]] = []

    def client_command(self, words: Sequence[str]) -> list[str]:
        return list(words)

    def begin_again(self) -> None:
        pass

    def change(self, *, up: LinkModel | None = None, down: LinkModel | None = None) -> None:
        self.changes.append((up, down))

    def wire_bytes(self) -> tuple[int, int]:
        return 0, 0

    def wire_packets(self) -> tuple[int, int]:
        return 0, 0

    def udp_port(self, port: int, *, same: bool) -> int:
        return port


class Here(StreamingTool):
    """A remote shell to where it is: a forward is a link to its target."""

    name = "here"

    def command(self, call: Call) -> list[str]:
        for each in call.forwards:
            near, _, far = each.partition(":")
            Path(near).symlink_to(far)
        return [sys.executable, "-c", SERVER, *call.remote]

    def pipe(self, call: Call) -> list[str]:
        return ["sh", "-c", shlex.join(call.remote)]

    def copy(self, call: Call, source: str, target: str) -> list[str]:
        return ["cp", source.removeprefix("here:"), target.removeprefix("here:")]

    def version(self) -> str:
        return "1"


def laboratory(folder: Path, tool: Tool | None = None) -> Laboratory:
    return Laboratory(tool=tool or Here(), link=cast(Way, NoLink()), far_side=FarSide(folder, seed=1))
