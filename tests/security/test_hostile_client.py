"""A client that has keys and means harm: it can type, as it may, and do nothing to the session or to other clients."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.history.frames import HistoryWant
from rmosh.channels.input.frames import Input
from rmosh.channels.newest.frames import Window
from rmosh.channels.screen.policy import MAX_SENT_FRAMES
from rmosh.session.channels import FRAMES
from rmosh.session.events import PtyInput
from rmosh.transport.frame_type import WireFrame
from rmosh.transport.frames import Ping
from tests.security.shared_session import ANY_FRAME, STEP, SharedSession

MIB = 1 << 20


def typed_by(shared: SharedSession, session_id: bytes) -> bytes:
    return b"".join(
        [event.data for event in shared.events if isinstance(event, PtyInput) and event.client == session_id]
    )


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(ANY_FRAME, min_size=1, max_size=8))
def test_whatever_one_client_sends_another_types_and_sees_as_before(frames: list[bytes]) -> None:
    shared = SharedSession()
    owner, hostile = shared.attach(read_only=False), shared.attach(read_only=False)
    hostile.says.waiting.extend(frames)
    shared.run(4 * STEP)
    owner.core.send_input(b"exact", now=shared.now)
    shared.server.output(b"\r\nshown", now=shared.now)
    shared.run(0.3)
    assert typed_by(shared, owner.announce.session_id) == b"exact"
    assert owner.core.frame == shared.server.screen
    assert owner.ended == []
    assert shared.server._walls.count == 0, shared.server._walls.next_told()


def test_a_client_that_quits_while_another_may_type_ends_nothing() -> None:
    shared = SharedSession()
    owner, hostile = shared.attach(read_only=False), shared.attach(read_only=False)
    hostile.says.waiting.append(FRAMES.encode(Close(CloseKind.CLIENT_QUIT)))
    shared.run(0.2)
    assert not [event for event in shared.events if isinstance(event, SessionClosed)]
    assert owner.ended == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gaps", "windows", "wishes", "pings"])
def test_a_client_that_sends_without_end_makes_the_server_hold_no_more_than_sixteen_mebibytes(
    kind: str, memory_grown_by: Callable[[Callable[[], object]], int]
) -> None:
    shared, chance = SharedSession(), random.Random(5)
    hostile = shared.attach(read_only=False)
    makers: dict[str, Callable[[], WireFrame]] = {
        "gaps": lambda: Input(1 + chance.randrange(1 << 40), chance.randbytes(900)),  # never the byte that is due
        "windows": lambda: Window(chance.randrange(1 << 40), chance.randint(1, 1000), chance.randint(1, 1000)),
        "wishes": lambda: HistoryWant(chance.randrange(1 << 40), 1 << 40, chance.randrange(1 << 40), 1 << 40),
        "pings": lambda: Ping(),
    }

    def send() -> None:
        for _ in range(40):
            hostile.says.waiting.extend(FRAMES.encode(makers[kind]()) for _ in range(50))
            shared.run(3 * STEP)
            shared.events.clear()

    grown = memory_grown_by(send)
    attachment = shared.server._contacts[hostile.announce.session_id]
    print(f"{kind}: {grown / MIB:.1f} MiB after 2000 frames")
    assert grown < 16 * MIB
    assert len(attachment.screen.sender._sent) <= MAX_SENT_FRAMES
    assert shared.server._walls.count == 0, shared.server._walls.next_told()
