"""Sessions forked from one process: what is asked and compared, and when that process ends; no session is served."""

import contextlib
import errno
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.announce import SECRET_BYTES, SESSION_ID_BYTES, new_announce
from rmosh.errors import BootstrapError, Malformed
from rmosh_server.command import forked_process
from rmosh_server.fork_server import asking, forked, server
from rmosh_server.fork_server.asking import ask
from rmosh_server.fork_server.forked import Unlike, begin
from rmosh_server.fork_server.installed import LoadedFiles, which_server
from rmosh_server.fork_server.left_behind import remove_left_behind
from rmosh_server.fork_server.rehearsal import rehearse
from rmosh_server.fork_server.request import (
    MAX_REPLY,
    START,
    ForkRequest,
    format_refusal,
    format_request,
    parse_reply,
    parse_request,
)
from rmosh_server.fork_server.server import FIRST_LOOK, LINGER, LOOK_INTERVAL, ForkServer
from rmosh_server.fork_server.surroundings import short_name, surroundings
from rmosh_server.serving import forked_session
from rmosh_server.serving.handover import Handover
from rmosh_server.sockets.passing import send_with
from rmosh_server.sockets.unix_sockets import bind, identity_of, listen

pytestmark = pytest.mark.linux


def request_for(*descriptors: int) -> ForkRequest:
    """Return what a login like this process asks for a tunnel; the last descriptor is the pipe."""
    return ForkRequest(
        surroundings=surroundings(),
        installed=which_server(),
        environment={"A": "b\udcff"},
        directory="/",
        umask=0o027,
        program=(),
        program_environment={},
        port=60001,
        descriptors=descriptors,
        pipe=descriptors[-1],
        terminal=-1,
    )


# --- what is asked -----------------------------------------------------------------------------------------------


def test_a_request_arrives_as_it_was_made() -> None:
    request = replace(request_for(5, 9), program=("/bin/sh", "-sh"), program_environment={"TERM": "vt100"}, terminal=5)
    assert parse_request(format_request(request)) == request


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(ForkRequest.__slots__) | st.text(), inner),
)


@given(untrusted=st.binary() | _JSON.map(lambda value: json.dumps(value).encode()))
def test_of_other_bytes_nothing_but_malformed_comes(untrusted: bytes) -> None:
    for parse in (parse_request, parse_reply):
        with contextlib.suppress(Malformed):
            parse(untrusted)


@given(name=st.sampled_from(ForkRequest.__slots__), value=_JSON)
def test_a_request_with_one_field_of_another_kind_is_malformed_or_none_of_its_harm(name: str, value: object) -> None:
    told = json.loads(format_request(request_for(3))) | {name: value}
    with contextlib.suppress(Malformed):
        read = parse_request(json.dumps(told).encode())
        assert read.pipe in read.descriptors
        assert all("\0" not in text for pair in read.environment.items() for text in pair)


# --- what has to be equal ----------------------------------------------------------------------------------------


def _in_a_child(change: Callable[[], object]) -> dict[str, str]:
    """Return the surroundings of a child of ours that has changed something of its own."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            change()
            os.write(writing, json.dumps(surroundings()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as told:
        read: dict[str, str] = json.loads(told.read())
    os.wait()
    return read


def test_a_child_has_the_surroundings_of_its_parent() -> None:
    assert _in_a_child(lambda: None) == surroundings()


def _lower_a_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft - 1, hard))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (_lower_a_limit, "limits"),
        (lambda: os.nice(1 if os.nice(0) < 19 else -1), "scheduling"),
        (lambda: Path("/proc/self/oom_score_adj").write_text("1000"), "oom_score_adj"),
        (lambda: Path("/proc/self/coredump_filter").write_text("1"), "coredump_filter"),
    ],
    ids=["limit", "nice", "oom score", "core dumps"],
)
def test_what_a_fork_would_keep_tells_two_logins_apart(change: Callable[[], object], name: str) -> None:
    ours, theirs = surroundings(), _in_a_child(change)
    assert {each for each in ours if ours[each] != theirs[each]} == {name}
    assert short_name(ours) != short_name(theirs)


@pytest.mark.skipif(os.getuid() != 0, reason="only root changes its groups")
def test_other_groups_tell_two_logins_apart() -> None:
    theirs = _in_a_child(lambda: os.setgroups([*os.getgroups(), 4711]))
    assert {each for each, told in surroundings().items() if told != theirs[each]} == {"status"}


def test_a_file_that_was_replaced_makes_what_was_loaded_outdated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "loaded_for_a_test.py"
    module.write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, "loaded_for_a_test", __import__("loaded_for_a_test"))
    files = LoadedFiles()
    assert not files.are_outdated
    module.rename(tmp_path / "old")
    module.write_text("")
    assert files.are_outdated


def test_what_is_rehearsed_is_a_whole_session() -> None:
    """Whatever goes wrong there is passed over, for sessions do without."""
    shown = "\n".join("".join(cell.text for cell in row.cells) for row in rehearse().rows)
    assert "root 59" in shown
    forked.rehearse()
    forked_session.rehearse_handover()


# --- a fork's end ------------------------------------------------------------------------------------------------


@pytest.fixture
def forked_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have a fork's first acts leave the tests' own process as it is."""
    for name in ("allow_looks", "forbid_looks", "forbid_core_dumps"):
        monkeypatch.setattr(forked, name, lambda: None)
    for name in ("show_words", "show_environment"):
        monkeypatch.setattr(forked, name, lambda _: None)
    before, mask, directory = dict(os.environ), os.umask(0o022), os.getcwd()
    yield
    os.environ.clear()
    os.environ.update(before)
    os.umask(mask)
    os.chdir(directory)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """What a handover comes through: its ends to read from and to write to."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def _said(request: ForkRequest, then: bytes, *, passing: tuple[int, ...]) -> tuple[socket.socket, socket.socket]:
    """Return a login's end, which has said this and hung up, and a fork's."""
    login, fork = socket.socketpair()
    line = format_request(request)
    login.sendall(line[send_with(login, line, passing) :] + then)
    login.shutdown(socket.SHUT_WR)
    return login, fork


def test_a_fork_becomes_what_is_asked_for(forked_here: None, pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.write(writing, b"handed over")
    login, fork = _said(request_for(700, 900), START, passing=(writing, reading))
    begun = begin(fork)
    assert os.read(begun.pipe, 100) == b"handed over"
    assert begun.numbers.keys() == {700, 900}
    assert begun.numbers[900] == begun.pipe
    assert dict(os.environ) == {"A": "b\udcff"}
    assert os.umask(0) == 0o027
    assert [parse_reply(line) for line in login.recv(1000).splitlines()] == [
        {"able": os.getpid()},
        {"program": os.getpid()},
    ]
    for each in begun.numbers.values():
        os.close(each)
    login.close()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"surroundings": {}}, "of another login: attr/current, cgroup"),
        ({"installed": ("0.0.1",)}, "another version is installed"),
    ],
    ids=["login", "version"],
)
def test_a_fork_that_would_be_another_process_begins_nothing(
    forked_here: None, pipe: tuple[int, int], changed: "dict[str, object]", why: str
) -> None:
    request = replace(request_for(3), **changed)  # type: ignore[arg-type]  # as the table has them
    login, fork = _said(request, START, passing=pipe[:1])
    with fork, login, pytest.raises(Unlike, match=why):
        begin(fork)
    assert dict(os.environ) != {"A": "b\udcff"}


def test_a_login_that_has_gone_before_it_said_start_gets_nothing_begun(
    forked_here: None, pipe: tuple[int, int]
) -> None:
    login, fork = _said(request_for(3), b"", passing=pipe[:1])
    with fork, login, pytest.raises(Unlike, match="waits no longer"):
        begin(fork)
    assert dict(os.environ) != {"A": "b\udcff"}


@pytest.mark.parametrize(
    ("variables", "shown"),
    [("{}", b""), ("{'A': '1', 'B': chr(0xdcff)}", b"A=1\0B=\xff"), ("{'A': 'x' * 10_000}", b"A=" + b"x" * 4000)],
    ids=["none", "some", "more than there is room for"],
)
def test_proc_shows_another_environment(variables: str, shown: bytes) -> None:
    program = (
        "import os; os.environ.clear(); from rmosh_server.fork_server.shown import show_environment as show;"
        f"show({variables}); os.write(1, open('/proc/self/environ', 'rb').read())"
    )
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "OLD": "y" * 4000}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
    assert done.stdout.startswith(shown)
    assert set(done.stdout[len(shown) :]) <= {0, *shown[-1:]}


def test_a_program_that_cannot_be_executed_is_told(forked_here: None, pipe: tuple[int, int]) -> None:
    master, slave = os.openpty()
    request = replace(request_for(8, 9), program=("/no/such/shell", "-sh"), terminal=8)
    login, fork = _said(request, START, passing=(slave, pipe[0]))
    with fork, login:
        with pytest.raises(FileNotFoundError):
            begin(fork)
        assert [parse_reply(line) for line in login.recv(1000).splitlines()][1:] == [{"failed": errno.ENOENT}]
    for descriptor in (master, slave):
        os.close(descriptor)


def test_what_is_there_for_ever_is_not_counted_where_python_can_do_that_and_goes_on_working() -> None:
    program = (
        "import sys; from rmosh_server.fork_server.immortal import make_immortal, _is_known\n"
        "def called(): return 'some text', 12345.5, (1, 'two words')\n"
        "class Made: pass\n"
        "make_immortal()\n"
        "before = sys.getrefcount(called), sys.getrefcount(Made)\n"
        "held = [called] * 9, [Made() for _ in range(9)], [called() for _ in range(9)]\n"
        "after = sys.getrefcount(called), sys.getrefcount(Made)\n"
        "assert (after == before) == _is_known(), (before, after)\n"
        "assert (3, 12) <= sys.version_info < (3, 14) or not _is_known()\n"
        "del held; called(), Made(), sys.exit(7)"
    )
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 7


# --- the login's end ---------------------------------------------------------------------------------------------


def test_a_fork_server_that_is_stopped_holds_a_login_up_for_a_moment_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "FORK_PATIENCE", 0.01)
    with listen(str(tmp_path), "a.forks"):
        assert ask(str(tmp_path / "a.forks"), request_for(0), (0,)) is None


def test_where_nobody_listens_any_more_there_is_no_fork(tmp_path: Path) -> None:
    listen(str(tmp_path), "a.forks").close()
    assert not asking.is_there(str(tmp_path / "a.forks"))
    assert ask(str(tmp_path / "a.forks"), request_for(0), (0,)) is None


def test_of_a_tunnel_whose_fork_has_died_no_login_shell_is_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forked_process, "forbid_core_dumps", lambda: None)

    class Died:
        def start(self) -> int:
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")

    with pytest.raises(BootstrapError, match="for the tunnel did not begin: Connection reset by peer") as caught:
        forked_process.ForkedProcess(None, cast(asking.Fork, Died()), pipe=-1).start()
    assert "getent" not in caught.value.hint


def test_where_there_is_no_fork_server_a_login_waits_for_nothing_that_a_handover_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce = new_announce(port=1, entropy=bytes(SESSION_ID_BYTES + SECRET_BYTES), version=1, client_timeout=1.0)
    session = Handover(announce, 24, 80, 1, True, 3, -1, -1, 6, directory=str(tmp_path))
    monkeypatch.setattr(forked_process, "parse_handover", lambda *_, **__: pytest.fail("it is read"))
    forked, place = forked_process.forked_process(session, None)
    assert forked is None
    assert os.path.dirname(place) == str(tmp_path)


# --- when the server ends ----------------------------------------------------------------------------------------


class _Signals:
    """Signals that a test sends."""

    def __init__(self) -> None:
        self.sent: set[int] = set()

    def fileno(self) -> int:
        raise AssertionError("nothing waits here")

    def take(self) -> set[int]:
        sent, self.sent = self.sent, set()
        return sent

    def close(self) -> None:
        self.sent.clear()


class _Files:
    are_outdated = False


class Served:
    """A fork server whose clock and children are the test's."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.signals, self.files = _Signals(), _Files()
        self.place = directory / "a.forks"
        self.listener = listen(str(directory), "a.forks")
        self.server = ForkServer(
            self.listener,
            str(self.place),
            identity_of(str(self.place)),
            self.files,
            self.signals,
            clock=lambda: self.now,
        )
        self._ended: list[tuple[int, int]] = []
        monkeypatch.setattr(os, "fork", lambda: 4711)
        monkeypatch.setattr(os, "waitpid", lambda *_: self._ended.pop() if self._ended else (0, 0))

    def fork(self) -> None:
        """Have somebody come in and be given a process."""
        with socket.socket(socket.AF_UNIX) as login:
            login.connect(str(self.place))
            assert self.server.turn() is None

    def child_ends(self, status: int = 0) -> None:
        self._ended.append((4711, status << 8))
        self.signals.sent.add(signal.SIGCHLD)

    def is_over_after(self, seconds: float) -> bool:
        self.now += seconds
        self.server.turn()
        return self.server.is_over


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    running = Served(tmp_path, monkeypatch)
    yield running
    running.listener.close()


def test_it_ends_once_no_session_has_lived_for_a_while(served: Served) -> None:
    assert not served.is_over_after(LINGER - 1.0)
    served.fork()
    assert not served.is_over_after(10 * LINGER)
    served.child_ends()
    assert not served.is_over_after(LINGER - 1.0)
    assert not served.is_over_after(LINGER - 1.0)  # the time runs from when it heard of the end
    assert served.is_over_after(1.0)


def test_it_waits_for_nothing_longer_than_until_it_has_to_look(served: Served) -> None:
    assert served.server.next_wakeup == served.now + FIRST_LOOK
    served.is_over_after(FIRST_LOOK)
    assert served.server.next_wakeup == served.now - FIRST_LOOK + LINGER
    served.fork()
    assert served.server.next_wakeup == served.now + LOOK_INTERVAL


def test_it_ends_when_another_version_is_installed(served: Served) -> None:
    served.fork()
    served.is_over_after(FIRST_LOOK)
    served.files.are_outdated = True
    assert not served.is_over_after(LOOK_INTERVAL - 1.0)
    assert served.is_over_after(1.0)


def test_who_comes_when_another_version_is_installed_gets_no_process_and_it_ends(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.files.are_outdated = True
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("a process is forked"))
    served.fork()
    assert served.server.is_over


def test_of_two_that_began_at_once_the_one_whose_place_was_taken_ends(served: Served, tmp_path: Path) -> None:
    other = listen(str(tmp_path), "b.forks")
    os.replace(tmp_path / "b.forks", served.place)
    assert served.is_over_after(FIRST_LOOK)
    other.close()


def test_while_one_is_about_to_listen_who_comes_waits_for_nothing_and_makes_no_other(tmp_path: Path) -> None:
    place = str(tmp_path / "a.forks")
    assert not asking.is_there(place)
    with bind(str(tmp_path), "a.forks"):
        assert asking.is_there(place)
        assert ask(place, request_for(0), (0,)) is None
    assert not asking.is_there(place)


def test_who_looks_whether_one_is_there_is_not_let_in(tmp_path: Path) -> None:
    with listen(str(tmp_path), "a.forks") as listener:
        assert asking.is_there(str(tmp_path / "a.forks"))
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_what_killed_ones_left_behind_is_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in ("killed.forks", "killed.forks.12", "listens.forks", "begins.forks.13", "other.control"):
        bind(str(tmp_path), name).close()
    with (
        listen(str(tmp_path), "lives.forks"),
        bind(str(tmp_path), "begins.forks.14"),
    ):
        remove_left_behind(str(tmp_path))
        assert sorted(os.listdir(tmp_path)) == ["begins.forks.14", "lives.forks", "other.control"]
    remove_left_behind(str(tmp_path / "none"))


@pytest.mark.parametrize(
    "reason", ["x" * 10_000, "\U0001f600" * 10_000, "\0" * 10_000], ids=["ascii", "wide", "escaped"]
)
def test_a_reason_of_any_length_is_told_in_a_line_that_a_login_reads_whole(reason: str) -> None:
    line = format_refusal(reason)
    assert len(line) <= MAX_REPLY
    assert line.endswith(b"\n")
    assert parse_reply(line) == {}


def test_it_ends_when_it_is_told_to(served: Served) -> None:
    served.fork()
    served.signals.sent.add(signal.SIGTERM)
    assert served.is_over_after(0.0)


def test_nobody_of_another_user_is_given_a_process(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "peer_user", lambda _: os.geteuid() + 1)
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("it forked"))
    served.fork()
