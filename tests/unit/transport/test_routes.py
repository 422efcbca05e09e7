"""Which paths datagrams take: the server follows but is not led astray, the client seeks."""

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.transport.path import Path
from rmosh.transport.policy import (
    AMPLIFICATION,
    CANDIDATE_LIFETIME,
    CHALLENGE_INTERVAL,
    FLOOR_MTU,
    MAX_CANDIDATES,
    MAX_CLIENT_PATHS,
    MAX_FILLERS,
    OLD_PATH_GRACE,
    WIRE_HEADERS,
)
from rmosh.transport.routes import FollowingRoutes, PathNews, SeekingRoutes

HOME, TRAIN, THIEF = (Path(0, host, 4000) for host in ("home", "train", "thief"))
STRANGERS = [Path(0, "stranger", port) for port in range(6)]


@dataclass
class Tokens:
    """Entropy that can be told apart."""

    given: list[bytes] = field(default_factory=list)

    def __call__(self, count: int) -> bytes:
        self.given.append(bytes([len(self.given) + 1]) * count)
        return self.given[-1]


def following(*, heard_from: Path = HOME) -> FollowingRoutes:
    routes = FollowingRoutes(Tokens(), login_host=heard_from.host)
    routes.heard(heard_from, size=100, newest=True, now=0.0)
    return routes


def test_a_stream_is_a_path_of_its_own_and_no_address() -> None:
    assert Path.stream(3).is_stream and not HOME.is_stream
    assert Path.stream(3) == Path.stream(3) != Path.stream(4)


def test_before_the_client_was_heard_there_is_nowhere_to_send() -> None:
    assert FollowingRoutes(Tokens()).targets(100, silent=False) == []


def test_roaming_costs_no_round_trip_and_the_old_address_is_kept_until_the_new_one_answered() -> None:
    routes = following()
    assert routes.heard(TRAIN, size=100, newest=True, now=1.0) is PathNews.CANDIDATE
    assert routes.targets(100, silent=False) == [HOME, TRAIN]
    challenge = routes.challenge(now=1.0)
    assert challenge is not None
    path, token = challenge
    assert path == TRAIN
    assert routes.answered(token, TRAIN)
    assert routes.targets(100_000, silent=False) == [TRAIN]


def test_a_right_answer_from_elsewhere_or_a_wrong_one_moves_nothing() -> None:
    routes = following()
    routes.heard(THIEF, size=100, newest=True, now=1.0)
    challenge = routes.challenge(now=1.0)
    assert challenge is not None
    assert not routes.answered(challenge[1], HOME)
    assert not routes.answered(bytes(8), THIEF)
    assert routes.active == HOME


def test_a_late_datagram_from_an_old_address_makes_no_candidate() -> None:
    routes = following()
    routes.heard(TRAIN, size=100, newest=False, now=1.0)
    assert routes.targets(100, silent=False) == [HOME]
    assert routes.challenge(now=1.0) is None


def test_raced_copies_repeated_for_ever_steal_nothing_and_challenge_only_the_thief() -> None:
    routes = following()
    for step in range(1000):
        now = 1 + step / 20
        routes.heard(THIEF, size=60, newest=True, now=now)
        challenge = routes.challenge(now=now)
        assert challenge is None or challenge[0] == THIEF
        assert routes.targets(60, silent=False)[0] == HOME
    assert routes.active == HOME


#: Somewhere something of a size is heard, or something of a size is sent.
STEPS = st.lists(st.tuples(st.sampled_from([None, *STRANGERS]), st.integers(40, 1452)), max_size=80)


@given(STEPS, st.sampled_from(["", "jump-host", HOME.host]))
def test_an_address_that_answered_nothing_gets_at_most_three_times_what_came_from_it(
    steps: list[tuple[Path | None, int]], login_host: str
) -> None:
    routes = FollowingRoutes(Tokens(), login_host=login_host)
    received: Counter[Path] = Counter()
    sent: Counter[Path] = Counter()
    for moment, (source, size) in enumerate(steps):
        now = moment / 10
        if source is not None:
            routes.heard(source, size=size, newest=moment % 3 > 0, now=now)
            received[source] += size + WIRE_HEADERS
        else:
            sent.update(dict.fromkeys(routes.targets(size, silent=True), size + WIRE_HEADERS))
        while (challenge := routes.challenge(now=now)) is not None:
            sent[challenge[0]] += 40 + WIRE_HEADERS
        assert len(routes._candidates) <= MAX_CANDIDATES
        assert all(sent[path] <= AMPLIFICATION * received[path] for path in STRANGERS)


@pytest.mark.parametrize("login_host", ["", "jump-host"])
def test_the_first_address_is_served_within_bounds_until_it_answers(login_host: str) -> None:
    routes = FollowingRoutes(Tokens(), login_host=login_host)
    assert routes.heard(HOME, size=100, newest=True, now=1.0) is PathNews.CANDIDATE
    assert (routes.active, routes.reachable) == (None, False)
    routes.heard(HOME, size=FLOOR_MTU, newest=True, now=1.0)
    assert routes.reachable
    challenge = routes.challenge(now=1.0)
    assert challenge is not None
    assert routes.targets(FLOOR_MTU, silent=False) == [HOME]
    assert not routes.answered(challenge[1], HOME), "it has been sent to before: nothing moved"
    assert routes.active == HOME
    assert routes.targets(100_000, silent=False) == [HOME]


@pytest.mark.parametrize(
    ("login_host", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
        ("::FFFF:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1%2"),
    ],
)
def test_the_host_of_the_login_is_served_at_once_however_its_address_is_written(login_host: str, source: str) -> None:
    routes = FollowingRoutes(Tokens(), login_host=login_host)
    assert routes.heard(Path(0, source, 4000), size=60, newest=True, now=1.0) is PathNews.MOVED
    assert routes.targets(100_000, silent=False) == [Path(0, source, 4000)]


@pytest.mark.parametrize(
    ("login_host", "source"), [("", "192.0.2.1"), ("192.0.2.1", "192.0.2.10"), ("::1", "::ffff:0.0.0.1")]
)
def test_no_other_host_is(login_host: str, source: str) -> None:
    routes = FollowingRoutes(Tokens(), login_host=login_host)
    routes.heard(Path(0, source, 4000), size=60, newest=True, now=1.0)
    assert routes.active is None


def test_an_address_of_the_logins_host_that_comes_later_has_to_answer_like_any() -> None:
    routes = following()
    other_port = Path(0, HOME.host, 4001)
    assert routes.heard(other_port, size=60, newest=True, now=1.0) is PathNews.CANDIDATE
    assert routes.active == HOME


def test_of_too_many_candidates_the_one_unheard_longest_goes() -> None:
    routes = following()
    for number, path in enumerate([TRAIN, *STRANGERS[:3], TRAIN, *STRANGERS[3:6]]):
        routes.heard(path, size=100, newest=True, now=1.0 + number)
    assert routes.targets(60, silent=False) == [HOME, TRAIN, *STRANGERS[3:6]]


def test_after_an_answer_the_other_candidates_are_forgotten() -> None:
    routes = following()
    for path in (TRAIN, THIEF):
        routes.heard(path, size=100, newest=True, now=1.0)
    tokens = dict(filter(None, (routes.challenge(now=1.0) for _ in range(2))))
    assert routes.answered(tokens[TRAIN], TRAIN)
    assert not routes.answered(tokens[THIEF], THIEF)
    assert routes.targets(60, silent=False) == [TRAIN]
    assert routes.next_wakeup() is None


def test_challenges_are_spaced_and_end_with_the_candidate() -> None:
    routes = following()
    routes.heard(THIEF, size=60, newest=True, now=1.0)
    assert routes.challenge(now=1.0) is not None
    assert routes.challenge(now=1.0 + CHALLENGE_INTERVAL / 2) is None
    assert routes.next_wakeup() == 1.0 + CHALLENGE_INTERVAL
    assert routes.challenge(now=1.0 + CANDIDATE_LIFETIME) is None
    assert routes.next_wakeup() is None


def test_each_candidate_gets_a_token_of_its_own() -> None:
    tokens = Tokens()
    routes = FollowingRoutes(tokens)
    for path in (HOME, THIEF, TRAIN, THIEF):
        routes.heard(path, size=100, newest=True, now=1.0)
    assert len(set(tokens.given)) == len(tokens.given) == 3


def test_a_client_tries_every_path_until_one_answers() -> None:
    routes = SeekingRoutes([HOME, TRAIN])
    assert set(routes.targets(100, silent=False)) == {HOME, TRAIN}
    assert routes.heard(TRAIN, size=100, newest=True, now=0.0) is PathNews.MOVED
    assert routes.targets(100, silent=False) == [TRAIN]


def test_a_client_earns_the_first_answers_on_every_new_path_a_few_times() -> None:
    routes = SeekingRoutes([HOME])
    assert [routes.unproven([HOME]) for _ in range(MAX_FILLERS + 1)] == [[HOME]] * MAX_FILLERS + [[]]
    routes.add(TRAIN, now=1.0)
    assert routes.unproven([HOME, TRAIN]) == [HOME, TRAIN]
    routes.heard(HOME, size=100, newest=True, now=2.0)
    assert routes.unproven([HOME, TRAIN]) == []
    routes.add(THIEF, now=5.0)
    assert routes.unproven([HOME, THIEF]) == [THIEF]


def test_a_client_tries_every_path_while_the_server_is_silent() -> None:
    routes = SeekingRoutes([HOME, TRAIN])
    routes.heard(TRAIN, size=100, newest=True, now=0.0)
    assert set(routes.targets(100, silent=True)) == {HOME, TRAIN}


@pytest.mark.parametrize("answering", [HOME, TRAIN])
def test_a_new_path_is_used_beside_the_old_one_until_either_proves_itself(answering: Path) -> None:
    routes = SeekingRoutes([HOME])
    routes.heard(HOME, size=100, newest=True, now=0.0)
    routes.add(TRAIN, now=10.0)
    routes.heard(HOME, size=100, newest=True, now=10.0 + OLD_PATH_GRACE / 2)
    assert set(routes.targets(100, silent=False)) == {HOME, TRAIN}
    routes.heard(answering, size=100, newest=True, now=10.1 + OLD_PATH_GRACE)
    assert routes.targets(100, silent=False) == [answering]


def test_a_settled_client_is_not_moved_by_a_stray_datagram_on_another_path() -> None:
    routes = SeekingRoutes([HOME, TRAIN])
    routes.heard(HOME, size=100, newest=True, now=5.0)
    assert routes.heard(TRAIN, size=100, newest=True, now=6.0) is PathNews.NOTHING
    assert routes.heard(THIEF, size=100, newest=True, now=6.0) is PathNews.NOTHING
    assert routes.active == HOME


def test_a_client_keeps_a_bounded_number_of_paths_and_always_the_active_one() -> None:
    routes = SeekingRoutes([HOME])
    routes.heard(HOME, size=100, newest=True, now=0.0)
    for number in range(50):
        routes.add(Path(number, "server", 60000), now=float(number))
    assert len(routes.paths) == MAX_CLIENT_PATHS
    assert HOME in routes.paths


def test_a_dropped_active_path_sends_the_client_seeking() -> None:
    routes = SeekingRoutes([HOME, TRAIN])
    routes.heard(HOME, size=100, newest=True, now=5.0)
    routes.drop(HOME)
    assert routes.active is None
    assert routes.targets(100, silent=False) == [TRAIN]


def test_while_a_stream_is_there_the_logins_own_host_has_to_answer_as_any_other() -> None:
    routes = FollowingRoutes(Tokens(), login_host=HOME.host)
    routes.prove_all()
    assert routes.heard(HOME, size=FLOOR_MTU, newest=True, now=0.0) is PathNews.CANDIDATE
    assert routes.active is None and routes.has_addresses and not routes.probed
    challenge = routes.challenge(now=0.0)
    assert challenge is not None
    routes.answered(challenge[1], HOME)
    assert routes.active == HOME and routes.probed == [HOME]
