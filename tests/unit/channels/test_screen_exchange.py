"""Screens from sender to receiver: newest wins, any loss heals, and neither side keeps more than its bound."""

import random

import pytest

from rmosh.channels.screen.frames import ScreenSymbol
from rmosh.channels.screen.policy import MAX_RECEIVED_FRAMES, MAX_SENT_FRAMES
from rmosh.channels.screen.receiver import ScreenReceiver
from rmosh.channels.screen.sender import ScreenSender, ScreenShot
from rmosh.errors import Malformed
from rmosh.screen import encode_change
from rmosh.session.channels import FRAMES
from rmosh.terminal.cells import TRUECOLOR, Cell, Frame, Row, Style, blank_frame, blank_row
from rmosh.transport.policy import PROBE_INTERVAL
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.sent_packets import Cargo

LOSSY = LinkConditions(smoothed_rtt=0.1, probe_timeout=0.12, loss=0.29, silence=0.0, room=477, window_room=12000.0)
SILENT = LinkConditions(smoothed_rtt=0.1, probe_timeout=0.12, loss=0.0, silence=5.0, room=477, window_room=12000.0)


def frame_of(*lines: str, columns: int = 80) -> Frame:
    rows = [Row(tuple(map(Cell, line.ljust(columns)))) for line in lines]
    return Frame(tuple(rows + [blank_row(columns)] * (24 - len(rows))), columns)


def noise(chance: random.Random) -> Frame:
    return frame_of(*["".join(chr(chance.randrange(33, 127)) for _ in range(80)) for _ in range(24)])


class Program:
    """A screen and the sender that shows it."""

    def __init__(self) -> None:
        self.frame = frame_of("$")
        self.sender = ScreenSender(lambda: ScreenShot(self.frame, 0), want_larger=lambda now: None)

    def show(self, frame: Frame, *, now: float) -> None:
        self.frame = frame
        self.sender.changed(now=now)

    def symbols(self, link: LinkConditions, *, now: float) -> list[tuple[ScreenSymbol, Cargo]]:
        """Return everything that leaves at one moment."""
        symbols = []
        while (due_at := self.sender.due_at(link)) is not None and due_at <= now:
            loads = self.sender.loads(link.room, link, now=now)
            if not loads:
                break
            (screen,) = FRAMES.decode(loads[0].encoded)
            assert isinstance(screen, ScreenSymbol)
            assert loads[0].cargo is not None
            symbols.append((screen, loads[0].cargo))
        return symbols


@pytest.mark.parametrize("seed", range(5))
def test_a_large_screen_arrives_from_any_part_of_its_symbols(seed: int) -> None:
    chance, program, client = random.Random(seed), Program(), ScreenReceiver()
    program.show(noise(chance), now=0.0)
    now = 0.01
    for _ in range(200):
        for screen, cargo in program.symbols(LOSSY, now=now):
            if chance.random() < 0.5:
                cargo.on_lost(now=now)
                continue
            client.receive(screen)
            client.show()
            cargo.on_acknowledged(now=now)
        if client.frame == program.frame:
            break
        now += 0.1
    assert client.frame == program.frame
    assert now < 1.0
    program.sender.shown(client.number)
    assert program.sender.settled


def picture(chance: random.Random, *, rows: int) -> Frame:
    """Return as many rows of a picture, each of 5 kB, above blank ones."""

    def cell() -> Cell:
        return Cell("#", Style(TRUECOLOR | chance.randrange(1 << 24), TRUECOLOR | chance.randrange(1 << 24)))

    shown = [Row(tuple(cell() for _ in range(640))) for _ in range(rows)]
    return Frame(tuple(shown + [blank_row(640)] * (24 - rows)), 640)


def test_no_part_of_a_picture_is_sent_twice_while_its_program_draws_on() -> None:
    near = LOSSY._replace(loss=0.0, smoothed_rtt=0.001, room=1200, window_room=1e6)
    program, client, now, sizes = Program(), ScreenReceiver(), 0.0, []
    for step in range(100):
        now = step / 1000
        program.frame = picture(random.Random(1), rows=1 + step // 5)
        program.sender.changed(output=4000, now=now)
        symbols = program.symbols(near, now=now)
        sizes += [len(screen.data) for screen, _ in symbols]
        for screen, _ in symbols:
            client.receive(screen)
        if step % 25 == 24 and (shown := client.show()):  # busy as it is
            assert shown.is_picture
            program.sender.shown(client.number)
    for screen, _ in program.symbols(near, now=now + 1):
        sizes.append(len(screen.data))
        client.receive(screen)
    client.show()
    assert client.frame == program.frame
    whole = len(encode_change(blank_frame(rows=1, columns=1), program.frame, input_offset=0))
    assert sum(sizes) < 1.1 * whole


def test_what_a_key_does_to_a_picture_is_not_held_up_by_what_is_on_its_way() -> None:
    near = LOSSY._replace(loss=0.0, smoothed_rtt=0.001, room=1200, window_room=1e6)
    program = Program()
    for rows, now in ((5, 0.0), (10, 0.030)):
        program.frame = picture(random.Random(1), rows=rows)
        program.sender.changed(output=4000, now=now)
        assert bool(program.symbols(near, now=now + 0.005)) is (rows == 5)
    program.sender.input_arrived(now=0.036)
    assert program.symbols(near, now=0.036)


def test_a_newer_frame_needs_nothing_of_an_older_one_that_was_lost() -> None:
    program, client = Program(), ScreenReceiver()
    program.show(frame_of("lost"), now=0.0)
    assert program.symbols(LOSSY, now=0.01)
    program.show(frame_of("newest"), now=1.0)
    for screen, _ in program.symbols(LOSSY, now=1.01):
        client.receive(screen)
        client.show()
    assert client.frame == frame_of("newest")


def test_while_no_frame_arrives_the_newest_is_repeated_densely_however_fast_they_change() -> None:
    program, clean = Program(), LOSSY._replace(loss=0.0)
    for step in range(15):
        program.show(frame_of(str(step)), now=step / 100)
        program.symbols(clean, now=step / 100 + 0.006)
    due_at = program.sender.due_at(clean)
    assert due_at is not None
    assert due_at <= 0.146 + 0.03


def test_an_older_frame_that_arrives_late_changes_nothing_and_is_answered() -> None:
    program, client = Program(), ScreenReceiver()
    program.show(frame_of("old"), now=0.0)
    old = program.symbols(LOSSY, now=0.01)
    program.show(frame_of("new"), now=1.0)
    for screen, _ in program.symbols(LOSSY, now=1.01) + old:
        client.receive(screen)
        client.show()
    assert client.frame == frame_of("new")
    assert client.due_at(LOSSY) == 0.0


@pytest.mark.slow
def test_a_hundred_changes_into_silence_leave_with_the_probes_only() -> None:
    program = Program()
    sent = 0
    for step in range(1000):
        program.show(frame_of(str(step)), now=step / 100)
        sent += len(program.symbols(SILENT, now=step / 100 + 0.006))
    assert sent <= 10 / PROBE_INTERVAL + 30


def test_a_screen_told_in_vain_many_times_still_arrives_when_the_client_is_back() -> None:
    program, client = Program(), ScreenReceiver()
    for step in range(5 * MAX_SENT_FRAMES):
        program.show(frame_of(str(step)), now=float(step))
        program.symbols(LOSSY, now=step + 0.5)
    assert len(program.sender._sent) <= MAX_SENT_FRAMES
    program.show(frame_of("back"), now=9000.0)
    for screen, _ in program.symbols(LOSSY, now=9000.5):
        client.receive(screen)
        client.show()
    assert client.frame == frame_of("back")


def test_a_client_whose_acknowledgements_are_lost_goes_on_for_ever_within_its_bound() -> None:
    client, first = ScreenReceiver(), blank_frame(rows=1, columns=1)
    for number in range(1, 4 * MAX_RECEIVED_FRAMES):
        frame = frame_of(str(number))
        client.receive(whole(number, base=0, content=encode_change(first, frame, input_offset=0)))
        client.show()
        assert client.frame == frame
    assert len(client._frames) <= MAX_RECEIVED_FRAMES


def test_a_client_keeps_every_frame_that_the_server_may_start_from() -> None:
    client, first = ScreenReceiver(), blank_frame(rows=1, columns=1)
    last = 3 * MAX_SENT_FRAMES
    for number in range(1, last + 1):
        content = encode_change(first, frame_of(str(number)), input_offset=0)
        client.receive(whole(number, base=0, content=content))
        client.show()
    base = last - MAX_SENT_FRAMES + 1
    content = encode_change(frame_of(str(base)), frame_of("from there"), input_offset=0)
    client.receive(whole(last + 1, base=base, content=content))
    client.show()
    assert client.frame == frame_of("from there")


def test_a_change_of_a_frame_that_is_unknown_is_refused() -> None:
    content = encode_change(frame_of("a"), frame_of("b"), input_offset=0)
    with pytest.raises(Malformed):
        ScreenReceiver().receive(whole(7, base=5, content=content))


def test_a_client_cannot_claim_a_frame_never_sent() -> None:
    with pytest.raises(Malformed):
        Program().sender.check_shown(1)


def whole(number: int, *, base: int, content: bytes) -> ScreenSymbol:
    """Return a message as one symbol."""
    return ScreenSymbol(number, base, len(content), len(content), 0, 0, content)


def test_of_screens_that_arrive_together_only_the_newest_is_applied() -> None:
    program, client = Program(), ScreenReceiver()
    arrived = []
    for step in range(20):
        program.show(frame_of(f"step {step}"), now=float(step))
        arrived += program.symbols(LOSSY, now=step + 0.01)
    for screen, _ in arrived:
        client.receive(screen)
    changed = client.show()
    assert changed is not None and changed.frame == frame_of("step 19")
    assert client.show() is None
    assert client.number == program.sender.number


def test_a_frame_that_starts_from_one_the_client_gave_up_is_made_anew_from_a_newer_one() -> None:
    program, client = Program(), ScreenReceiver()
    for number, text in enumerate(("one", "two"), 1):
        program.show(frame_of(text), now=float(number))
        for screen, _ in program.symbols(LOSSY, now=number + 0.01):
            client.receive(screen)
            client.show()
    program.sender.shown(1)
    program.show(frame_of("three"), now=3.0)
    assert {screen.base for screen, _ in program.symbols(LOSSY, now=3.01)} == {1}
    program.sender.shown(client.number)  # and 1 was given up, with all that starts from it
    now = 3.01
    while client.frame != program.frame and now < 10:
        now += 0.05
        for screen, _ in program.symbols(LOSSY, now=now):
            if screen.base != 1:
                client.receive(screen)
                client.show()
    assert client.frame == frame_of("three")
    assert now < 4
