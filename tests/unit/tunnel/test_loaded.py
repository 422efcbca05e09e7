"""What a tunnel's processes have loaded: nothing of terminals, at either end."""

import subprocess
import sys

import pytest

#: Parts of names that only a terminal's process has.
TERMINALS = (
    "rmosh.terminal.", "rmosh.screen.", "rmosh.prediction", "rmosh_client.painting", "rmosh_client.showing",
    "rmosh_client.viewing", "rmosh_client.typing", "rmosh_client.running", "rmosh.session.server.",
)  # fmt: skip

LIBRARIES = ("asyncio", "asyncssh", "cryptography", "uvloop", "ssl", "wcwidth")


@pytest.mark.parametrize(
    "modules",
    [
        "rmosh_client.__main__, rmosh_client.command.cli, rmosh_client.command.tunnels, rmosh_client.tunnel.command",
        "rmosh_server.serving.tunnel",
    ],
)
def test_a_tunnel_loads_no_terminal(modules: str) -> None:
    program = f"import sys\nimport {modules}\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert "rmosh.channels.streams.streams" in loaded
    assert [name for name in loaded if f"{name}.".startswith(TERMINALS)] == []
    assert [name for name in loaded if name.partition(".")[0] in LIBRARIES] == []
