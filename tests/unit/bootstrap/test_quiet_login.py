from pathlib import Path

import pytest

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.quiet_login import QuietLogin

NOW = 2_000_000_000.0


def test_a_refused_login_is_the_only_one_for_a_minute(tmp_path: Path) -> None:
    # OpenSSH 10.6, PerSourcePenalties: three within 15 s would lock the address out.
    first = QuietLogin("box", directory=tmp_path)
    assert first.may_begin(now=NOW)
    first.end(refused=True, now=NOW)
    later = QuietLogin("box", directory=tmp_path)
    assert not later.may_begin(now=NOW + 59)
    assert later.may_begin(now=NOW + 61)


def test_one_login_at_a_time_goes_to_a_host(tmp_path: Path) -> None:
    first, second = QuietLogin("box", directory=tmp_path), QuietLogin("box", directory=tmp_path)
    assert first.may_begin(now=NOW)
    assert not second.may_begin(now=NOW)
    assert QuietLogin("other", directory=tmp_path).may_begin(now=NOW)
    first.end(refused=False, now=NOW)
    assert second.may_begin(now=NOW + 1)


def test_logins_of_scripts_may_be_under_way_together(tmp_path: Path) -> None:
    first, second = (QuietLogin("box", alone=False, directory=tmp_path) for _ in range(2))
    assert first.may_begin(now=NOW)
    assert second.may_begin(now=NOW)
    first.end(refused=True, now=NOW)
    assert not QuietLogin("box", alone=False, directory=tmp_path).may_begin(now=NOW + 1)


def test_a_clock_that_was_set_back_stops_nobody(tmp_path: Path) -> None:
    first = QuietLogin("box", directory=tmp_path)
    assert first.may_begin(now=NOW)
    first.end(refused=True, now=NOW)
    assert QuietLogin("box", directory=tmp_path).may_begin(now=NOW - 1)


def test_where_nothing_can_be_remembered_logins_go_on(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    login = QuietLogin("box", directory=tmp_path / "file")
    assert login.may_begin(now=NOW)
    login.end(refused=True, now=NOW)


@pytest.mark.parametrize(("stage", "may_try_again"), [(Stage.AUTHENTICATION, False), (Stage.CONNECT, True)])
def test_of_what_a_login_fails_with_only_a_refusal_counts(tmp_path: Path, stage: Stage, may_try_again: bool) -> None:
    with pytest.raises(BootstrapError), QuietLogin("box", directory=tmp_path).begun() as may_log_in:
        assert may_log_in
        raise BootstrapError(stage, "no")
    with QuietLogin("box", directory=tmp_path).begun() as may_log_in:
        assert may_log_in is may_try_again


def test_a_login_that_was_not_begun_leaves_nothing_behind(tmp_path: Path) -> None:
    with QuietLogin("box", directory=tmp_path).begun(), QuietLogin("box", directory=tmp_path).begun() as may_log_in:
        assert not may_log_in
    with QuietLogin("box", directory=tmp_path).begun() as may_log_in:
        assert may_log_in
