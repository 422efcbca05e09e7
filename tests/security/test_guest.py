"""A guest who only looks on may look and leave: whatever it sends, the session is to everybody else as before."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.closing.policy import GOODBYE_PATIENCE
from rmosh.session.channels import CHANNELS, FRAMES
from rmosh.session.client import ClientSession
from rmosh.session.events import PtyInput, ServerEvent
from rmosh.session.policy import PEOPLE_INTERVAL
from rmosh.transport.frame_type import FrameType
from tests.security.shared_session import ANY_FRAME, MEANINGFUL, STEP, Client, SharedSession, encodings


def said_by_the_guest(shared: SharedSession, guest: Client, frames: list[bytes]) -> list[ServerEvent]:
    """Let the guest send frames; return what the server's driver was told meanwhile."""
    shared.events.clear()
    guest.says.waiting.extend(frames)
    shared.run(2 * STEP)
    assert not guest.says.waiting
    return list(shared.events)


def test_of_each_frame_that_a_client_may_say_there_is_a_meaningful_one() -> None:
    """Without one, what follows only tries that nonsense changes nothing."""
    assert set(MEANINGFUL) == {kind.shape for channel in CHANNELS for kind in channel.typist.takes}


@pytest.mark.slow
@pytest.mark.parametrize("owner_is_here", [True, False])
@pytest.mark.parametrize("frame_type", FRAMES.types, ids=lambda frame_type: frame_type.name)
@settings(max_examples=8)
@given(data=st.data())
def test_whatever_a_guest_sends_changes_nothing_of_the_session(
    frame_type: FrameType, owner_is_here: bool, data: st.DataObject
) -> None:
    shared = SharedSession()
    owner, guest = shared.attach(read_only=False), shared.attach(read_only=True, rows=50, columns=132)
    owner.core.tell_colours({1: 0x112233, 16: 0x445566, 17: 0x778899}, now=shared.now)
    owner.core.send_input(b"owner", now=shared.now)
    shared.run(0.1)
    if not owner_is_here:
        owner.core.detach(now=shared.now)
        shared.run(0.1)
    before = shared.state()
    frames = st.lists(encodings(frame_type) | ANY_FRAME, min_size=1, max_size=5)
    told = said_by_the_guest(shared, guest, data.draw(encodings(frame_type).map(lambda one: [one])))
    told += said_by_the_guest(shared, guest, data.draw(frames))
    assert (told, shared.state()) == ([], before)
    assert owner.ended == []


@pytest.mark.parametrize("goodbye", [ClientSession.quit, ClientSession.detach])
def test_a_guest_that_leaves_a_session_whose_owner_is_detached_lets_it_go_on(goodbye: Callable[..., None]) -> None:
    shared = SharedSession()
    owner, guest = shared.attach(read_only=False), shared.attach(read_only=True)
    owner.core.detach(now=shared.now)
    shared.run(0.2)
    goodbye(guest.core, now=shared.now)
    shared.run(GOODBYE_PATIENCE + 0.2)
    assert guest.core.quit_arrived
    assert not [event for event in shared.events if isinstance(event, SessionClosed)]
    assert (shared.server.is_over, shared.server.attachments) == (False, ())


def test_an_owner_that_quits_ends_the_session_though_guests_look_on_and_they_are_told() -> None:
    shared = SharedSession()
    owner, guest = shared.attach(read_only=False), shared.attach(read_only=True)
    owner.core.quit(now=shared.now)
    shared.run(0.2)
    assert [event.close for event in shared.events if isinstance(event, SessionClosed)] == [
        Close(CloseKind.CLIENT_QUIT)
    ]
    assert guest.ended == [CloseKind.CLIENT_QUIT]


def test_a_guest_that_types_by_mistake_goes_on_seeing() -> None:
    shared = SharedSession()
    _, guest = shared.attach(read_only=False), shared.attach(read_only=True)
    for _ in range(20):
        guest.core.send_input(b"oops", now=shared.now)
        shared.server.output(b".", now=shared.now)
        shared.run(0.2)
    assert guest.core.frame == shared.server.screen
    assert guest.core.input_backlog == 0
    assert guest.core.status(now=shared.now).unheard < 1.0
    assert not [event for event in shared.events if isinstance(event, PtyInput)]


def test_a_guest_learns_that_it_only_looks_on_even_where_it_is_alone() -> None:
    shared = SharedSession()
    guest = shared.attach(read_only=True)
    shared.run(PEOPLE_INTERVAL)
    assert [(person.is_you, person.read_only) for person in guest.people] == [(True, True)]
