"""What a session's process has loaded: nothing of the SSH library, nor what that needs."""

import subprocess
import sys

#: Libraries that a login needs and a session does not.
LOGINS_ALONE = ("asyncio", "asyncssh", "cryptography", "uvloop", "ssl", "subprocess")

#: All modules that the command has loaded when a session runs, by what imports them first.
LOAD = """
import sys
import rmosh_client.__main__, rmosh_client.command.cli
import rmosh_client.running.app, rmosh_client.running.assembly, rmosh_client.typing.escape
print(*sorted(name for name, module in sys.modules.items() if module is not None))
"""


def test_a_session_loads_no_ssh_library() -> None:
    loaded = subprocess.run([sys.executable, "-c", LOAD], check=True, capture_output=True, text=True).stdout.split()
    assert "rmosh_client.running.driver" in loaded
    assert [name for name in loaded if name.partition(".")[0] in LOGINS_ALONE] == []
