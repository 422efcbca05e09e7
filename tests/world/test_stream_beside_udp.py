"""A stream beside UDP: whatever happens to either, every key arrives once and in order, and soon."""

import random

import pytest

from rmosh.transport.path import Datagram, Path
from rmosh.transport.policy import BESIDE_AFTER
from rmosh_netem.link import LinkModel
from tests.world.stream_beside_udp import STREAM_AT_SERVER, TwoPaths, idle_events, make_two_paths
from tests.world.virtual_session import (
    SERVER_AS_SEEN,
    EchoingSession,
    colourful_page,
    key_latencies,
    make_virtual_session,
    percentile,
)

RTT = 0.1
LINK = LinkModel(delay=RTT / 2)

#: A key during which a path dies: until that is noticed, and then a round trip.
NOTICED = RTT + BESIDE_AFTER + RTT
#: A key on a path that works.
SOON = RTT + 0.02


def test_the_first_key_goes_by_the_stream_and_udp_takes_over_once_it_answers_both_ways() -> None:
    paths = make_two_paths(LINK, LINK, seed=1)
    assert paths.key() < SOON
    assert max(paths.keys(20)) < SOON
    assert paths.session.client.active_path == SERVER_AS_SEEN
    assert paths.switches == (1, 1)
    assert paths.stream.up.written + paths.stream.down.written < 10


def test_where_udp_is_blocked_the_stream_carries_all_with_one_datagram_a_key_and_few_probes() -> None:
    paths = make_two_paths(LINK, LINK, seed=2, blocked=True)
    paths.session.world.run(2)
    before = paths.stream.up.written
    assert max(paths.keys(40)) < SOON
    assert paths.on_stream and paths.switches == (0, 0)
    assert paths.stream.up.written - before <= 2 * 40 + 4, "a key and the receipt of its echo"
    paths.session.world.run(3600)
    assert paths.session.world.up.counters.sent < 80
    assert paths.session.converged()


def test_udp_that_opens_later_is_found_within_a_minute_and_at_once_where_the_network_changed() -> None:
    for told in (False, True):
        paths = make_two_paths(LINK, LINK, seed=3, blocked=True)
        paths.session.world.run(300)
        paths.restore_udp()
        if told:
            paths.session.client.network_changed(now=paths.now)
        paths.session.world.run(1 if told else 61)
        assert not paths.on_stream
        assert max(paths.keys(5)) < SOON


@pytest.mark.parametrize(("up", "down"), [(True, True), (True, False), (False, True)])
def test_udp_that_dies_hands_over_to_the_stream_within_a_round_trip_and_a_tenth_of_a_second(
    up: bool, down: bool
) -> None:
    paths = make_two_paths(LINK, LINK, seed=4)
    paths.keys(20)
    paths.cut_udp(up=up, down=down)
    assert paths.key() < NOTICED
    assert max(paths.keys(30)) < SOON
    paths.restore_udp()
    paths.session.world.run(10)
    assert not paths.on_stream
    assert paths.session.converged()


@pytest.mark.parametrize(("up", "down"), [(True, False), (False, True)])
def test_udp_that_goes_one_way_only_is_never_taken(up: bool, down: bool) -> None:
    paths = make_two_paths(LINK, LINK, seed=5, blocked=True)
    paths.change_udp(LINK, up=up, down=down)
    assert max(paths.keys(100)) < SOON
    paths.session.world.run(120)
    assert paths.on_stream and paths.switches == (0, 0)


def test_a_screen_that_talks_goes_on_where_only_the_clients_own_datagrams_are_lost() -> None:
    paths = make_two_paths(LINK, LINK, seed=6)
    paths.keys(10)
    paths.cut_udp(down=False)
    for number in range(100):
        paths.session.output(b"line %d\r\n" % number)
        paths.session.world.run(0.1)
    paths.session.world.run(RTT)
    assert paths.session.same_screen()


def test_a_stream_that_stalls_is_not_fed_repeats() -> None:
    paths = make_two_paths(LINK, LINK, seed=7, blocked=True)
    paths.keys(10)
    paths.stream.stall(now=paths.now, seconds=5)
    before = paths.stream.up.written
    for _ in range(10):
        paths.session.type(b"s")
        paths.session.world.run(0.4)
    assert paths.stream.up.written - before <= 10 + 8
    paths.session.world.run(5)
    assert paths.session.converged()
    assert max(paths.keys(10)) < SOON


def test_a_stream_that_stalls_for_good_hands_over_to_udp_that_has_just_opened() -> None:
    paths = make_two_paths(LINK, LINK, seed=8, blocked=True)
    paths.keys(10)
    paths.restore_udp()
    paths.stream.stall(now=paths.now, seconds=10_000)
    assert paths.key() < NOTICED + 0.02
    assert max(paths.keys(30)) < SOON


@pytest.mark.parametrize("blocked", [False, True])
def test_a_stream_that_breaks_leaves_all_to_udp(blocked: bool) -> None:
    paths = make_two_paths(LINK, LINK, seed=9, blocked=blocked)
    paths.keys(10)
    paths.restore_udp()
    paths.session.type(b"xyz")
    paths.close_stream()
    paths.session.world.run(1)
    assert paths.session.converged()
    assert max(paths.keys(10)) < SOON
    assert paths.session.client.active_path == SERVER_AS_SEEN


def test_another_stream_takes_the_place_of_one_that_broke() -> None:
    paths = make_two_paths(LINK, LINK, seed=10, blocked=True)
    paths.keys(5)
    paths.close_stream()
    paths.session.type(b"lost meanwhile")
    paths.session.world.run(5)
    world = paths.session.world
    at_client, at_server = Path.stream(102), Path.stream(8)
    world.open_stream(up=LINK, down=LINK, seed=1, client_path=at_client, server_path=at_server)
    paths.session.client.add_path(at_client, now=world.now)
    world.run(3 * RTT)
    assert paths.session.converged()
    assert max(paths.keys(10)) < SOON
    assert paths.session.client.active_path == at_client


def test_the_stream_is_given_up_once_udp_has_held_and_not_while_it_is_needed() -> None:
    paths = make_two_paths(LINK, LINK, seed=11)
    told = idle_events(paths.session)
    paths.keys(20)
    assert told() == 0
    paths.keys(60, gap=0.3)
    assert told() == 1
    blocked = make_two_paths(LINK, LINK, seed=11, blocked=True)
    told = idle_events(blocked.session)
    blocked.keys(100, gap=0.3)
    assert told() == 0


@pytest.mark.parametrize("round_trip", [0.001, 0.1, 0.3])
def test_who_only_reads_has_the_stream_given_up_soon_as_well(round_trip: float) -> None:
    link = LinkModel(delay=round_trip / 2)
    paths = make_two_paths(link, link, seed=20)
    told = idle_events(paths.session)
    paths.session.world.run(9.5)
    assert told() == 0
    paths.session.world.run(max(10.0, 110 * round_trip))
    assert told() == 1


def test_both_paths_are_told_of_while_both_are_there() -> None:
    paths = make_two_paths(LINK, LINK, seed=12)
    paths.keys(1)
    status = paths.session.client.status(now=paths.now)
    assert status.udp is not None and status.stream is not None
    assert status.stream.srtt == pytest.approx(RTT, abs=0.01)
    paths.keys(30)
    status = paths.session.client.status(now=paths.now)
    assert not status.is_stream and status.path == "[server]:60000"
    assert status.udp is not None and status.udp.delivery == pytest.approx(RTT, abs=0.02)
    paths.cut_udp()
    paths.keys(20)
    status = paths.session.client.status(now=paths.now)
    assert status.is_stream and status.path == "stream"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_both_paths_alternate_a_hundred_times_and_every_key_arrives_once_and_soon(seed: int) -> None:
    paths = make_two_paths(LINK, LINK, seed=seed)
    chance = random.Random(seed)
    first: list[float] = []
    further: list[float] = []
    paths.session.world.run(1)
    for turn in range(100):
        if turn % 2:
            paths.restore_udp()
            paths.stream.stall(now=paths.now, seconds=0.59)
        else:
            paths.cut_udp()
        paths.session.world.run(chance.uniform(0, 0.3))
        first.append(paths.key())
        further += paths.keys(3)
        paths.session.world.run(chance.uniform(1, 4))
    for taken in (first, further):
        print("slowest keys", [round(each, 3) for each in sorted(taken)[-10:]], "switches", paths.switches)
    assert percentile(first, 0.9) < NOTICED + RTT + BESIDE_AFTER, "either end has to notice"
    assert percentile(further, 0.98) <= RTT + 0.1
    paths.restore_udp()
    paths.session.world.run(10)
    assert paths.session.converged()
    assert paths.session.client._endpoint.stalls == {}


@pytest.mark.slow
def test_udp_that_comes_and_goes_takes_the_session_with_it_less_and_less() -> None:
    paths = make_two_paths(LINK, LINK, seed=14)
    for _ in range(60):
        paths.keys(5)
        paths.session.world.run(2)
        paths.cut_udp()
        paths.keys(5)
        paths.session.world.run(2)
        paths.restore_udp()
    print("switches", paths.switches)
    assert max(paths.switches) <= 24


@pytest.mark.slow
@pytest.mark.parametrize("loss", [0.05, 0.29])
def test_a_stream_beside_makes_no_key_slower_over_udp_that_loses(loss: float) -> None:
    udp = LinkModel(delay=RTT / 2, loss=loss)
    without: list[float] = []
    beside: list[float] = []
    for seed in range(3):
        alone, paths = make_virtual_session(udp, seed=seed), make_two_paths(udp, udp, seed=seed)
        for session, taken in ((alone, without), (paths.session, beside)):
            session.world.run(2)
            taken += key_latencies(session, 150, gaps=(0.08, 0.3), seed=seed)
    print([round(percentile(each, share), 3) for each in (without, beside) for share in (0.5, 0.9, 0.99)])
    assert percentile(beside, 0.9) <= percentile(without, 0.9) + 0.02
    assert percentile(beside, 0.99) <= percentile(without, 0.99) + 0.03


@pytest.mark.slow
@pytest.mark.parametrize("loss", [0.1, 0.29])
def test_a_stream_beside_makes_no_page_slower_over_udp_that_loses_and_is_not_gone_back_to(loss: float) -> None:
    udp = LinkModel(delay=RTT / 2, loss=loss)
    without: list[float] = []
    beside: list[float] = []
    switches: list[tuple[int, int]] = []
    for seed in range(4):
        alone = make_virtual_session(udp, seed=seed, rows=48, columns=160)
        paths = make_two_paths(udp, udp, seed=seed, rows=48, columns=160)
        for session, taken in ((alone, without), (paths.session, beside)):
            session.world.run(2)
            taken += pages(session, 20, seed=seed)
        switches.append(paths.switches)
    print(switches, [round(percentile(each, share), 3) for each in (without, beside) for share in (0.5, 0.8, 0.9)])
    assert percentile(beside, 0.8) <= percentile(without, 0.8) + 0.02
    assert switches == [(1, 1)] * 4


def pages(session: EchoingSession, count: int, *, seed: int) -> list[float]:
    """Have a program draw pages of many colours, one a key; return for each the seconds until it is shown."""
    chance = random.Random(seed)
    session.program = lambda _: colourful_page(chance, rows=48, columns=160)
    taken: list[float] = []
    for _ in range(count):
        began = session.world.now
        session.type(b"n")
        assert session.world.run_until(lambda: session.given == session.typed and session.same_screen(), limit=30)
        taken.append(session.world.now - began)
        session.world.run(chance.uniform(0.3, 0.6))
    return taken


def repaints(paths: TwoPaths, count: int) -> list[float]:
    chance = random.Random(1)
    taken: list[float] = []
    for _ in range(count):
        began = paths.now
        paths.session.output(colourful_page(chance, rows=48, columns=160))
        assert paths.session.world.run_until(paths.session.same_screen, limit=30)
        taken.append(paths.now - began)
        paths.keys(3)
    return taken


@pytest.mark.slow
@pytest.mark.parametrize(
    "policed",
    [
        pytest.param(LinkModel(delay=RTT / 2, mtu=400), id="by size, below what any path is trusted with"),
        pytest.param(LinkModel(delay=RTT / 2, rate=16_000, queue=600), id="by rate"),
    ],
)
def test_udp_that_is_policed_loses_to_the_stream_and_is_tried_again_later(policed: LinkModel) -> None:
    paths = make_two_paths(policed, LINK, seed=15, rows=48, columns=160)
    paths.session.world.run(1)
    taken = repaints(paths, 20)
    print("repaints", [round(each, 2) for each in taken], paths.switches)
    assert percentile(taken, 0.85) < SOON
    after = max(paths.switches)
    paths.change_udp(LINK)
    paths.session.world.run(120)
    assert not paths.on_stream
    assert max(repaints(paths, 10)) < SOON + RTT, "the first looks for larger datagrams again"
    assert max(paths.switches) <= after + 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rate", "queue"), [(64_000, 600), (64_000, 2000), (256_000, 2000), (1_000_000, 600), (1_000_000, 2000)]
)
def test_udp_that_passes_the_beginnings_of_flights_alone_loses_to_the_stream_within_the_first_page(
    rate: int, queue: int
) -> None:
    policed = LinkModel(delay=RTT / 2, rate=rate, queue=queue)
    paths = make_two_paths(policed, LINK, seed=21, rows=48, columns=160)
    paths.session.world.run(1)
    first, *further = repaints(paths, 8)
    print("repaints", first, further)
    assert first < (5 if queue == 600 else 7) * RTT
    assert max(further) < SOON


def test_large_datagrams_that_vanish_above_900_bytes_leave_udp_in_use() -> None:
    paths = make_two_paths(LinkModel(delay=RTT / 2, mtu=900), LINK, seed=16, rows=48, columns=160)
    assert percentile(repaints(paths, 10), 0.8) < SOON
    assert not paths.on_stream


def test_copies_raced_from_another_address_draw_no_session_away_from_its_stream() -> None:
    paths = make_two_paths(LINK, LINK, seed=17, blocked=True)
    session, thief = paths.session, Path(0, "thief", 666)
    send = session.client.datagrams_to_send
    to_thief: list[int] = []

    def copied(*, now: float) -> list[Datagram]:
        datagrams = send(now=now)
        for datagram in datagrams:
            session.server.receive_datagram(datagram.data, thief, now=now)
        return datagrams

    answer = session.server.datagrams_to_send

    def counted(*, now: float) -> list[Datagram]:
        datagrams = answer(now=now)
        to_thief.extend(len(datagram.data) for datagram in datagrams if datagram.path == thief)
        return datagrams

    session.client.datagrams_to_send = copied  # type: ignore[method-assign,assignment]
    session.server.datagrams_to_send = counted  # type: ignore[method-assign,assignment]
    assert max(paths.keys(60)) < SOON
    end = session.attachment._endpoint
    assert end.ways.active == STREAM_AT_SERVER and end.ways.udp.proven_since < 0
    assert to_thief, "challenges that only the client could answer"


@pytest.mark.slow
def test_a_stream_on_a_narrow_link_holds_no_key_behind_more_than_its_window() -> None:
    narrow = LinkModel(delay=RTT / 2, rate=256_000)
    paths = make_two_paths(narrow, narrow, seed=18, blocked=True, rows=48, columns=160)
    paths.session.world.run(2)
    chance = random.Random(18)
    for _ in range(100):
        paths.session.output(colourful_page(chance, rows=48, columns=160))
        paths.session.world.run(0.02)
    paths.session.program = lambda data: b"\x1b[2J\x1b[Hstopped"
    taken = paths.key()
    print("a key out of a flood", taken)
    assert taken < 1.0
    assert paths.stream.down.backlog < 20


def test_a_paste_over_the_stream_arrives_whole_at_the_links_rate() -> None:
    rate = 1_000_000
    link = LinkModel(delay=RTT / 2, rate=rate)
    paths = make_two_paths(link, link, seed=19, blocked=True)
    paths.session.world.run(2)
    paths.session.program = lambda data: b""
    paths.session.type(random.Random(19).randbytes(100_000))
    began = paths.now
    assert paths.session.world.run_until(lambda: paths.session.given == paths.session.typed, limit=30)
    print("seconds", paths.now - began)
    assert paths.now - began < 2 * 8 * 100_000 / rate + 1
