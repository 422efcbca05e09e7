"""A contact that is well costs a turn nothing, and one that is not is looked at in every turn."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from rmosh.session.status import LinkStatus
from rmosh_client.link.clocks import monotonic
from rmosh_client.reaching.keeping_contact import KeepingContact
from tests.unit.client_ui.client_ui_driver import Desk, desk
from tests.unit.client_ui.client_ui_status import HEALTHY

#: The reserve of addresses is looked at within the first second, and what is said of UDP within the first three.
SETTLED = 10.0


class Watched:
    """The contact of a driver, and how often it was looked at."""

    def __init__(self, contact: KeepingContact, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self._contact = contact
        self.began = monotonic()
        self.looks = 0
        look = desk.contact.look

        def counted(status: LinkStatus, *, now: float, boot_time: float) -> None:
            self.looks += 1
            look(status, now=now, boot_time=boot_time)

        monkeypatch.setattr(desk.contact, "look", counted)

    def turns(self, status: LinkStatus, *, after: float, is_leaving: bool = False) -> int:
        """Take ten turns within half a second; return how often the contact was looked at."""
        before = self.looks
        for tenth in range(10):
            now = self.began + SETTLED + after + 0.05 * tenth
            self._contact.turn(status, is_leaving=is_leaving, now=now)
        return self.looks - before


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    with desk() as place:
        driver, _, parts = place.driver()
        yield Watched(driver._link._contact, place, monkeypatch)
        parts.reach.network.close()
        parts.reach.refusal.close()


def test_a_contact_that_is_well_is_looked_at_now_and_then(watched: Watched) -> None:
    assert HEALTHY.is_well
    assert watched.turns(HEALTHY, after=0.0) == 1
    assert watched.turns(HEALTHY, after=4.0) == 0
    assert watched.turns(HEALTHY, after=5.5) == 1


@pytest.mark.parametrize(
    "status",
    [
        replace(HEALTHY, silence=0.3),
        replace(HEALTHY, unheard=0.3),
        replace(HEALTHY, is_stream=True),
    ],
)
def test_one_that_is_not_is_looked_at_in_every_turn(watched: Watched, status: LinkStatus) -> None:
    assert watched.turns(HEALTHY, after=0.0) == 1
    assert watched.turns(status, after=0.5) == 10


def test_another_path_and_a_leave_are_looked_at_at_once(watched: Watched) -> None:
    watched.turns(HEALTHY, after=0.0)
    assert watched.turns(replace(HEALTHY, path="[192.0.2.7]:60001"), after=0.5) == 1
    assert watched.turns(replace(HEALTHY, path="[192.0.2.7]:60001"), after=0.5, is_leaving=True) == 1


def test_so_is_what_comes_from_outside(watched: Watched) -> None:
    contact = watched._contact
    happenings: tuple[Callable[[], None], ...] = (
        lambda: contact.woke_up(now=monotonic()),
        lambda: contact.look_at_network(now=monotonic()),
        contact.after(lambda: None),
    )
    for happens in happenings:
        watched.turns(HEALTHY, after=0.0)
        happens()
        assert watched.turns(HEALTHY, after=0.0) == 1
