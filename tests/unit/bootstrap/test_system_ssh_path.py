"""One more path inside SSH by the system's ssh: what is left of a login that comes to nothing."""

import asyncio
import os
from pathlib import Path

import pytest

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap import system_ssh_path
from rmosh_client.bootstrap.request import Request


async def open_path_by(ssh: Path) -> BootstrapError:
    """Return why no path was opened."""
    with pytest.raises(BootstrapError) as failed:
        await system_ssh_path.open_path_with_ssh(Request("box"), str(ssh), bytes(8), by_user=False)
    return failed.value


async def has_ended(process: int) -> bool:
    """Wait until a process is gone, but not for long."""
    for _ in range(500):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            await asyncio.sleep(0)
            return True
        await asyncio.sleep(0.01)
    return False


@pytest.mark.slow
@pytest.mark.parametrize("output", ["", "exec >&-"], ids=["before its line", "behind its last line"])
def test_an_ssh_that_hangs_is_ended_with_the_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    monkeypatch.setattr(system_ssh_path, "_WITHIN", 1.0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    script, told = tmp_path / "ssh", tmp_path / "pid"
    script.write_text(f"#!/bin/sh\necho $$ > {told}\n{output}\nexec sleep 30\n")
    script.chmod(0o700)

    async def fail() -> tuple[BootstrapError, bool]:
        return await open_path_by(script), await has_ended(int(told.read_text()))

    failure, ended = asyncio.run(fail())
    assert failure.stage is Stage.CONNECT
    assert "opened no path within 1 s" in str(failure)
    assert ended
