"""Scheduled changes hold when they say, repeat, and are refused in one clear line where they are wrong."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_netem.errors import BadProfile, ImpossibleLink
from rmosh_netem.link import Link, LinkModel
from rmosh_netem.profiles import load_profiles
from rmosh_netem.schedule import Blackout, Change, Schedule
from rmosh_netem.settings import with_settings


def schedule_of(tmp_path: Path, *lines: str) -> LinkModel:
    (tmp_path / "a.trace").write_text("\n".join(lines))
    return with_settings(LinkModel(delay=0.01), [f"schedule={tmp_path / 'a.trace'}"])


def arrives(link: Link, now: float) -> list[float]:
    return [arrival.time - now for arrival in link.send(b"x", now=now)]


def test_changes_hold_from_their_time_on_counted_from_the_link_s_begin(tmp_path: Path) -> None:
    start = 777.0
    link = Link(schedule_of(tmp_path, "at 12.5s loss=100%", "at 20s loss=0% delay=50ms"), seed=1, begin=start)
    assert arrives(link, start) == pytest.approx([0.01])
    assert arrives(link, start + 12.4) == pytest.approx([0.01])
    assert arrives(link, start + 12.5) == []
    assert arrives(link, start + 20) == pytest.approx([0.05])


def test_a_blackout_swallows_datagrams_and_holds_streams(tmp_path: Path) -> None:
    link = Link(schedule_of(tmp_path, "at 1s blackout 2s"), seed=1)
    assert arrives(link, 0.0) and arrives(link, 0.999)
    assert arrives(link, 1.0) == arrives(link, 2.99) == []
    assert link.send_stream(b"x", now=2.5).time == pytest.approx(3.01)
    assert link.counters.dropped_by_blackout == 2


def test_a_schedule_that_repeats_begins_with_the_link_as_it_was(tmp_path: Path) -> None:
    link = Link(schedule_of(tmp_path, "at 1s delay=1s", "at 2s blackout 1s", "repeat after 5s"), seed=1)
    arrives(link, 0.0)
    assert arrives(link, 6.5) == pytest.approx([1.0])
    assert arrives(link, 7.5) == []
    assert arrives(link, 10.5) == pytest.approx([0.01], abs=0.5)


def test_a_live_change_keeps_the_schedule_s_place(tmp_path: Path) -> None:
    link = Link(schedule_of(tmp_path, "at 10s loss=100%"), seed=1)
    arrives(link, 0.0)
    link.model = with_settings(link.model, ["delay=200ms"])
    assert arrives(link, 5.0) == pytest.approx([0.2])
    assert arrives(link, 10.0) == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("12.5 loss=30%", r"line 2 of .*a\.trace: '12.5 loss=30%' is not a change: write \"at 12.5s loss=30%\""),
        ("at noon loss=30%", r"line 2 of .*'noon' is not a time"),
        ("at 5s loss=130%", r"line 2 of .*loss in this change: a share is at most 100%"),
        ("at 5s speed=1", r"line 2 of .*cannot set 'speed': settings are"),
        ("at 5s blackout", r"line 2 of .*'blackout' is not a setting"),
        ("at 5s schedule=b", r"line 2 of .*a schedule cannot begin another"),
        ("repeat after 1s", r"begins again before it is over"),
        ("at 1s loss=0%", r"not in the order of their times"),
    ],
)
def test_a_wrong_line_is_named_with_what_to_write(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(BadProfile, match=complaint):
        schedule_of(tmp_path, "at 4s loss=1%", line)


def test_an_empty_schedule_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadProfile, match="changes nothing: write"):
        schedule_of(tmp_path, "# nothing")
    with pytest.raises(BadProfile, match=r"cannot read the trace nowhere.*No such file"):
        with_settings(LinkModel(), ["schedule=nowhere"])


def test_a_change_to_an_impossible_link_is_refused_when_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(BadProfile, match=r"5 s into .*a\.trace: a download fills the queue before a rate"):
        schedule_of(tmp_path, "at 5s download=yes")


@given(st.text(max_size=200))
def test_any_text_is_a_schedule_or_one_line_that_says_what_is_wrong(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    from rmosh_netem.schedule import parse_schedule

    try:
        parse_schedule(text, where="a test", read_settings=lambda words: {"loss": 0.5})
    except BadProfile as error:
        assert "\n" not in str(error)


times = st.floats(0, 100)
schedules = st.builds(
    lambda changes, blackouts, rest: Schedule(
        "made up",
        tuple(Change(at, (("loss", loss),)) for at, loss in sorted(changes)),
        tuple(Blackout(start, start + length) for start, length in blackouts),
        200 + rest,
    ),
    st.lists(st.tuples(times, st.floats(0, 1)), max_size=9),
    st.lists(st.tuples(times, st.floats(0.001, 50)), max_size=5),
    st.floats(0.5, 50),
)


@given(schedules, st.floats(0, 199), st.integers(0, 20))
def test_every_round_is_like_the_first(schedule: Schedule, time: float, rounds: int) -> None:
    assert schedule.repeat_after is not None
    later = time + rounds * schedule.repeat_after
    within = later % schedule.repeat_after
    assert schedule.values_at(later) == schedule.values_at(within)
    first, again = schedule.blackout_end(within), schedule.blackout_end(later)
    assert (first is None) == (again is None)
    assert first is None or again is None or again - later == pytest.approx(first - within, abs=1e-6)


@given(schedules, times)
def test_a_blackout_s_end_is_after_it(schedule: Schedule, time: float) -> None:
    end = schedule.blackout_end(time)
    covering = [each for each in schedule.blackouts if each.start <= time < each.end]
    assert (end is None) == (not covering)
    assert end is None or end > time


def test_times_must_rise() -> None:
    with pytest.raises(ImpossibleLink, match="sort them"):
        Schedule("x", (Change(2.0, ()), Change(1.0, ())))


def test_the_train_has_six_tunnels_in_five_minutes() -> None:
    link = Link(load_profiles()["train"].down, seed=1)
    schedule = link.model.schedule
    assert schedule is not None
    swallowed = [second for second in range(300) if arrives(link, float(second)) == []]
    dark = [second for second in swallowed if schedule.blackout_end(second) is not None]
    assert len(schedule.blackouts) == 6
    assert len(dark) == 55
