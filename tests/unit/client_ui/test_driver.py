"""The driver over a fake session, on a real pseudo-terminal and real sockets."""

import json
import os
import signal
import socket
import termios
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest

from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.history.frames import HistoryKept
from rmosh.channels.newest.ends import PeopleChanged
from rmosh.channels.newest.frames import Person
from rmosh.errors import BootstrapError, Stage
from rmosh.prediction import PredictMode
from rmosh.session.wishes import PathWanted
from rmosh.terminal.cells import blank_frame
from rmosh.terminal.scrolled import plain_line, scrolled_row
from rmosh.transport.path import Datagram
from rmosh_client.bootstrap.request import Fate
from rmosh_client.link.clocks import monotonic
from rmosh_client.login.messages import ErrandKind
from rmosh_client.reaching.contact import FIRST_ANSWER_WITHIN, ContactWatch
from rmosh_client.reaching.ending import QUIT, ended_by_signal
from rmosh_client.showing.notice import FIRST_ANSWER_AFTER
from rmosh_client.typing.escape import EscapeKey
from tests.unit.client_ui.client_ui_driver import COLUMNS, ROWS, Desk, FakeSession, at_work, desk
from tests.unit.client_ui.client_ui_status import HEALTHY, UNHEARD, silent_for

#: What a client shows before the host's first frame.
NOTHING_YET = blank_frame(rows=1, columns=1)


def wake(place: Desk) -> None:
    """Let the driver take a turn, as any datagram would."""
    (descriptor,) = list(place.sockets.descriptors.values())[:1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"x", ("127.0.0.1", _port_of(descriptor)))


def _port_of(descriptor: int) -> int:
    with socket.socket(fileno=os.dup(descriptor)) as same:
        if same.getsockname()[1] == 0:
            same.sendto(b"", ("127.0.0.1", 9))
        return int(same.getsockname()[1])


def test_a_key_goes_to_the_session_and_its_echo_to_the_screen() -> None:
    with desk() as place, at_work(place):
        place.session.shows("$ ")
        place.type(b"l")
        place.until(lambda: place.session.typed == b"l")
        place.session.shows("$ l")
        wake(place)
        place.until(lambda: place.look()[0] == "$ l")


def test_exit_status_of_the_shell_is_the_ending_and_the_terminal_is_given_back() -> None:
    with desk() as place:
        with at_work(place) as work:
            place.session.shows("$ exit 7")
            place.session.events.append(SessionClosed(Close(CloseKind.EXITED, 7)))
            wake(place)
            assert work.ending().status == 7
        assert place.look()[0] == "$ exit 7"
        assert termios.tcgetattr(place.terminal.fileno()) == place.attributes


def test_whoever_quits_after_the_programs_end_waits_no_longer_and_gets_its_status() -> None:
    with desk() as place:
        with at_work(place) as work:
            place.session.is_over = True
            place.type(b"\x1e.")
            place.until(lambda: "stop waiting" in place.session.calls)
            place.session.events.append(SessionClosed(Close(CloseKind.EXITED, 6)))
            wake(place)
            assert work.ending().status == 6
        assert "quit" not in place.session.calls


@pytest.mark.slow
def test_ssh_is_not_asked_for_a_server_that_is_gone_as_the_session_is_over() -> None:
    with desk(FakeSession(link=silent_for(11.0)), said_by_ssh=Fate.ENDED) as place:
        place.session.history.take_kept(HistoryKept(oldest=0, began=0, following=0, erased=0))
        place.session.history.archive.insert(0, [plain_line(str(number)) for number in range(50_000)])
        place.session.frame = replace(place.session.frame, history=50_000)
        place.session.events.append(SessionClosed(Close(CloseKind.EXITED, 6)))
        with at_work(place) as work:
            place.type(b"\x1b[I")
            place.until(lambda: place.session.typed == b"\x1b[I")
            assert not work.is_over
            assert place.asked == 0
            place.type(b"q")
            assert work.ending().status == 6


@pytest.mark.slow
def test_any_key_ends_the_feeding_of_a_slow_terminal_after_the_programs_end_and_a_report_of_its_own_does_not() -> None:
    with desk() as place, at_work(place) as work:
        place.session.history.take_kept(HistoryKept(oldest=0, began=0, following=0, erased=0))
        place.session.history.archive.insert(0, [plain_line(str(number)) for number in range(50_000)])
        place.session.frame = replace(place.session.frame, history=50_000)
        place.session.events.append(SessionClosed(Close(CloseKind.EXITED, 6)))
        wake(place)  # nobody reads what it writes
        place.type(b"\x1b[I\x1b[<0;3;4M")
        place.until(lambda: b"\x1b[<0;3;4M" in place.session.typed)
        assert not work.is_over
        place.type(b"q")
        assert work.ending().status == 6


@pytest.mark.parametrize(
    ("close", "status", "words"),
    [
        (Close(CloseKind.SIGNALLED, 9), 137, "SIGKILL"),
        (Close(CloseKind.SERVER_STOPPED, 0, "going down\x1b[2J"), 255, "stopped: going down[2J"),
        (Close(CloseKind.FAILED, 0, ""), 255, "failed"),
        (Close(CloseKind.CLIENT_QUIT, 0, ""), 255, "another client ended the session"),
        (Close(CloseKind.DETACHED, 0, ""), 0, "`rmosh attach box work` brings you back"),
    ],
)
def test_every_other_end_is_told_in_words(close: Close, status: int, words: str) -> None:
    with desk() as place, at_work(place) as work:
        place.session.events.append(SessionClosed(close))
        wake(place)
        ending = work.ending()
        assert ending.status == status
        assert words in ending.message
        assert "\x1b" not in ending.message


def test_escape_key_and_full_stop_quit_once_the_server_has_heard_it() -> None:
    with desk() as place, at_work(place) as work:
        place.type(b"\x1e.")
        place.until(lambda: place.session.calls == ["quit"])
        assert not work.is_over
        place.session.quit_arrived = True
        wake(place)
        assert work.ending().status == 255


INTERRUPTED = (130, "interrupted")  # as ssh ends: OpenSSH 9.2


@pytest.mark.parametrize(
    ("keys", "ended"),
    [(b"\x03", INTERRUPTED), (b"ls\x03", INTERRUPTED), (b"\x1e.", (255, "gave up before the server answered"))],
)
@pytest.mark.slow
def test_before_the_first_answer_a_whole_line_says_what_is_waited_for_and_ctrl_c_gives_up(
    keys: bytes, ended: tuple[int, str]
) -> None:
    with desk(FakeSession(frame=NOTHING_YET, link=UNHEARD)) as place:
        place.started_at -= FIRST_ANSWER_AFTER
        place.model.feed(b"login$ rmosh box\r\n")
        with at_work(place) as work:
            awaited = ["rmosh: logged in, waiting for 127.0.0.1", "(Ctrl-C gives up)"]
            place.until(lambda: place.look()[:3] == ["login$ rmosh box", *awaited])
            place.type(keys)
            place.until(lambda: place.session.calls == ["quit"])
            began = monotonic()
            ending = work.ending()
            assert monotonic() - began < 1.0
            assert (ending.status, ending.message) == ended
            assert place.session.typed == b""
        assert place.look()[:3] == ["login$ rmosh box", *awaited]


def test_the_terminals_screen_is_left_alone_until_there_is_something_to_show_on_it() -> None:
    with desk(FakeSession(frame=NOTHING_YET, link=UNHEARD)) as place:
        place.model.feed(b"login$ rmosh box\r\n")
        with at_work(place):
            place.type(b"x")
            place.until(lambda: place.session.typed == b"x")
            place.look()
            assert place.seen == b""
            place.session.shows("$ x")
            place.session.link = HEALTHY
            wake(place)
            place.until(lambda: place.look()[0] == "$ x")


def test_help_is_there_before_the_first_answer() -> None:
    with desk(FakeSession(frame=NOTHING_YET, link=UNHEARD)) as place, at_work(place):
        place.type(b"\x1e?")
        place.until(lambda: "suspend" in "".join(place.look()))


YOU_LOOK_ON = Person("", ROWS, COLUMNS, read_only=True, is_you=True, leads=False)
YOU_TYPE = Person("", ROWS, COLUMNS, read_only=False, is_you=True, leads=True)
ANOTHER_TYPES = Person("a", ROWS, COLUMNS, read_only=False, is_you=False, leads=False)
ANOTHER_LOOKS_ON = Person("b", ROWS, COLUMNS, read_only=True, is_you=False, leads=False)


@pytest.mark.parametrize(
    ("people", "keys", "call", "message"),
    [
        ((YOU_LOOK_ON,), b"\x1e.", "quit", "you left; the session goes on"),
        ((YOU_LOOK_ON, ANOTHER_TYPES), b"\x1ed", "detach", "you left; the session goes on with a in it"),
        ((YOU_TYPE, ANOTHER_LOOKS_ON, ANOTHER_TYPES), b"\x1e.", "quit", "goes on with a and 1 more in it"),
        ((YOU_TYPE, ANOTHER_LOOKS_ON), b"\x1e.", "quit", "the session was ended from here"),
        ((YOU_TYPE, ANOTHER_LOOKS_ON), b"\x1ed", "detach", "`rmosh attach box work` brings you back"),
    ],
)
def test_who_leaves_is_told_whether_the_session_goes_on(
    people: tuple[Person, ...], keys: bytes, call: str, message: str
) -> None:
    with desk() as place, at_work(place) as work:
        place.session.events.append(PeopleChanged(people))
        wake(place)
        place.until(lambda: not place.session.events)
        place.type(keys)
        place.until(lambda: place.session.calls == [call])
        place.session.quit_arrived = True
        wake(place)
        ending = work.ending()
        assert message in ending.message
        assert ending.status == (255 if "ended" in message else 0)


def test_what_is_held_back_for_more_to_come_goes_by_itself_when_nothing_does() -> None:
    with desk() as place, at_work(place):
        place.type(b"\x1b[1;")
        place.until(lambda: place.session.typed == b"\x1b[1;")


def test_what_was_held_back_is_sent_once_where_what_looks_for_answers_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    with desk() as place, at_work(place):
        sent_first = len(place.interview.sift(b"\x1b[1;", now=monotonic()))
        monkeypatch.setattr(place.interview, "sift", lambda *_, **__: 1 / 0)
        for number, key in enumerate((b"5", b"D", b"x", b"y")):
            place.type(key)
            place.until(lambda due=number: len(place.session.typed) == 5 + due)  # type: ignore[misc]
        assert (sent_first, place.session.typed) == (0, b"\x1b[1;5Dxy")


def test_a_paste_with_the_escape_key_in_it_goes_to_the_session_as_it_is() -> None:
    pasted = b"\x1b[200~\x1e.\r\x1e?\x1b[201~"
    with desk() as place, at_work(place) as work:
        place.type(pasted)
        place.until(lambda: place.session.typed == pasted)
        assert not work.is_over


def test_what_somebody_types_who_only_looks_on_goes_nowhere() -> None:
    with desk() as place, at_work(place):
        place.session.events.append(PeopleChanged((YOU_LOOK_ON,)))
        wake(place)
        place.until(lambda: not place.session.events)
        place.type(b"lost")
        place.until(lambda: any(row.startswith("rmosh: you are only watching here") for row in place.look()))
        place.type(b"\x1ed")
        place.until(lambda: place.session.calls == ["detach"])
        assert place.session.typed == b""


@pytest.mark.slow
def test_a_bell_that_came_too_soon_after_others_rings_later_by_itself() -> None:
    with desk() as place, at_work(place):
        for bells in range(1, 8):
            place.session.shows(f"{bells}")
            place.session.frame = replace(place.session.frame, bells=bells)
            wake(place)
            place.until(partial(place.has, str(bells)))
        assert place.seen.count(b"\a") < 7
        place.until(lambda: place.look() is not None and place.seen.count(b"\a") == 6)


@pytest.mark.parametrize("keys", [b"\x1e.\x1e.", pytest.param(b"\x1e.", marks=pytest.mark.slow)])
def test_an_end_that_nobody_heard_of_is_told_as_such_with_the_way_back(keys: bytes) -> None:
    with desk() as place, at_work(place) as work:
        place.type(keys)
        ending = work.ending()
        assert ending.status == 255
        assert "not reached" in ending.message
        assert "`rmosh attach box work` brings you back" in ending.message
        assert "was ended" not in ending.message


@pytest.mark.parametrize(
    ("typed", "passed"),
    [
        (b"q", b""), (b"\r", b""), (b"\x1b", b""), (b"\x03", b""), (b" ls\r", b"ls\r"), (b"\x1b[A", b""),
        (b"\x1bOP", b""),
        (b"\x1bx", b""), ("é!".encode(), b"!"), (b"\x1b[113u", b""), (b"\x1b[<0;3;4Mq", b"\x1b[<0;3;4M"),
        (b"\x1b[1;5A\x1b[B", b"\x1b[B"), (b"\x1b[200~ls\x1b[201~", b"\x1b[200~ls\x1b[201~"),
    ],
)  # fmt: skip
def test_the_key_that_takes_the_help_away_goes_nowhere_else(typed: bytes, passed: bytes) -> None:
    with desk() as place, at_work(place):
        place.type(b"\x1e?")
        place.until(lambda: "Ctrl-^ and then" in "\n".join(place.look()))
        place.type(typed)
        place.until(lambda: "Ctrl-^ and then" not in "\n".join(place.look()))
        place.type(b"=")
        place.until(lambda: place.session.typed.endswith(b"="))
        assert place.session.typed == passed + b"="


@pytest.mark.parametrize("typed", [b"\x1b[63;1:3u", b"\x1b[<35;3;4M", b"\x1b[I", b"\x1b[57441;2u"])
def test_what_is_no_key_leaves_the_help_there(typed: bytes) -> None:
    with desk() as place, at_work(place):
        place.type(b"\x1e?")
        place.until(lambda: "Ctrl-^ and then" in "\n".join(place.look()))
        place.type(typed)
        place.until(lambda: place.session.typed == typed)
        assert "Ctrl-^ and then" in "\n".join(place.look())


@pytest.mark.parametrize(("mode", "off_first"), [(PredictMode.ALWAYS, True), (PredictMode.NEVER, False)])
def test_guesses_are_switched_off_and_on_by_a_key(mode: PredictMode, off_first: bool) -> None:
    with desk() as place:
        place.predict = mode
        with at_work(place):
            words = ["guesses are off", "guesses are on again"]
            for word in words if off_first else reversed(words):
                place.type(b"\x1ep")
                place.until(partial(place.has, word))
            assert place.session.typed == b""


def test_a_key_begins_a_trace_and_ends_it_and_a_line_says_where_it_is(tmp_path: Path) -> None:
    with desk() as place:
        place.traces = str(tmp_path / "traces")
        with at_work(place):
            for words in ("tracing into", "the trace is in"):
                place.type(b"\x1et")
                place.until(partial(place.has, words))
            assert place.session.typed == b""
    (trace,) = (tmp_path / "traces").iterdir()
    records = [json.loads(line) for line in trace.read_bytes().split(b"\x1e")[1:]]
    names = [record.get("name") for record in records]
    assert (names[0], names[-1]) == (None, "rmosh:trace_ended")
    assert "rmosh:frame_shown" in names


def test_a_trace_that_cannot_be_made_is_told_in_a_line() -> None:
    with desk() as place:
        place.traces = "/proc/none"
        with at_work(place):
            place.type(b"\x1et")
            place.until(lambda: "no trace: /proc/none cannot be made" in " ".join(" ".join(place.look()).split()))


def test_help_and_connection_boxes_come_and_go() -> None:
    with desk() as place, at_work(place):
        place.type(b"\x1ei")
        place.until(lambda: "round trip" in "\n".join(place.look()))
        place.type(b"\x1ei")
        place.until(lambda: "round trip" not in "\n".join(place.look()))
        place.type(b"\x1e?")
        place.until(lambda: "Ctrl-^ and then" in "\n".join(place.look()))
        place.type(b"x")
        place.until(lambda: "Ctrl-^ and then" not in "\n".join(place.look()))
        assert place.session.typed == b""
        place.type(b"y")
        place.until(lambda: place.session.typed == b"y")


def test_the_history_is_read_without_a_box_before_it() -> None:
    with desk() as place, at_work(place):
        place.type(b"\x1ei")
        place.until(lambda: "round trip" in "\n".join(place.look()))
        place.type(b"\x1e[")
        place.until(lambda: "q: leave" in "\n".join(place.look()))
        place.until(lambda: "round trip" not in "\n".join(place.look()))


def test_a_printable_escape_key_counts_after_the_key_that_took_the_help_away() -> None:
    # As OpenSSH 9.2 does: ~? and then ~. with no Enter between them.
    with desk() as place:
        place.escape_key = EscapeKey(ord("~"))
        with at_work(place) as work:
            place.type(b"~?")
            place.until(lambda: "~ and then" in "\n".join(place.look()))
            place.type(b" ")
            place.until(lambda: "~ and then" not in "\n".join(place.look()))
            place.type(b"~.")
            place.until(lambda: place.session.calls == ["quit"])
            place.session.quit_arrived = True
            wake(place)
            work.ending()
            assert place.session.typed == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_an_ending_signal_ends_the_session_and_restores_the_terminal(number: signal.Signals) -> None:
    with desk() as place:
        with at_work(place) as work:
            place.session.quit_arrived = True
            os.kill(os.getpid(), number)
            assert work.ending().status == 128 + number
        assert place.session.calls == ["quit"]
        assert termios.tcgetattr(place.terminal.fileno()) == place.attributes


@pytest.mark.slow
def test_a_new_window_size_reaches_the_session_and_the_screen_is_fitted() -> None:
    with desk() as place, at_work(place):
        place.session.shows("$ ")
        wake(place)
        place.until(lambda: place.look()[0] == "$")
        termios_size(place.master, 3, 20)
        place.model.screen.resize(3, 20)
        place.model.feed(b"\x1b[2Jgarbage")
        os.kill(os.getpid(), signal.SIGWINCH)
        place.until(lambda: place.session.size == (3, 20))
        place.until(lambda: place.look() == ["$", "", ""])


def termios_size(master: int, rows: int, columns: int) -> None:
    import fcntl
    import struct

    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def test_a_window_that_has_another_size_already_is_not_painted_for_the_one_it_had() -> None:
    """A signal is handled when the loop comes to it: in tmux rows of a shell before the session were painted over."""
    with desk() as place, at_work(place):
        place.session.shows("$ ")
        wake(place)
        place.until(lambda: place.look()[0] == "$")
        termios_size(place.master, ROWS, 3 * COLUMNS)
        place.session.shows("$ two")
        wake(place)
        place.until(lambda: place.session.size == (ROWS, 3 * COLUMNS))
        assert place.look()[0] == "$"


def test_continuing_after_a_stop_probes_and_repaints() -> None:
    with desk() as place, at_work(place):
        place.session.shows("$ vim")
        wake(place)
        place.until(lambda: place.look()[0] == "$ vim")
        place.model.feed(b"\x1b[H\x1b[2Jgarbage")
        os.kill(os.getpid(), signal.SIGCONT)
        place.until(lambda: place.look()[0] == "$ vim")
        assert "woke up" in place.session.calls


def test_a_wanted_path_gets_a_fresh_socket() -> None:
    with desk() as place, at_work(place):
        place.session.events.append(PathWanted())
        wake(place)
        place.until(lambda: len(place.session.paths) == 1)
        assert place.session.paths[0].socket in place.sockets.descriptors
        assert len(place.sockets.descriptors) == 2


def test_datagrams_go_out_and_answers_come_in_on_a_fresh_socket() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        with desk(port=server.getsockname()[1]) as place, at_work(place):
            place.session.events.append(PathWanted())
            place.type(b"x")
            place.until(lambda: len(place.session.paths) == 1)
            place.session.outgoing.append(Datagram(place.session.paths[0], b"question"))
            place.type(b"y")
            received: list[tuple[bytes, tuple[str, int]]] = []
            place.until(lambda: _receive_into(server, received))
            server.sendto(b"answer", received[0][1])
            place.until(lambda: (b"answer", place.session.paths[0]) in place.session.received)


def _receive_into(server: socket.socket, received: list[tuple[bytes, tuple[str, int]]]) -> bool:
    try:
        received.append(server.recvfrom(100))
    except BlockingIOError:
        return False
    return True


def test_a_datagram_too_long_is_told_to_the_session_with_its_size() -> None:
    with desk() as place, at_work(place):
        place.session.events.append(PathWanted())
        place.type(b"x")
        place.until(lambda: len(place.session.paths) == 1)
        path = place.session.paths[0]
        place.session.outgoing.append(Datagram(path, b"x" * 65508))
        place.type(b"y")
        place.until(lambda: place.session.failed == [(path, 65508)])


def test_silent_server_that_ssh_knows_to_be_dead_ends_the_session() -> None:
    session = FakeSession(link=silent_for(11.0))
    with desk(session, said_by_ssh=Fate.UNKNOWN) as place, at_work(place) as work:
        ending = work.ending()
        assert ending.status == 255
        assert "gone" in ending.message


def test_a_silence_about_which_a_login_for_a_path_asks_wakes_nobody_again_and_again() -> None:
    with desk(FakeSession(link=silent_for(11.0))) as place:
        place.log_in = no_process_starts
        with at_work(place):
            place.run_for(0.1)
            assert place.turns_within(0.2) < 20
            assert place.asked == 0


def test_leaving_a_silent_session_wakes_nobody_again_and_again() -> None:
    with desk(FakeSession(link=silent_for(60.0))) as place:
        place.log_in = no_process_starts
        with at_work(place) as work:
            place.run_for(0.1)
            work.driver.ssh_path.network_changed(now=monotonic())
            work.driver.leave(QUIT, now=monotonic())
            assert place.turns_within(0.2) < 20


def no_process_starts(kind: ErrandKind) -> NoReturn:
    raise OSError(11, "Resource temporarily unavailable")


def test_another_host_of_the_same_name_that_knows_no_such_session_ends_nothing() -> None:
    session = FakeSession(link=silent_for(11.0))
    with desk(session, said_by_ssh=Fate.UNKNOWN) as place, at_work(place) as work:
        place.reached_by_ssh = ("127.0.0.9",)
        place.until(lambda: any("127.0.0.9 does not know the session" in line for line in place.told))
        assert not work.is_over


@pytest.mark.parametrize("said_by_ssh", [Fate.UNKNOWN, Fate.UNREACHABLE, Fate.ALIVE])
def test_client_that_was_away_too_long_ends_with_the_way_back_whatever_ssh_tells(said_by_ssh: Fate) -> None:
    with desk(FakeSession(link=silent_for(15 * 86400.0)), said_by_ssh=said_by_ssh) as place:
        place.contact = ContactWatch(
            hosts=["127.0.0.1"],
            port=9,
            now=monotonic() - FIRST_ANSWER_WITHIN,
            client_timeout=14 * 86400.0,
            way_back="rmosh attach box",
        )
        with at_work(place) as work:
            ending = work.ending()
            assert ending.status == 255
            assert "the host has forgotten this client: 15 d" in ending.message
            assert ending.message.endswith("rmosh attach box")


def test_silent_server_that_ssh_cannot_tell_of_is_waited_for() -> None:
    session = FakeSession(link=silent_for(11.0))
    with desk(session, said_by_ssh=Fate.UNREACHABLE) as place, at_work(place) as work:
        place.until(lambda: place.asked == 1)
        place.until(lambda: "last contact 11 s ago" in "\n".join(place.look()))
        session.link = silent_for(0.0)
        wake(place)
        place.until(lambda: "last contact" not in "\n".join(place.look()))
        assert not work.is_over


def test_session_that_never_got_an_answer_fails_at_the_udp_stage() -> None:
    with desk(FakeSession(link=UNHEARD)) as place:
        place.contact = ContactWatch(hosts=["127.0.0.1"], port=9, now=monotonic() - FIRST_ANSWER_WITHIN)
        with at_work(place) as work:
            with pytest.raises(BootstrapError) as failed:
                work.ending()
            assert failed.value.stage is Stage.UDP
        assert termios.tcgetattr(place.terminal.fileno()) == place.attributes


@pytest.mark.slow
def test_a_slow_terminal_gets_the_newest_screen_not_all_of_them() -> None:
    with desk() as place, at_work(place):
        for number in range(400):
            letter = chr(ord("a") + number % 26)
            place.session.shows("\n".join([letter * (COLUMNS - 1)] * (ROWS - 1)))
            place.type(b"x")
            place.turn()
        place.session.shows("the newest")
        place.type(b"y")
        place.until(lambda: place.look()[0] == "the newest")
        assert len(place.seen) < 400 * ROWS * COLUMNS / 4


def test_a_terminal_that_hangs_up_ends_the_session() -> None:
    with desk() as place, at_work(place) as work:
        place.session.quit_arrived = True
        os.close(place.master)
        place.master = os.open(os.devnull, os.O_RDWR)
        assert work.ending().status == 129
        assert "quit" in place.session.calls


def test_the_server_is_given_time_to_hear_of_a_terminal_that_is_gone_however_often_the_system_says_so() -> None:
    with desk() as place, at_work(place) as work:
        os.close(place.master)
        place.master = os.open(os.devnull, os.O_RDWR)
        place.until(lambda: "quit" in place.session.calls)
        for _ in range(2):  # the kernel tells by a signal as well, and so does a shell
            work.driver.leave(ended_by_signal(signal.SIGHUP), now=monotonic())
        assert not work.is_over
        place.session.quit_arrived = True
        wake(place)
        assert work.ending().status == 129


def test_a_loop_that_fails_again_and_again_restores_the_terminal_and_is_seen() -> None:
    with desk() as place:
        with at_work(place) as work:
            place.session.next_wakeup = None  # type: ignore[assignment]  # what is no time
            place.type(b"x")
            with pytest.raises(TypeError):
                work.ending()
        assert termios.tcgetattr(place.terminal.fileno()) == place.attributes


def test_a_paste_into_a_dead_link_is_held_up_and_goes_on_later() -> None:
    with desk() as place, at_work(place):
        place.session.input_held_up = True
        wake(place)
        place.until(lambda: place.session.received != [])
        place.type(b"later")
        wake(place)
        place.until(lambda: len(place.session.received) >= 2)
        assert place.session.typed == b""
        place.session.input_held_up = False
        wake(place)
        place.until(lambda: place.session.typed == b"later")


def test_suspension_gives_the_terminal_back_before_the_stop_and_takes_it_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with desk() as place:
        stops: list[tuple[int, bool]] = []

        def stopped(_process: int, number: int) -> None:
            stops.append((number, place.terminal.is_raw))

        with at_work(place):
            place.session.shows("$ vim")
            place.type(b"x")
            place.until(lambda: place.look()[0] == "$ vim")
            monkeypatch.setattr("rmosh_client.running.job_control.os.kill", stopped)
            place.type(b"\x1e\x1a")
            place.until(lambda: bool(stops) and place.terminal.is_raw)
            assert stops == [(signal.SIGTSTP, False)]
            assert "woke up" in place.session.calls
            place.until(lambda: place.look()[0] == "$ vim")


def test_notice_does_not_scroll_into_the_scrollback() -> None:
    session = FakeSession(link=silent_for(6.0))
    with desk(session) as place:
        scrolled: list[str] = []
        index = place.model.screen.index

        def recording_index() -> None:
            if place.model.screen.cursor.y == ROWS - 1:
                scrolled.append(place.model.screen.display[0].strip())
            index()

        place.model.screen.index = recording_index  # type: ignore[method-assign]  # ours in its place
        with at_work(place):
            session.shows("\n".join("123456"))
            place.type(b"x")
            place.until(lambda: "last contact" in place.look()[0])
            scrolled.clear()
            old = session.frame
            session.shows("\n".join("123456"))
            lines = (*old.rows[1:], session.frame.rows[0])
            session.frame = replace(old, rows=lines, history=1)
            session.history.take_kept(HistoryKept(oldest=0, began=0, following=0, erased=0))
            session.history.archive.insert(0, [scrolled_row(old.rows[0])])
            session.link = silent_for(0.0)
            place.type(b"y")
            place.until(lambda: place.look()[-1] == "1")
            assert scrolled == ["1"]


def test_continuing_after_a_shell_had_the_terminal_takes_it_anew() -> None:
    with desk() as place, at_work(place):
        place.session.shows("$ vim")
        place.type(b"x")
        place.until(lambda: place.look()[0] == "$ vim")
        termios.tcsetattr(place.terminal.fileno(), termios.TCSANOW, place.attributes)
        os.kill(os.getpid(), signal.SIGCONT)
        place.until(lambda: place.terminal.is_raw)
        makes_room = b"\x1b[J" + b"\n" * (ROWS - 1)
        place.until(lambda: place.look()[0] == "$ vim" and place.seen.count(makes_room) == 2)


def test_a_changed_network_is_told_once_after_its_burst_of_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    with desk() as place:
        monkeypatch.setattr(place.sockets, "look_at_source_addresses", lambda: True)
        reading, writing = os.pipe()
        monkeypatch.setattr("rmosh_client.link.network_watch.NetworkWatch.descriptor", reading)
        monkeypatch.setattr("rmosh_client.link.network_watch.NetworkWatch.drain", lambda _: os.read(reading, 99) != b"")
        with at_work(place):
            os.write(writing, b"link address route")
            place.until(lambda: place.session.calls == ["network changed"])
            place.type(b"x")
            place.until(lambda: place.session.typed == b"x")
            assert place.session.calls == ["network changed"]
        os.close(reading)
        os.close(writing)


def noting(notes: list[str], note: str, action: Callable[..., Any]) -> Callable[..., Any]:
    """Return what notes each call of an action."""

    def noted(*arguments: object, **keywords: object) -> Any:
        notes.append(note)
        return action(*arguments, **keywords)

    return noted


def test_a_picture_is_acknowledged_before_it_is_painted_and_a_page_after_that(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    with desk() as place, at_work(place):
        place.session.shows("$ ")
        wake(place)
        place.until(lambda: place.look()[0] == "$")
        send, write = place.session.datagrams_to_send, place.terminal.write
        monkeypatch.setattr(place.session, "datagrams_to_send", noting(order, "sent", send))
        monkeypatch.setattr(place.terminal, "write", noting(order, "painted", write))
        for is_picture, first in ((True, "sent"), (False, "painted")):
            order.clear()
            place.session.shows("a picture" if is_picture else "a page", is_picture=is_picture)
            wake(place)
            place.until(lambda: "painted" in order)
            assert order[0] == first


def test_nothing_else_is_looked_at_for_each_piece_that_a_slow_terminal_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    pieces = [8] * 20
    with desk() as place, at_work(place):
        place.session.shows("$ ")
        wake(place)
        place.until(lambda: place.look()[0] == "$")
        write = place.terminal.write
        monkeypatch.setattr(place.terminal, "write", lambda data: write(data[: pieces.pop() if pieces else None]))
        monkeypatch.setattr(place.session, "status", noting(looks, "looked", place.session.status))
        place.session.shows("\n".join(["x" * COLUMNS] * (ROWS - 1)))
        wake(place)
        place.until(lambda: place.look()[ROWS - 2] == "x" * COLUMNS)
        assert not pieces
        assert len(looks) < 10
