"""An end that does not know a channel passes over what it is told of it, and the other stops saying it."""

from collections.abc import Collection

import pytest

from rmosh.announce import new_announce
from rmosh.channels.channel import Ends
from rmosh.channels.newest.ends import ColoursAtServer, PeopleChanged
from rmosh.session.attachment import Guest
from rmosh.traits import Traits
from rmosh.transport.endpoint import Endpoint
from rmosh_netem.link import LinkModel
from tests.world.virtual_session import EchoingSession, make_virtual_session

LOSSY = LinkModel(delay=0.05, loss=0.3)


def said(ends: Ends, endpoint: Endpoint, *, now: float) -> set[str]:
    """Return the channels of which an end has something to say, now or again."""
    link = endpoint.conditions(now=now)
    return {
        name for name, end in ends.by_name.items() if any(sender.due_at(link) is not None for _, sender in end.senders)
    }


def said_by_client(session: EchoingSession) -> set[str]:
    return said(session.client.channels, session.client._endpoint, now=session.world.now)


@pytest.mark.parametrize("lacking", [(), ("colours", "terminal")], ids=["known", "unknown"])
def test_a_server_passes_over_what_it_does_not_know_and_the_client_stops(lacking: Collection[str]) -> None:
    session = make_virtual_session(LOSSY, seed=1, server_lacks=lacking)
    session.client.tell_colours({16: 0x112233}, now=session.world.now)
    session.client.tell_terminal(Traits(name="st"), now=session.world.now)
    session.type(b"ls")
    assert said_by_client(session) >= {"colours", "terminal"}
    assert session.world.run_until(lambda: session.converged() and not said_by_client(session), limit=10)
    assert (session.attachment.channels.find(ColoursAtServer) is None) is bool(lacking)
    assert (session.attachment.colours == ()) is bool(lacking)
    assert not session.server.dropped


@pytest.mark.parametrize("lacking", [(), ("people",)], ids=["known", "unknown"])
def test_a_client_passes_over_what_it_does_not_know_and_the_server_stops(lacking: Collection[str]) -> None:
    session = make_virtual_session(LOSSY, seed=1, client_lacks=lacking)
    told: list[object] = []
    session.on_client_event = told.append  # type: ignore[method-assign]  # ours in its place
    attachment = session.attachment
    another = new_announce(port=60000, entropy=bytes(range(40)))
    session.server.attach(another, Guest(24, 80, "another"), now=session.world.now)
    session.world.run(1)

    def says_people() -> bool:
        return "people" in said(attachment.channels, attachment._endpoint, now=session.world.now)

    session.output(b"hello")
    assert session.world.run_until(lambda: session.same_screen() and not says_people(), limit=10)
    assert any(isinstance(event, PeopleChanged) for event in told) is not bool(lacking)
    assert session.client.status(now=session.world.now).datagrams_dropped == 0
