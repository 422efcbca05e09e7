"""Keys for programs that edit: seeded plans, users' own traces, and what of them a screen shows."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest
from pyte.screens import Screen

from rmosh_netem.bench.keystrokes import editing_in_bash, editing_in_vim, read_trace
from rmosh_netem.bench.staged_typing import ShownText, _Watch, cells_of, count_differences, stage_of
from rmosh_netem.bench.tools import UsersCommand
from rmosh_netem.bench.typing_plans import Keystroke
from rmosh_netem.errors import BadRequest


@pytest.mark.parametrize("plan", [editing_in_bash, editing_in_vim])
def test_a_seed_gives_the_same_keys_and_another_gives_others(plan: Callable[..., tuple[Keystroke, ...]]) -> None:
    assert len(plan(300, seed=1)) == 300
    assert plan(300, seed=1) == plan(300, seed=1) != plan(300, seed=2)


def test_ordinary_editing_has_every_kind_of_key() -> None:
    typed = b"".join(key.data for key in editing_in_bash(600, seed=1))
    for wanted in (
        b"\x7f",
        b"\x1b[D",
        b"\x1b[C",
        b"\x1b[A",
        b"\x17",
        b"\x0b",
        b"\t",
        b"\r",
        "é".encode(),
        "漢".encode(),
    ):
        assert wanted in typed
    typed = b"".join(key.data for key in editing_in_vim(300, seed=1))
    assert all(wanted in typed for wanted in (b"o", b"\x1b", b"dd", b"p", b"x", b"k", b"j", b"l", b"h"))


def test_a_trace_s_escapes_are_keys_and_long_pauses_are_cut(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("0.1 l\n\n0.2 \\e[A\n99 \\s\n0 \\x03\n0 \\\\\n0 é\n")
    keys = read_trace(tmp_path / "keys")
    assert [key.data for key in keys] == [b"l", b"\x1b[A", b" ", b"\x03", b"\\", "é".encode()]
    assert [key.gap for key in keys] == [0.1, 0.2, 10.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "has no keys: write one a line"),
        ("soon l", r"line 1 of .*'soon' is not a time in seconds"),
        ("0.1 l\nnan x", r"line 2 of .*'nan' is not a time"),
        ("0.1", r"line 1 of .*has no key: write a space as \\s"),
        ("0.1 \\q", r"line 1 of .*\\q is not a key"),
    ],
)
def test_a_wrong_line_is_named_with_what_to_write(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "keys").write_text(text)
    with pytest.raises(BadRequest, match=complaint):
        read_trace(tmp_path / "keys")


def test_a_missing_trace_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot read the keys in"):
        read_trace(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("ssh {host}", "names no command: write NAME=COMMAND"),
        ("mosh=mosh {host}", "mosh is known already"),
        ("a=b {server}", "'server' in 'b {server}' means nothing: words are {host}"),
        ("a=b 'open", "close its quotes"),
    ],
)
def test_a_wrong_command_of_the_user_s_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(BadRequest, match=complaint):
        UsersCommand(text)


def screens(*outputs: str) -> Iterator[Screen]:
    screen = pyte.Screen(10, 2)
    stream = pyte.Stream(screen)
    for output in outputs:
        stream.feed(output)
        yield screen


def stages(*outputs: str) -> list[ShownText]:
    return [stage_of(screen) for screen in screens(*outputs)]


def test_a_key_is_shown_when_the_screen_is_as_after_it_or_a_later_one() -> None:
    watch = _Watch(stages("$ ", "a", "b", "c"), presses=[1.0, 2.0, 3.0])
    looks = [watch.look(when, screen) for when, screen in zip([0.5, 1.25, 3.5], screens("$ ", "a", "bc"), strict=True)]
    assert looks == [False, False, True]
    assert watch.shown == {0: 0.25, 1: 1.5, 2: 0.5}
    assert watch.wrong_cells == 0


def test_a_cell_is_wrong_when_no_key_under_way_would_show_it_so_and_counts_once_while_it_stays() -> None:
    watch = _Watch(stages("$ ", "a", "b"), presses=[1.0, 2.0])
    for when, screen in zip([1.1, 1.2, 1.3, 2.4], screens("$ ", "X", "Y", "\b\bab"), strict=True):
        watch.look(when, screen)
    assert watch.wrong_cells == 2  # X, and then Y beside it
    assert watch.shown == {0: pytest.approx(1.4), 1: pytest.approx(0.4)}


def test_a_guess_before_its_key_is_pressed_is_wrong() -> None:
    watch = _Watch(stages("$ ", "a", "b"), presses=[1.0, 9.0])
    for screen in screens("$ ab"):
        watch.look(2.0, screen)
    assert watch.wrong_cells == 1
    assert watch.shown == {}


def test_cells_differ_in_colour_too() -> None:
    (plain,) = [cells_of(screen) for screen in screens("ab")]
    (coloured,) = [cells_of(screen) for screen in screens("a\x1b[31mb\x1b[0m")]
    assert count_differences(plain, coloured) == 1
