"""Another program of the same user, such as a debugger, reads neither end's memory; what they start is not changed."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rmosh_client.reaching.dumps import CoreLimit
from tests.patience import PATIENCE

ROOTS = os.pathsep.join(str(Path(__file__).parents[2] / place) for place in ("", "client", "server"))

#: Runs a program without root's right to look into every process.
AS_USER = ["setpriv", "--inh-caps", "-sys_ptrace", "--bounding-set", "-sys_ptrace"] if os.getuid() == 0 else []

HIDES = """
import subprocess, {module}
{module}.forbid_looks()
child = subprocess.Popen(["sleep", "60"])
print(child.pid, flush=True)
input()
child.kill()
"""


def may_look_into(process: int) -> bool:
    """Tell whether another process of the same user could: the kernel asks the same for this link as for the memory."""
    looking = [*AS_USER, "readlink", f"/proc/{process}/cwd"]
    return subprocess.run(looking, capture_output=True, timeout=PATIENCE).returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process forbid that")
@pytest.mark.skipif(os.getuid() == 0 and not shutil.which("setpriv"), reason="root sees all, and no setpriv to be less")
@pytest.mark.parametrize("module", ["rmosh_client.systems", "rmosh_server.systems"])
def test_a_process_that_forbids_looks_is_closed_to_its_own_user_and_what_it_starts_is_not(module: str) -> None:
    hidden = subprocess.Popen(
        [*AS_USER, sys.executable, "-c", HIDES.format(module=module)],
        env={**os.environ, "PYTHONPATH": ROOTS},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert hidden.stdout is not None
    try:
        started = int(hidden.stdout.readline())
        assert [may_look_into(process) for process in (hidden.pid, started)] == [False, True]
    finally:
        hidden.communicate("\n", timeout=PATIENCE)


def test_children_get_the_users_limit_on_core_dumps_and_this_process_none() -> None:
    usual = resource.getrlimit(resource.RLIMIT_CORE)
    limit = CoreLimit()
    with limit.lowered():
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, usual[1])
        with limit.lifted():
            assert resource.getrlimit(resource.RLIMIT_CORE) == usual
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, usual[1])
    assert resource.getrlimit(resource.RLIMIT_CORE) == usual
