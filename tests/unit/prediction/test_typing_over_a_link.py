"""What a user sees: shares of keys shown at once and wrong cells, on slow links, with seeded typing."""

import pytest

from tests.unit.prediction.typists import Editor, Kernel, Shell, Typist, keys

LEFT, RIGHT, UP, DOWN = b"\x1b[D", b"\x1b[C", b"\x1b[A", b"\x1b[B"
ERASE, ESCAPE = b"\x7f", b"\x1b"


@pytest.mark.slow
@pytest.mark.parametrize("rtt", [0.06, 0.273, 0.489])
def test_lines_echoed_by_the_kernel_are_shown_at_once(rtt: float) -> None:
    typist = Typist(Kernel, rtt=rtt)
    report = typist.type(keys("sixteen letters.\n" * 20))
    print(report)
    assert report.share >= 0.96
    assert not report.wrong_cells


@pytest.mark.slow
@pytest.mark.parametrize("rtt", [0.06, 0.273, 0.489])
def test_lines_repeated_by_a_program_are_foreseen(rtt: float) -> None:
    typist = Typist(lambda: Kernel(repeats=True), rtt=rtt)
    report = typist.type(keys("sixteen letters.\n" * 20))
    print(report)
    assert report.share >= 0.95
    assert not report.wrong_cells


def shell_session() -> list[bytes]:
    session = [*keys("echo hello world\nls -la /etx"), ERASE, *keys("c\n")]
    session += keys("echo the quick fox") + [LEFT] * 4 + keys(" brown") + [b"\x05"] + keys(" jumps\n")
    session += keys("git statsu") + [ERASE] * 2 + keys("us") + [b"\x15"]
    session += keys("echo one two three") + [b"\x17"] + keys("four") + [b"\x01"] + [RIGHT] * 4 + [b"\x0b"]
    session += [*keys(" five\n"), UP, UP, DOWN, *keys("\n")]
    session += keys("echo again\n") + keys("true\n") * 3 + keys("echo and once more\n" * 6)
    return session


@pytest.mark.slow
@pytest.mark.parametrize("rtt", [0.06, 0.273, 0.489])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_line_editing_at_a_prompt_is_shown_at_once(rtt: float, seed: int) -> None:
    typist = Typist(Shell, rtt=rtt, seed=seed)
    report = typist.type(shell_session(), pause=(0.6, 1.2))
    print(report)
    assert report.share >= 0.90
    assert len(report.wrong_cells) <= 5


def editor_session() -> list[bytes]:
    session = [*keys("iThe quick brown fox\njumps over the lazy dog\nand runs away."), ESCAPE]
    session += [*keys("kklllhhxxjjoAnother line here"), ESCAPE, *keys("kkddpjjimore text "), ESCAPE]
    session += keys("llxA and the end\nlast words of it") + [ERASE] * 3 + keys("all") + [ESCAPE]
    session += [*keys("ddkpkkkllllhhainserted"), ESCAPE, *keys("xxjjjddp")]
    session += [*keys("oOne more line of text\nand its end"), ESCAPE, *keys("hhhkkllxifin"), ESCAPE]
    return session


@pytest.mark.slow
@pytest.mark.parametrize(("rtt", "share"), [(0.06, 0.85), (0.273, 0.75), (0.489, 0.70)])
@pytest.mark.parametrize("shows_mode", [True, False])
def test_editing_in_two_modes_is_mostly_shown_at_once(rtt: float, share: float, shows_mode: bool) -> None:
    typist = Typist(lambda: Editor(shows_mode=shows_mode), rtt=rtt)
    report = typist.type(editor_session())
    print(report)
    assert report.share >= share
    assert len(report.wrong_cells) <= 60


@pytest.mark.slow
def test_text_in_an_editor_does_not_push_filler_rows() -> None:
    typist = Typist(Editor)
    report = typist.type(keys("i" + "some words\n" * 15))
    assert not report.wrong_cells
    assert report.share >= 0.85


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_losses_do_not_refute_what_will_come_true(seed: int) -> None:
    typist = Typist(Kernel, rtt=0.1, seed=seed, loss=0.29)
    report = typist.type(keys("sixteen letters.\n" * 20))
    print(report, report.statistics)
    assert report.share >= 0.98
    assert len(report.wrong_cells) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_line_editing_over_a_lossy_link_is_shown_at_once(seed: int) -> None:
    typist = Typist(Shell, rtt=0.1, seed=seed, loss=0.29)
    report = typist.type(shell_session(), pause=(0.6, 1.2))
    print(report, report.statistics)
    assert report.share >= 0.90
    assert len(report.wrong_cells) <= 10


@pytest.mark.slow
def test_fast_typing_is_followed() -> None:
    typist = Typist(Shell, rtt=0.273)
    report = typist.type(shell_session(), gaps=(0.02, 0.06))
    print(report, report.statistics)
    assert report.share >= 0.60  # what is typed ahead of a prompt is not shown
    assert len(report.wrong_cells) <= 10
