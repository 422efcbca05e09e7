"""Which paths datagrams take: the server follows but is not led astray, the client seeks."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.transport.path import Path
from rmosh.transport.policy import (
    AMPLIFICATION,
    CANDIDATE_LIFETIME,
    CHALLENGE_INTERVAL,
    MAX_CLIENT_PATHS,
    OLD_PATH_GRACE,
    WIRE_HEADERS,
)
from rmosh.transport.routes import FollowingRoutes, PathNews, SeekingRoutes

HOME, TRAIN, THIEF = (Path(0, host, 4000) for host in ("home", "train", "thief"))


@dataclass
class Tokens:
    """Entropy that can be told apart."""

    given: list[bytes] = field(default_factory=list)

    def __call__(self, count: int) -> bytes:
        self.given.append(bytes([len(self.given) + 1]) * count)
        return self.given[-1]


def following(*, heard_from: Path = HOME) -> FollowingRoutes:
    routes = FollowingRoutes(Tokens())
    routes.heard(heard_from, size=100, newest=True, now=0.0)
    return routes


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


@given(st.lists(st.one_of(st.integers(40, 1452).map(lambda size: ("hear", size)), st.integers(40, 1452)), max_size=60))
def test_an_address_that_answered_nothing_gets_at_most_so_many_times_what_came_from_it(steps: list[object]) -> None:
    routes = following()
    received = sent = 0
    for moment, step in enumerate(steps):
        if isinstance(step, tuple):
            routes.heard(THIEF, size=step[1], newest=True, now=float(moment))
            received += step[1] + WIRE_HEADERS
        elif THIEF in routes.targets(step, silent=True):  # type: ignore[arg-type]
            sent += step + WIRE_HEADERS  # type: ignore[operator]
        if routes.challenge(now=float(moment)) is not None:
            sent += 40 + WIRE_HEADERS
        assert sent <= AMPLIFICATION * received


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
