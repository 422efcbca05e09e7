"""A traffic class that is due and gives nothing costs neither a turn without end nor datagrams without end."""

from dataclasses import dataclass, field

from rmosh.transport.frame_scheduler import FrameScheduler, Speaker
from rmosh.transport.policy import HELD_BACK_FOR, MAX_VAIN_WAKEUPS
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.traffic import SMALLEST_ROOM, BulkTraffic, Load

LINK = LinkConditions(smoothed_rtt=0.1, probe_timeout=0.2, loss=0.0, silence=0.0, room=477, window_room=4000)


@dataclass(eq=False)
class Source:
    """Has frames to give of some sizes, and is due while it has any, or always."""

    sizes: list[int] = field(default_factory=list)
    always_due: bool = False

    def due_at(self, link: LinkConditions) -> float | None:
        return 0.0 if self.sizes or self.always_due else None

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        fits = bool(self.sizes) and self.sizes[0] <= room
        return [Load(b"x" * self.sizes.pop(0))] if fits else []

    def hurry(self) -> None:
        pass


@dataclass(eq=False)
class Rider(Source):
    """Rides along in every datagram and is never due."""

    says: bytes = b"echo"

    def due_at(self, link: LinkConditions) -> float | None:
        return None

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        return [Load(self.says, elicits_ack=False)]


class Bulk(Source, BulkTraffic):
    """Fills what it can."""

    @property
    def has_bulk(self) -> bool:
        return bool(self.sizes)

    def bulk_loads(self, room: int, most: int, link: LinkConditions, *, now: float) -> list[Load]:
        return []


def scheduler_of(*sources: Source) -> FrameScheduler:
    return FrameScheduler([Speaker(f"{type(source).__name__} {place}", source) for place, source in enumerate(sources)])


def datagrams_at(scheduler: FrameScheduler, now: float, *, most: int = 64) -> int:
    """Build datagrams as an endpoint does, until nothing is due; return how many."""
    built = 0
    while built < most and (due_at := scheduler.due_at(LINK)) is not None and due_at <= now:
        built += bool(scheduler.loads(LINK.room, LINK, now=now))
    return built


def test_a_class_whose_frame_never_fits_is_held_back_though_others_ride_along() -> None:
    rider, too_large = Rider(), Source([LINK.room + 1])
    scheduler = scheduler_of(rider, too_large)
    sent = [datagrams_at(scheduler, 100.0 + turn * 0.001) for turn in range(1000)]
    assert sum(sent) <= 1 + 1 / HELD_BACK_FOR
    assert scheduler.due_at(LINK) is not None
    assert set(scheduler.stalls) == {"Source 1"}


def test_the_others_go_on_while_one_is_held_back() -> None:
    scheduler = scheduler_of(Source(always_due=True), sound := Source([100] * 3))
    assert datagrams_at(scheduler, 100.0) == 3
    assert sound.sizes == []
    assert scheduler.stalls == {"Source 0": 1}


def test_a_class_that_fits_only_without_an_acknowledgement_is_not_at_fault() -> None:
    scheduler = scheduler_of(source := Source([LINK.room]))
    assert scheduler.loads(LINK.room - 5, LINK, now=100.0) == []
    assert not scheduler.stalls
    assert scheduler.due_at(LINK) == 0.0
    assert len(scheduler.loads(LINK.room, LINK, now=100.0)) == 1
    assert source.sizes == []


def test_a_class_that_more_urgent_ones_leave_no_room_is_not_at_fault() -> None:
    scheduler = scheduler_of(Source([LINK.room] * 5), last := Source([SMALLEST_ROOM]))
    assert datagrams_at(scheduler, 100.0) == 6
    assert (last.sizes, dict(scheduler.stalls)) == ([], {})


def test_a_held_back_class_is_asked_at_once_when_the_path_is_another_one() -> None:
    scheduler = scheduler_of(Source([LINK.room + 1]))
    datagrams_at(scheduler, 100.0)
    assert scheduler.due_at(LINK) == 100.0 + HELD_BACK_FOR
    scheduler.hurry()
    assert scheduler.due_at(LINK) == 0.0


def test_an_endpoint_that_is_woken_in_vain_again_and_again_rests() -> None:
    scheduler = scheduler_of()
    wakeups = [scheduler.rested(0.0, now=100.0) for _ in range(MAX_VAIN_WAKEUPS + 3)]
    assert wakeups == [0.0] * MAX_VAIN_WAKEUPS + [100.0 + HELD_BACK_FOR] * 3
    scheduler.led_to_something()
    assert scheduler.rested(0.0, now=100.0) == 0.0
    assert scheduler.rested(200.0, now=100.0) == 200.0


def test_a_class_that_what_rides_along_leaves_no_room_is_not_at_fault() -> None:
    scheduler = scheduler_of(Rider(says=bytes(LINK.room - 10)), Source([100]))
    assert scheduler.loads(LINK.room, LINK, now=100.0)
    assert not scheduler.stalls


def test_bulk_makes_no_datagram_larger_that_somebody_waits_for() -> None:
    scheduler = scheduler_of(Rider(), Source([9]), Bulk([300, 300]))
    datagrams = [[len(load.encoded) for load in scheduler.loads(LINK.room, LINK, now=100.0)] for _ in range(3)]
    assert datagrams == [[4, 9], [4, 300], [4, 300]]
    assert not scheduler.stalls
