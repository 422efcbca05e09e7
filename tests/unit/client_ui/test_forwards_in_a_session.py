"""What a user types and sees of forwards in a session, over a fake session and a far side that the test plays."""

import re
import socket
from dataclasses import replace

import pytest

from rmosh.forwarding.answers import AnswerStatus, RequestAnswer, encode_answer
from rmosh.forwarding.requests import Accepted, encode_request
from rmosh.terminal.cells import Modes
from rmosh_client.forwarding.figures import ForwardFigures
from rmosh_client.forwarding.settings import ForwardSettings
from rmosh_client.forwarding.specification import Flag, parse_forward
from rmosh_client.running import session_forwards
from rmosh_client.showing.boxes import forward_lines
from rmosh_client.viewing.bottom_line import BottomLine
from tests.patience import PATIENCE
from tests.unit.client_ui.client_ui_driver import COLUMNS, ROWS, Desk, at_work, desk
from tests.unit.client_ui.client_ui_frames import frame_of

LABEL = "forward: "

#: The same, as a line ends with it.
PROMPT_LINE = "forward:"


def ask(place: Desk, line: bytes) -> None:
    place.type(b"\x1eC")
    place.until(lambda: PROMPT_LINE in place.look()[ROWS - 1])
    place.type(line + b"\r")
    place.until(lambda: PROMPT_LINE not in place.look()[ROWS - 1])


def says(place: Desk, words: str) -> bool:
    """Tell whether the screen shows some words, wherever they are wrapped."""
    return words in " ".join(" ".join(place.look()).split())


def port_told(place: Desk) -> int:
    """Return the port that a line tells of."""
    place.until(lambda: says(place, "of this machine"))
    found = re.search(r"port (\d+) of this machine", " ".join(" ".join(place.look()).split()))
    assert found is not None
    return int(found[1])


def test_a_forward_is_typed_at_the_bottom_and_what_came_of_it_is_told() -> None:
    with desk() as place, at_work(place):
        place.session.shows("$ ")
        ask(place, b"-L 0:db:5432")
        port = port_told(place)
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as here:
            place.until(lambda: bool(place.streams_there.changed()))
            ask(place, b"-KL %d" % port)
            place.until(lambda: says(place, f"-KL {port}: listens no more; open connections go on"))
            here.sendall(b"x")
        assert place.session.typed == b""
        place.type(b"y")
        place.until(lambda: place.session.typed == b"y")


def test_the_line_is_edited_and_left_by_escape_and_nothing_of_it_reaches_the_session() -> None:
    with desk() as place, at_work(place):
        place.session.shows("$ ")
        place.type(b"\x1eC")
        place.until(lambda: PROMPT_LINE in place.look()[ROWS - 1])
        place.type(b"-L 80:a:80\x15-D 1x\x7f")
        place.until(lambda: place.look()[ROWS - 1].rstrip().endswith("forward: -D 1"))
        place.type(b"\x1b")
        place.until(lambda: PROMPT_LINE not in place.look()[ROWS - 1])
        assert place.session.typed == b""


def test_what_is_no_forward_is_told_with_the_right_form() -> None:
    with desk() as place, at_work(place):
        place.session.shows("$ ")
        ask(place, b"hello")
        place.until(lambda: says(place, "'hello' is no forward"))
        ask(place, b"-KD 1080")
        place.until(lambda: says(place, "-KD 1080: nothing is forwarded there"))


def test_keys_come_as_usual_while_the_line_is_open_whatever_the_program_wants() -> None:
    line = BottomLine(LABEL)
    frame = replace(frame_of(["$ "], rows=ROWS, columns=COLUMNS), modes=Modes(keyboard_flags=1, modify_other_keys=2))
    assert line.lay_over(frame) is frame
    line.open()
    laid = line.lay_over(frame)
    assert (laid.modes.keyboard_flags, laid.modes.modify_other_keys) == (0, 0)
    assert (laid.cursor.row, laid.cursor.column) == (ROWS - 1, len(" " + LABEL))


def test_the_box_lists_what_is_forwarded() -> None:
    with desk() as place, at_work(place):
        place.session.shows("$ ")
        place.type(b"\x1e#")
        place.until(lambda: says(place, "nothing is forwarded; Ctrl-^ C does"))
        ask(place, b"-R 0:localhost:80")
        place.until(lambda: says(place, "-R 0:localhost:80: does not listen"))
        [stream] = place.streams_there.opened()
        stream.write(encode_answer(RequestAnswer(AnswerStatus.DONE, port=4321)))
        place.until(lambda: says(place, "-R 0:localhost:80: port 4321 of the host"))


def test_what_went_through_a_forward_is_told_in_its_line() -> None:
    forward = parse_forward(Flag.LOCAL, "8080:db:5432")
    lines = forward_lines([ForwardFigures(forward, 2, 1200, 34_000_000)], adding_key="Ctrl-^ C")
    assert lines[3] == "-L 8080:db:5432: 2 open, 1200 bytes there, 34 MB back"
    assert forward_lines([], adding_key="")[1] == "rmosh: nothing is forwarded"


def test_forwards_asked_for_at_the_start_begin_with_the_session_and_failures_are_told_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session_forwards, "_LINE_FOR", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as taken, desk() as place:
        port = taken.getsockname()[1]
        place.forwarding = ForwardSettings(local=(f"{port}:a:1", "0:b:2"))
        with at_work(place):
            place.session.shows("$ ")
            place.until(lambda: says(place, f"-L {port}:a:1: address already in use"))
            place.until(lambda: says(place, "-L 0:b:2: port"))


def test_a_session_that_is_not_wanted_without_its_forward_ends_as_ssh_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, desk() as place:
        port = taken.getsockname()[1]
        place.forwarding = ForwardSettings(local=(f"{port}:a:1",), exits_on_failure=True)
        with at_work(place) as work:
            place.until(lambda: place.session.calls == ["quit"])
            place.session.quit_arrived = True
            place.type(b"x")
            ending = work.ending()
    assert ending.status == 255
    assert ending.message == f"-L {port}:a:1: address already in use; ExitOnForwardFailure ends the session"


def test_what_the_far_side_opens_unasked_is_given_up_before_anything_is_forwarded() -> None:
    with desk() as place, at_work(place):
        place.session.shows("$ ")
        stream = place.streams_there.open()
        stream.write(encode_request(Accepted(0, "x", 1)))
        place.type(b"x")
        place.until(lambda: stream.was_reset is not None)
