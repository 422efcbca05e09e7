"""What a session's process has loaded: nothing of the SSH library, nor what that needs, nor what is large."""

import subprocess
import sys

#: Libraries that a login needs and a session does not.
LOGINS_ALONE = ("asyncio", "asyncssh", "cryptography", "uvloop", "ssl", "subprocess")

#: What a session has no use for, by the MB that each takes with CPython 3.11: 1.4, 1.2, 1.2, 0.6, 0.4,
#: 0.3, 0.4, 0.3.
LARGE = ("dataclasses", "logging", "hashlib", "nacl.bindings", "stringprep", "shutil", "argparse", "ipaddress")

#: All modules that the interpreter of a session has loaded, by what imports them first.
LOAD = """
import sys
before = set(sys.modules)
from rmosh.lean_typing import stand_in_for_typing
stand_in_for_typing()
import rmosh_client.command.fresh_interpreter
import rmosh_client.running.app, rmosh_client.running.assembly, rmosh_client.typing.escape
import rmosh.transport.cryptography
rmosh.transport.cryptography.choose()
print(*sorted(name for name, module in sys.modules.items() if module is not None and name not in before))
"""


def test_a_session_loads_no_ssh_library_and_nothing_large_that_it_has_no_use_for() -> None:
    loaded = subprocess.run([sys.executable, "-c", LOAD], check=True, capture_output=True, text=True).stdout.split()
    assert "rmosh_client.running.driver" in loaded
    assert [name for name in loaded if name.partition(".")[0] in LOGINS_ALONE] == []
    assert [name for name in loaded if name in LARGE] == []


#: What a login loads.
LOAD_LOGIN = """
import sys
from rmosh_client.loading import loading_ssh
with loading_ssh():
    import rmosh_client.bootstrap.start
print(*sorted(name for name, module in sys.modules.items() if module is not None))
"""


def test_a_login_loads_the_ssh_library_without_certificates_that_ssh_does_not_know() -> None:
    run = [sys.executable, "-c", LOAD_LOGIN]
    loaded = subprocess.run(run, check=True, capture_output=True, text=True).stdout.split()
    assert "asyncssh.connection" in loaded
    assert [name for name in loaded if "x509" in name] == []
