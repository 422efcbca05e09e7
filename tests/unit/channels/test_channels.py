"""The table of channels: what a role has, who is asked first, and that a new one is a folder and a line."""

from dataclasses import dataclass
from typing import Final

import pytest

from rmosh.channels.channel import AtClient, AtServer, AttachmentEvent, Channel, ClientSide, Ends, ServerSide
from rmosh.channels.closing.bare_ends import Left
from rmosh.channels.closing.ends import CloseAtServer
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.echo.frames import Echo
from rmosh.channels.input.ends import InputAtServer, Typed
from rmosh.channels.input.frames import Input
from rmosh.channels.newest.ends import ColoursAtServer, TerminalAtServer
from rmosh.channels.newest.frames import Colours, Terminal
from rmosh.compression import Compression
from rmosh.containment import Containment
from rmosh.errors import Malformed, UsageError
from rmosh.history.archive import Archive
from rmosh.history.cleared_lines import ClearedLines
from rmosh.history.recent_rows import RecentRows
from rmosh.session.channels import CHANNELS, FRAMES, Role, ends_towards
from rmosh.session.server import ON_EVENT
from rmosh.terminal.cells import blank_frame
from rmosh.traits import Traits
from rmosh.transport.channel import ChannelEnd, Reception, Urgency
from rmosh.transport.frame_table import FrameTable
from rmosh.transport.frame_type import FrameType, WireFrame
from rmosh.transport.frames import TRANSPORT_FRAMES
from rmosh.transport.newest import NewestSender
from rmosh.wire import Reader, append_varint
from tests.unit.session.session_room import Room


def side(told: list[object], *, read_only: bool = False) -> ServerSide:
    walls = Containment(now=1.0)
    return ServerSide(
        rows=24,
        columns=80,
        read_only=read_only,
        traits=None,
        compression=Compression.NOTHING,
        speaks_streams=False,
        take_screen=lambda: blank_frame(rows=24, columns=80),
        history=(Archive(max_lines=100, max_bytes=10_000), RecentRows(), ClearedLines()),
        walls=walls,
        tell=told.append,
        note=lambda *_args, **_figures: None,
        want_larger=lambda _now: None,
    )


def ends_of(role: Role) -> tuple[Ends, list[object]]:
    told: list[object] = []
    return ends_towards(role, side(told, read_only=role is Role.READER)), told


def test_a_reader_has_no_input_no_colours_and_no_terminal() -> None:
    ends, _ = ends_of(Role.READER)
    assert [ends.find(kind) for kind in (InputAtServer, ColoursAtServer, TerminalAtServer)] == [None, None, None]


@pytest.mark.parametrize(
    "frame", [Input(0, b"rm -rf /\r"), Colours(((0, 1),)), Terminal(Traits(True, False, True, "st", "1;2", (17, 8)))]
)
def test_what_a_reader_says_of_a_channel_it_lacks_is_taken_and_changes_nothing(frame: WireFrame) -> None:
    for role, events in ((Role.READER, 0), (Role.TYPIST, 1)):
        ends, told = ends_of(role)
        Reception(ends.by_name.values()).take([frame], now=2.0)
        assert len(told) == events


@pytest.mark.parametrize("kind", CloseKind)
def test_a_readers_goodbye_never_asks_for_the_end(kind: CloseKind) -> None:
    ends, told = ends_of(Role.READER)
    Reception(ends.by_name.values()).take([Close(kind)], now=2.0)
    assert [event.wants_the_end for event in told if isinstance(event, Left)] == [False]
    assert ends.of(CloseAtServer).goodbye_at == 2.0


def test_a_typists_quitting_asks_for_the_end() -> None:
    ends, told = ends_of(Role.TYPIST)
    Reception(ends.by_name.values()).take([Close(CloseKind.CLIENT_QUIT)], now=2.0)
    assert [event.wants_the_end for event in told if isinstance(event, Left)] == [True]


def test_nothing_of_a_datagram_takes_effect_when_one_of_its_frames_is_refused() -> None:
    ends, told = ends_of(Role.TYPIST)
    beyond = Input(1 << 40, b"far beyond what was allowed")
    with pytest.raises(Malformed, match="the window ends at"):
        Reception(ends.by_name.values()).take([Input(0, b"ls"), beyond], now=2.0)
    assert told == []


def test_a_frame_that_only_the_other_side_sends_is_refused_whoever_says_it() -> None:
    for role in Role:
        ends, _ = ends_of(role)
        with pytest.raises(Malformed, match="takes no Echo"):
            Reception(ends.by_name.values()).take([Echo(2, 0.1)], now=2.0)


def test_every_channel_has_a_name_of_its_own_and_no_two_take_the_same_frame() -> None:
    assert len({channel.name for channel in CHANNELS}) == len(CHANNELS)
    for takes in ([each.client.takes for each in CHANNELS], [each.typist.takes for each in CHANNELS]):
        taken = [kind for kinds in takes for kind in kinds]
        assert len(set(taken)) == len(taken)


def test_what_ends_say_first_is_the_end_then_what_is_shown_and_bulk_comes_last() -> None:
    ends, _ = ends_of(Role.TYPIST)
    said = sorted((urgency, name) for name, end in ends.by_name.items() for urgency, _ in end.senders)
    assert [name for _, name in said] == [
        "closing",
        "screen",
        "echo",
        "history",
        "input",
        "people",
        "history",
        "streams",
    ]


def test_every_event_of_a_client_comes_to_something_in_the_session() -> None:
    # By name: Python 3.10 has the class that a dataclass with slots was made from as well.
    events = {kind.__name__ for kind in AttachmentEvent.__subclasses__() if kind.__module__.startswith("rmosh.")}
    assert {kind.__name__ for kind in ON_EVENT} == events


# --- a toy: what a new channel takes ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mood(WireFrame):
    """How the user feels."""

    percent: int


def _write_mood(buffer: bytearray, frame: Mood) -> None:
    append_varint(buffer, frame.percent)


def _read_mood(reader: Reader) -> Mood:
    return Mood(reader.varint(limit=100))


MOOD: Final = FrameType(0x5A, "MOOD", Mood, True, _write_mood, _read_mood)


class MoodAtClient(AtClient):
    def __init__(self, side: ClientSide) -> None:
        newest = NewestSender(MOOD)
        newest.tell(Mood(70))
        self.senders = ((Urgency.NEWS, newest),)


class MoodAtServer(AtServer):
    takes = (MOOD,)

    def __init__(self, side: ServerSide) -> None:
        self.percent: int | None = None

    def take(self, frame: Mood, *, now: float) -> None:
        self.percent = frame.percent


def test_a_toy_channel_is_a_line_of_the_table_and_what_it_says_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    toy = Channel("mood", MoodAtClient, MoodAtServer, None)
    monkeypatch.setattr("rmosh.session.channels.CHANNELS", (*CHANNELS, toy))
    frames = FrameTable([*(kind for kind in FRAMES.types if kind not in TRANSPORT_FRAMES), MOOD])
    for core in ("client", "attachment"):
        monkeypatch.setattr(f"rmosh.session.{core}.FRAMES", frames)
    room = Room()
    typist, reader = room.attach(), room.attach(read_only=True)
    attachments = room.server._contacts
    assert attachments[typist.announce.session_id].channels.of(MoodAtServer).percent == 70
    assert attachments[reader.announce.session_id].channels.find(MoodAtServer) is None
    assert room.stalls == {}


def test_two_frame_types_of_one_code_are_refused() -> None:
    with pytest.raises(UsageError, match="the same code"):
        other = FrameType(0x5A, "OTHER", Typed, True, _write_mood, _read_mood)  # type: ignore[arg-type]  # no frame
        FrameTable([MOOD, other])


def test_an_end_that_overrides_nothing_says_and_takes_nothing() -> None:
    end = ChannelEnd()
    end.turn(now=1.0)
    assert (end.senders, end.takes, end.next_wakeup(now=1.0)) == ((), (), None)
