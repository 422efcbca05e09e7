"""Looking for rmosh-server and for a Python: the script under sh, and what its words come to."""

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.announce import KEPT_PREFIX, NOT_KEPT_PREFIX
from rmosh_client.bootstrap import far_python
from rmosh_client.bootstrap.far_python import ASKED_MARK, DAMAGED_MARK, PYTHON_MARK, run_without_installed
from rmosh_client.bootstrap.server_search import NOT_FOUND, ServerSearch
from rmosh_client.injection.stage_one import WANTED_MARK
from rmosh_server.archived.keeping import keep

#: What a host may have as python3, as a script for sh, and what is then said of it.
UNFIT = {
    "old": ("echo 3.6.8; exit 1", "its python3 is too old to run one: {path} is 3.6.8"),
    "development": ("echo 3.7.0rc1+ zlib; exit 1", "its python3 is too old to run one: {path} is 3.7.0rc1+"),
    "bare": ("echo 3.9.2 zlib _ctypes; exit 1", "built without what one needs: {path} (3.9.2) lacks zlib, _ctypes"),
    "broken": ("echo no libz.so.1 >&2; exit 127", "does not run: {path} ends with status 127: no libz.so.1"),
    "crashing": ("kill -s SEGV $$", "does not run: {path} ends with status 139"),
    "impostor": ("echo welcome; echo to python", "does not run: {path} ends with status 0: welcome to python"),
    "silent": ("exit 0", "does not run: {path} ends with status 0"),
    "flooding": ("while :; do echo 3.9.2; done", "does not run: {path} says more than a Python would"),
    "talkative": ('echo "*"; exit 3', "does not run: {path} ends with status 3: *"),
}


def looked_for(home: Path, monkeypatch: pytest.MonkeyPatch, *, sends: bool = True) -> tuple[ServerSearch, int]:
    """Run the script where only the home has a Python; return what came of it, and its status."""
    monkeypatch.setattr(
        far_python,
        "_FIND_PYTHON",
        far_python._FIND_PYTHON.replace(" /usr/bin/python3 ", " ").replace("/usr/local/bin/python3 ", ""),
    )
    (home / "bin").mkdir(exist_ok=True)
    if not (home / "bin" / "dd").exists():
        (home / "bin" / "dd").symlink_to(shutil.which("dd") or "")
    script = run_without_installed(not_found="exit 127", shows="", sends=sends, keep_as="")
    done = subprocess.run(
        ["/bin/sh", "-c", f"echo RMOSH-SHELL; places=$PATH; set -- ls; {script}"],
        env={"PATH": str(home / "bin"), "HOME": str(home)}, capture_output=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    search = ServerSearch()
    for line in done.stdout.splitlines():
        search.take(line)
    return search, done.returncode


def python_there(home: Path, script: str, name: str = "python3") -> Path:
    (home / "bin").mkdir(exist_ok=True)
    path = home / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("kind", UNFIT)
def test_a_python_that_will_not_do_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    script, said = UNFIT[kind]
    path = python_there(tmp_path, script)
    search, status = looked_for(tmp_path, monkeypatch)
    error = search.failure("box", status, "", may_send=True)
    assert str(error).startswith("box has no rmosh-server, and ")
    assert said.format(path=path) in str(error)
    assert error is not None
    assert error.hint


@pytest.mark.parametrize(("has_tools", "runs"), [(False, 0), (True, 1)])
def test_the_stand_in_that_macos_has_for_python_is_not_run_without_its_tools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_tools: bool, runs: int
) -> None:
    # macOS 15: /usr/bin/python3 opens a dialogue, and `xcode-select -p` fails, until its tools are installed.
    python = python_there(tmp_path, f"echo run >> {tmp_path}/runs; exit 1")
    tool = python_there(tmp_path, f"exit {int(not has_tools)}", "xcode-select")
    script = far_python._FIND_PYTHON.replace("/usr/bin/xcode-select", str(tool))
    monkeypatch.setattr(far_python, "_FIND_PYTHON", script.replace("= /usr/bin/python3 ]", f"= {python} ]"))
    error = looked_for(tmp_path, monkeypatch)[0].failure("box", NOT_FOUND, "", may_send=True)
    assert error is not None
    assert ("xcode-select --install" in error.hint) is not has_tools
    assert (tmp_path / "runs").exists() is bool(runs)


def test_a_host_without_a_python_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = looked_for(tmp_path, monkeypatch)[0].failure("box", NOT_FOUND, "", may_send=True)
    assert str(error) == "box has no rmosh-server, and no python3 to run one that is sent"


def test_the_newest_python_that_will_do_is_taken_where_python3_is_too_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python_there(tmp_path, "echo 3.6.8; exit 1")
    for minor in (8, 11):
        script = f'[ "$2" = -S ] && echo 3.{minor}.1 || echo "{WANTED_MARK} python=3.{minor}.1 missing="'
        python_there(tmp_path, script, f"python3.{minor}")
    search, status = looked_for(tmp_path, monkeypatch)
    assert search.wanted is not None
    assert search.wanted.python == (3, 11, 1)
    assert search.failure("box", status, "", may_send=True) is None


def test_another_python_is_taken_where_the_first_only_pretends_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python_there(tmp_path, "echo welcome")
    warned = "echo ld.so: object libx.so cannot be preloaded: ignored. >&2; echo 3.9.2"
    python_there(
        tmp_path, f'[ "$2" = -S ] && {{ {warned}; }} || echo "{WANTED_MARK} python=3.9.2 missing="', "python3.9"
    )
    search, _ = looked_for(tmp_path, monkeypatch)
    assert search.wanted is not None
    assert [python.said for python in search.unfit] == ["welcome"]


def test_what_is_kept_is_run_with_a_python_though_nothing_may_be_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python_there(tmp_path, f'[ "$2" = -S ] && echo 3.9.2 whole || echo "{KEPT_PREFIX} ran $2 $3"')
    assert looked_for(tmp_path, monkeypatch, sends=False)[1] == 127
    kept = tmp_path / ".local/lib/rmosh-server/current/rmosh-server.pyz"
    kept.parent.mkdir(parents=True)
    kept.write_text("")
    assert looked_for(tmp_path, monkeypatch, sends=False)[0].kept == f"ran {kept} ls"


#: What may become of a kept file: what is left of it, by its bytes.
DAMAGES: "dict[str, Callable[[bytes], bytes]]" = {
    "cut": lambda whole: whole[:200],
    "cut at its end": lambda whole: whole[:-1],
    "empty": lambda whole: b"",
    "flipped": lambda whole: whole[:40] + bytes([whole[40] ^ 1]) + whole[41:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_kept_server_that_is_damaged_is_not_run_and_another_wanted_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    python_there(tmp_path, f'exec {sys.executable} "$@"')
    kept = Path(
        keep(b"def run(data, words, kept): print('RMOSH-KEPT', *words)\0", "1.0-0123456789abcdef", home=str(tmp_path))
    )
    assert looked_for(tmp_path, monkeypatch)[0].kept == "ls"
    kept.write_bytes(DAMAGES[damage](kept.read_bytes()))
    search, _ = looked_for(tmp_path, monkeypatch)
    assert search.damaged.endswith("/current/rmosh-server.pyz")
    assert search.wanted is not None
    assert search.kept == ""
    refused, status = looked_for(tmp_path, monkeypatch, sends=False)
    error = refused.failure("box", status, "", may_send=False)
    assert error is not None
    assert f"the rmosh-server on box is damaged: {search.damaged}" in str(error)
    assert "--install" in error.hint


def test_the_python_that_does_not_answer_is_known() -> None:
    search = ServerSearch()
    search.take(b"RMOSH-ASKED /opt/bin/python3")
    assert search.asks == "/opt/bin/python3"
    search.take(b"RMOSH-PYTHON /opt/bin/python3: 3.6.8 status=1")
    assert search.asks == ""


@given(lines=st.lists(st.binary(max_size=300) | st.builds(
    lambda mark, rest: mark.encode() + b" " + rest,
    st.sampled_from([PYTHON_MARK, ASKED_MARK, DAMAGED_MARK, WANTED_MARK, KEPT_PREFIX, NOT_KEPT_PREFIX]),
    st.binary(max_size=600),
)))  # fmt: skip
def test_whatever_a_host_says_is_bounded_and_safe_to_print(lines: list[bytes]) -> None:
    search = ServerSearch()
    for line in lines:
        search.take(line)
    error = search.failure("box", NOT_FOUND, "", may_send=True)
    shown = f"{error} {search.kept} {search.not_kept} {search.asks}"
    assert not any(character < " " and character not in "\n\t" for character in shown)
    assert len(str(error)) < 4096


@pytest.mark.parametrize("status", [0, 1, 126, None])
def test_a_command_that_ended_otherwise_is_no_missing_server(status: int | None) -> None:
    search = ServerSearch()
    search.take(b"RMOSH-SHELL")
    with contextlib.suppress(AttributeError):
        assert search.failure("box", status, "", may_send=True) is None
