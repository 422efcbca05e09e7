"""What a killed bench left is found by its owner's name, and nothing of the living is touched."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from rmosh_netem import cli
from rmosh_netem.left_behind import own_folder, sweep_folders

pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="processes are found in /proc, which is Linux's"
)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def killed_owner(temporary: Path) -> int:
    """Run a process that makes a folder, starts a program with it for a home, and dies on the spot."""
    code = (
        "import os, subprocess, sys\n"
        "from rmosh_netem.left_behind import own_folder\n"
        "with own_folder() as folder:\n"
        "    env = {'HOME': str(folder), 'PATH': os.environ['PATH']}\n"
        "    child = subprocess.Popen(['sleep', '60'], env=env, stdout=subprocess.DEVNULL)\n"
        "    while not open(f'/proc/{child.pid}/environ').read():  # the kernel shows it a moment after exec began\n"
        "        pass\n"
        "    print(child.pid, flush=True)\n"
        "    os._exit(9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env=os.environ | {"TMPDIR": str(temporary)},
        text=True,
        check=False,
    )
    return int(done.stdout)


def test_files_and_processes_of_a_dead_owner_are_swept_once(temporary: Path) -> None:
    child = killed_owner(temporary)
    (folder,) = temporary.iterdir()
    assert sweep_folders() == [f"process {child} of {folder}", str(folder)]
    assert not folder.exists() and sweep_folders() == []


def test_the_living_and_the_foreign_are_left_alone(temporary: Path) -> None:
    others = [temporary / name for name in ("rmosh-netem-report", "rmosh-netem-1-2-", "rmosh-netem-x-1-abc")]
    for other in others:
        other.mkdir()
    with own_folder() as ours:
        assert sweep_folders() == []
        assert ours.is_dir() and all(other.is_dir() for other in others)
    assert not ours.exists()


def test_a_user_may_sweep_without_root(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    killed_owner(temporary)
    monkeypatch.setattr(os, "geteuid", lambda: temporary.stat().st_uid or 0)
    monkeypatch.setattr("rmosh_netem.lab.cli.is_root", lambda: False)
    assert cli.main(["sweep"]) == 0
    assert "rmosh-netem-" in capsys.readouterr().out
