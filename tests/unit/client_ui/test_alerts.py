"""Bells and notifications: what is rare comes at once, a flood is thinned out and its last one is not lost."""

from dataclasses import replace

from rmosh.terminal.cells import Clipboard, Notification, blank_frame
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.painter import Painter

BLANK = blank_frame(rows=3, columns=20)


def started(abilities: Abilities = Abilities()) -> Painter:  # noqa: B008 - frozen
    painter = Painter(abilities)
    painter.start(rows=3, columns=20)
    return painter


def flood(painter: Painter, *, seconds: float, until: float) -> bytes:
    """Ring and notify fifty times a second for some seconds, then only wake when asked to; return all bytes."""
    frame, painted, now = BLANK, b"", 0.0
    for number in range(int(seconds * 50)):
        now = number / 50
        frame = replace(frame, bells=number + 1, notification=Notification(number + 1, "", f"<{number + 1}>"))
        painted += painter.paint(frame, now=100.0 + now)
    now += 100.0
    while painter.alert_at is not None and painter.alert_at <= 100.0 + until:
        assert painter.alert_at > now
        now = painter.alert_at
        painted += painter.paint(frame, now=now)
    return painted


def test_a_flood_of_bells_and_notifications_is_thinned_out_and_the_last_one_comes() -> None:
    painted = flood(started(), seconds=60.0, until=90.0)
    assert 60 / 0.5 <= painted.count(b"\a") <= 5 + 1 + 60 / 0.5
    assert 60 / 5.0 <= painted.count(b"\x1b]9;") <= 3 + 1 + 60 / 5.0
    assert b"<3000>" in painted
    assert painted.endswith(b"\x1b]9;<3000>\x1b\\")


def test_after_a_flood_nothing_waits_any_more() -> None:
    painter = started()
    flood(painter, seconds=2.0, until=60.0)
    assert painter.alert_at is None


def test_a_few_bells_in_a_row_all_ring() -> None:
    painter = started()
    painted = [painter.paint(replace(BLANK, bells=number), now=0.0) for number in range(1, 6)]
    assert [each.count(b"\a") for each in painted] == [1] * 5


def test_who_wants_no_notifications_gets_none_and_still_hears_the_bell() -> None:
    painted = flood(started(Abilities(notifications=False)), seconds=5.0, until=60.0)
    assert b"\x1b]9" not in painted
    assert b"\a" in painted


def test_who_lets_nobody_write_the_clipboard_has_it_untouched() -> None:
    painter = started(Abilities(clipboard=False))
    painted = painter.paint(replace(BLANK, title="build", clipboard=Clipboard(1, "c", b"rm -rf")), now=0.0)
    assert b"\x1b]52" not in painted
    assert b"build" in painted
    assert painter.copy("marked") == b""
    assert not painter.may_copy
