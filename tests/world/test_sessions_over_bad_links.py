"""Client core against server core over links that lose, reorder, duplicate, roam and go dark."""

import random
from collections.abc import Callable
from itertools import cycle

import pytest

from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.transport.policy import PROBE_INTERVAL
from rmosh_netem.link import Bursts, LinkModel
from tests.world.virtual_session import EchoingSession, colourful_page, key_latencies

LINKS = {
    "clean": LinkModel(delay=0.05),
    "lan": LinkModel(delay=0.0002),
    "satellite": LinkModel(delay=0.3),
    "lossy": LinkModel(delay=0.05, loss=0.29),
    "half": LinkModel(delay=0.03, loss=0.5),
    "bursty": LinkModel(delay=0.075, bursts=Bursts(good=3.0, bad=0.4)),
    "reordering": LinkModel(delay=0.02, jitter=0.2, reorder=True, loss=0.05),
    "duplicating": LinkModel(delay=0.02, duplicate=0.3, duplicate_spread=2.0, loss=0.05),
    "corrupting": LinkModel(delay=0.02, corrupt=0.2),
    "slow": LinkModel(delay=0.05, rate=64_000),
    "narrow": LinkModel(delay=0.02, mtu=600),
}


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("seed", range(3))
def test_typing_arrives_once_and_in_order_and_screens_converge(
    make_session: Callable[..., EchoingSession], name: str, seed: int
) -> None:
    session = make_session(LINKS[name], seed=seed)
    keys = random.Random(seed)
    for _ in range(60):
        session.type(bytes([keys.randrange(97, 123)]))
        session.world.run(keys.uniform(0.03, 0.25))
    assert session.world.run_until(session.converged, limit=30)
    assert session.given == session.typed


@pytest.mark.parametrize("name", LINKS)
def test_a_whole_coloured_screen_gets_through(make_session: Callable[..., EchoingSession], name: str) -> None:
    session = make_session(LINKS[name], seed=11, rows=48, columns=160)
    keys = random.Random(5)
    session.world.run(2)
    for _ in range(4):
        session.output(colourful_page(keys, rows=48, columns=160))
        assert session.world.run_until(session.same_screen, limit=30)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_roaming_under_loss_duplication_and_reordering_keeps_input_exact(
    make_session: Callable[..., EchoingSession], seed: int
) -> None:
    link = LinkModel(delay=0.02, loss=0.05, duplicate=0.3, duplicate_spread=2.0)
    session = make_session(link, seed=seed)
    session.world.run(1)
    keys = random.Random(seed)
    for _ in range(200):
        session.type(bytes([keys.randrange(97, 123)]))
        session.world.run(0.1)
        session.world.roam()
        session.world.run(0.2)
    assert session.world.run_until(session.converged, limit=20)


def test_typing_through_a_blackout_of_thirty_seconds_loses_nothing(make_session: Callable[..., EchoingSession]) -> None:
    session = make_session(LinkModel(delay=0.1365), seed=3)
    session.world.run(2)
    session.world.black_out(30)
    end = session.world.now + 30
    while session.world.now < end:
        session.type(b"x")
        session.world.run(0.5)
    back_at = session.world.now
    assert session.world.run_until(session.converged, limit=5)
    assert session.world.now - back_at < 0.273 + PROBE_INTERVAL + 0.1


def test_the_line_printed_in_an_outage_is_there_soon_after_it(make_session: Callable[..., EchoingSession]) -> None:
    session = make_session(LinkModel(delay=0.01), seed=4)
    session.world.run(1)
    session.world.black_out(20)
    session.world.run(5)
    session.output(b"printed in the dark\r\n")
    session.world.run(15)
    back_at = session.world.now
    assert session.world.run_until(session.same_screen, limit=5)
    assert session.world.now - back_at <= 0.3


def test_a_client_that_slept_a_minute_is_current_one_round_trip_after_waking(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.1365), seed=5)
    session.type(b"before")
    session.world.run(2)
    session.world.sleep_client(60, on_wake=lambda: session.client.woke_up(now=session.world.now))
    for line in range(55):
        session.world.run(1)
        session.output(b"line %d\r\n" % line)
    session.world.run_until(lambda: not session.world.client_asleep, limit=10)
    woke_at = session.world.now
    assert session.world.run_until(session.same_screen, limit=5)
    assert session.world.now - woke_at < 0.273 + 0.1


def test_a_silent_nat_rebinding_while_only_the_server_talks_heals_within_a_second(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.02), seed=6)
    session.type(b"make\r")
    for line in range(20):
        session.output(b"line %d\r\n" % line)
        session.world.run(0.5)
    session.world.roam()
    session.output(b"after\r\n")
    assert session.world.run_until(session.same_screen, limit=1.0)


def test_an_idle_session_costs_less_than_fifteen_bytes_a_second(make_session: Callable[..., EchoingSession]) -> None:
    session = make_session(LinkModel(delay=0.05), seed=7)
    session.type(b"x")
    session.world.run(120)
    sent = session.world.up.counters.bytes_sent, session.world.down.counters.bytes_sent
    session.world.run(600)
    rates = [
        (after - before) / 600
        for before, after in zip(
            sent,
            (session.world.up.counters.bytes_sent, session.world.down.counters.bytes_sent),
            strict=True,
        )
    ]
    assert max(rates) <= 15, rates
    assert session.converged()


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "limit"), [(64_000, 0.6), (128_000, 0.4), (256_000, 0.3)])
def test_ctrl_c_beats_a_colour_flood_on_a_slow_link(
    make_session: Callable[..., EchoingSession], rate: int, limit: float
) -> None:
    session = make_session(LinkModel(delay=0.05, rate=rate), seed=8, rows=48, columns=160)
    chance = random.Random(8)
    pages = cycle([colourful_page(chance, rows=48, columns=160) for _ in range(5)])
    flooding = True

    def program(data: bytes) -> bytes:
        nonlocal flooding
        flooding = False
        return b"\x1b[0m\x1b[2J\x1b[Hstopped"

    def flood() -> None:
        if flooding:
            session.output(next(pages))
            session.world.at(session.world.now + 0.02, flood)

    session.program = program
    session.world.run(1)
    flood()
    session.world.run(5)
    assert len(session.screens) > 2, "the flood itself is shown as it goes"
    pressed_at = session.world.now
    session.type(b"\x03")
    assert session.world.run_until(session.converged, limit=20)
    print("stopped after", session.world.now - pressed_at)
    assert session.world.now - pressed_at < limit


def test_a_paste_of_a_megabyte_arrives_exactly(make_session: Callable[..., EchoingSession]) -> None:
    session = make_session(LinkModel(delay=0.02, loss=0.02), seed=9)
    session.program = lambda data: b""
    paste = random.Random(9).randbytes(1_000_000)
    session.type(paste)
    assert session.world.run_until(lambda: session.given == session.typed, limit=120)
    print("pasted in", session.world.now)


def test_input_stops_at_the_window_when_the_program_does_not_read(make_session: Callable[..., EchoingSession]) -> None:
    session = make_session(LinkModel(delay=0.02), seed=10)
    session.world.run(1)
    session.reading = False
    session.type(b"x" * 200_000)
    session.world.run(20)
    assert len(session.given) <= 65536
    session.read_on()
    assert session.world.run_until(lambda: session.given == session.typed, limit=20)


def test_a_process_stopped_with_packets_on_their_way_learns_no_round_trip_time_from_its_sleep(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.1365), seed=12)
    session.world.run(3)
    session.type(b"x")
    session.world.run(0.05)
    session.world.sleep_client(60, on_wake=lambda: session.client.woke_up(now=session.world.now))
    session.world.run(62)
    srtt = session.client.status(now=session.world.now).srtt
    assert srtt is not None
    assert srtt < 0.3


def test_the_last_line_printed_before_the_shell_ended_is_shown_before_the_close(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.05), seed=13)
    session.world.run(1)
    session.output(b"logout\r\n")
    session.server.shell_ended(Close(CloseKind.EXITED, 3), now=session.world.now)
    assert session.world.run_until(lambda: bool(session.closed), limit=0.1)
    assert session.same_screen()
    assert session.closed[0].value == 3
    session.world.run(0.1)
    assert session.server.finished


@pytest.mark.slow
@pytest.mark.parametrize("both_ways", [True, False], ids=["both ways", "upward only"])
def test_a_screen_that_changed_fifty_times_a_second_through_an_outage_goes_on_after_it(
    make_session: Callable[..., EchoingSession], both_ways: bool
) -> None:
    session = make_session(LinkModel(delay=0.05), seed=14)
    session.world.run(1)
    stop_at = session.world.now + 45
    tick_every(session, 0.02, until=stop_at)
    session.world.run(1)
    outage_began = session.world.now
    session.world.up.black_out(start=outage_began, end=outage_began + 25)
    if both_ways:
        session.world.down.black_out(start=outage_began, end=outage_began + 25)
    session.world.run(stop_at + 1 - session.world.now)
    assert session.same_screen()
    assert session.client.status(now=session.world.now).datagrams_dropped == 0


def test_output_into_silence_costs_no_more_than_probes(make_session: Callable[..., EchoingSession]) -> None:
    session = make_session(LinkModel(delay=0.05), seed=15)
    session.world.run(1)
    tick_every(session, 0.01, until=session.world.now + 20)
    session.world.run(1)
    session.world.black_out(15)
    session.world.run(2)
    before = session.world.down.counters.sent
    session.world.run(10)
    assert session.world.down.counters.sent - before <= 10 / PROBE_INTERVAL + 2


def test_a_client_that_hears_nothing_for_hours_still_asks_every_thirty_seconds(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.05), seed=16)
    session.world.run(1)
    session.world.black_out(6 * 3600)
    session.world.run(5 * 3600)
    before = session.world.up.counters.sent, session.world.down.counters.sent
    session.world.run(600)
    assert 18 <= session.world.up.counters.sent - before[0] <= 22
    assert session.world.down.counters.sent == before[1]


@pytest.mark.slow
def test_both_directions_change_their_keys_in_a_long_session_and_lose_nothing(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.05, loss=0.1, duplicate=0.2, duplicate_spread=5.0), seed=17)
    for _ in range(20):
        session.type(b"key ")
        session.world.run(900)
    assert session.world.run_until(session.converged, limit=60)
    assert session.client._endpoint.protection.sealer.epoch >= 4
    assert session.attachment._endpoint.protection.sealer.epoch >= 4


def tick_every(session: EchoingSession, seconds: float, *, until: float) -> None:
    """Let the server's program print a counter again and again."""
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1
        session.output(b"\r%d" % count)
        if session.world.now + seconds <= until:
            session.world.at(session.world.now + seconds, tick)

    tick()


def test_a_fresh_socket_is_asked_for_when_only_the_way_up_is_dead(make_session: Callable[..., EchoingSession]) -> None:
    session = make_session(LinkModel(delay=0.02), seed=12)
    session.world.run(1)
    session.world.up.black_out(start=session.world.now, end=session.world.now + 20)
    session.type(b"x")
    for line in range(100):
        session.output(b"line %d\r\n" % line)
        session.world.run(0.1)
    assert session.paths_wanted >= 1


@pytest.mark.slow
@pytest.mark.parametrize("rtt", [0.02, 0.1, 0.273])
def test_the_first_key_of_a_blackout_is_seen_a_round_trip_and_a_probe_interval_after_its_end(
    make_session: Callable[..., EchoingSession], rtt: float
) -> None:
    times = [
        return_time(make_session(LinkModel(delay=rtt / 2), seed=seed), chance=random.Random(seed)) for seed in range(8)
    ]
    assert max(times) <= rtt + PROBE_INTERVAL + 0.010


def return_time(session: EchoingSession, *, chance: random.Random) -> float:
    """Type through a blackout; return the seconds from its end to the first of those keys."""
    session.world.run(2 + chance.random())
    session.world.black_out(5.0)
    end, before = session.world.now + 5.0, len(session.typed)
    while session.world.now < end:
        session.type(b"k")
        session.world.run(min(chance.uniform(0.4, 0.6), end - session.world.now + 1e-6))
    session.world.run_until(lambda: session.screens[-1][1].input_offset > before, limit=5)
    return session.world.now - end


@pytest.mark.slow
@pytest.mark.parametrize("rtt", [0.02, 0.1, 0.273])
def test_a_roam_costs_the_keys_whose_echo_was_under_way_one_round_trip(
    make_session: Callable[..., EchoingSession], rtt: float
) -> None:
    session = make_session(LinkModel(delay=rtt / 2), seed=9)
    session.world.run(2)
    count = 0

    def roam_now_and_then() -> None:
        nonlocal count
        count += 1
        if count % 10 == 0:
            session.world.roam()

    latencies = key_latencies(session, 200, gaps=(0.08, 0.3), seed=9, before_key=roam_now_and_then)
    assert max(latencies) <= 2 * rtt + 0.010
