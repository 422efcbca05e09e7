"""History from sender to receiver: every line arrives exactly, whatever is lost, late, or cut another way."""

import random

import pytest

from rmosh.channels.history.frames import History, HistoryShown
from rmosh.errors import Malformed
from rmosh.terminal.cells import DEFAULT_STYLE, Attribute, Style
from rmosh.terminal.clears import Clear
from rmosh.terminal.scrolled import EMPTY_LINE, ScrolledLine, plain_line
from tests.unit.channels.history_exchange import Exchange, Sent, conditions, mixed, noise, rainbow

# --- every line, exactly -------------------------------------------------------------------------------------


def test_lines_of_every_kind_arrive_exactly() -> None:
    exchange = Exchange(rows=2, columns=10)
    exchange.output("plain\r\n\x1b[31mred\x1b[m tail\r\n\r\n0123456789abc\r\n漢字\r\n".encode())
    exchange.output(b"\x1b[44m  \x1b[K\x1b[m\r\n  in  \r\n\r\n\r\n")
    exchange.run()
    blue = Style(background=4)
    assert exchange.here() == [
        plain_line("plain"),
        ScrolledLine((("red", Style(foreground=1)), (" tail", DEFAULT_STYLE))),
        EMPTY_LINE,
        ScrolledLine((("0123456789", DEFAULT_STYLE),), wrapped=True),
        plain_line("abc"),
        plain_line("漢字"),
        ScrolledLine(((" " * 10, blue),)),
        plain_line("  in"),
        EMPTY_LINE,
    ]


def test_every_attribute_of_a_style_arrives() -> None:
    exchange = Exchange(rows=2)
    exchange.output(b"\x1b[1;3;7;9;38;2;1;2;3;48;5;99;58;5;7m\x1b[4:3mx\x1b[m\r\n\r\n\r\n")
    exchange.run()
    (line,) = exchange.here(0, 1)
    assert line is not None
    ((text, style),) = line.runs
    flags = Attribute.BOLD | Attribute.ITALIC | Attribute.REVERSE | Attribute.STRIKE
    assert (text, style.attributes, style.background, style.underline_colour) == ("x", int(flags), 99, 7)
    assert style.underline == 3 and style.foreground is not None


@pytest.mark.parametrize("seed", range(6))
def test_losses_late_arrivals_and_repetitions_change_nothing(seed: int) -> None:
    chance, exchange = random.Random(seed), Exchange()
    exchange.output(mixed(chance, 700))
    on_their_way: list[Sent] = []
    for _ in range(2000):
        if exchange.sender.settled and not on_their_way:
            break
        on_their_way += exchange.send()
        chance.shuffle(on_their_way)
        for sent in on_their_way[: chance.randrange(1, 8)]:
            on_their_way.remove(sent)
            fate = chance.random()
            if fate < 0.3:
                sent.cargo.on_lost(now=exchange.now)
            elif fate < 0.5:
                sent.cargo.on_lost(now=exchange.now)
                exchange.arrive(sent.frame)
            else:
                exchange.deliver(sent)
                exchange.arrive(sent.frame)
    assert exchange.sender.settled
    assert exchange.end > 700
    assert exchange.here() == exchange.wanted()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_thousand_coloured_cells_arrive_whole_though_pieces_are_lost_and_cut_another_way(seed: int) -> None:
    chance, exchange = random.Random(seed), Exchange(rows=2, columns=1000)
    exchange.output(rainbow(chance, 1000) + rainbow(chance, 400) + b"end\r\n\r\n")
    pieces: list[Sent] = []
    for step in range(3000):
        exchange.link = conditions(room=(1169, 477, 777)[step % 3])
        sent = exchange.send()
        pieces += [
            each for each in sent if isinstance(each.frame, History) and each.frame.length > len(each.frame.data)
        ]
        chance.shuffle(sent)
        for each in sent:
            if chance.random() < 0.4:
                each.cargo.on_lost(now=exchange.now)
            else:
                exchange.deliver(each)
        if exchange.sender.settled:
            break
    assert exchange.sender.settled
    assert len(pieces) > 10
    assert exchange.here() == exchange.wanted()
    first = exchange.here(0, 1)[0]
    assert first is not None and len(first.runs) == 1000
    assert sum(bool(style.link) for _, style in first.runs) == 100


def test_a_line_too_large_for_any_block_goes_without_its_links_or_its_colours() -> None:
    chance = random.Random(5)
    exchange = Exchange(rows=2, columns=1000)
    cells = [
        f"\x1b]8;;https://example.org/{noise(chance, 900)}\x1b\\{chr(97 + cell % 26)}".encode() for cell in range(1000)
    ]
    exchange.output(b"".join(cells) + b"\x1b]8;;\x1b\\\r\n\r\n\r\n")
    exchange.run(limit=200)
    first = exchange.here(0, 1)[0]
    assert first is not None and first.text == "".join([chr(97 + cell % 26) for cell in range(1000)])


@pytest.mark.parametrize("cells", [40, 80, 400])
def test_a_line_too_long_for_the_first_small_datagrams_of_a_slow_path_is_sent_all_the_same(cells: int) -> None:
    exchange = Exchange(rows=2, columns=400)
    exchange.link = conditions(rtt=0.3)
    exchange.output(rainbow(random.Random(1), cells) + b"next\r\n\r\n")
    exchange.run()
    assert exchange.here() == exchange.wanted()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_no_line_that_was_cleared_is_ever_here_without_that_being_known(seed: int) -> None:
    chance, exchange = random.Random(seed), Exchange(rows=9, columns=300)
    for _ in range(40):
        exchange.output(mixed(chance, chance.randrange(30)) + rainbow(chance, chance.choice((0, 0, 0, 250))))
        if chance.random() < 0.5:
            exchange.show()
        exchange.clear(chance.choice((b"\x1b[H\x1b[2J", b"\x1b[H\x1b[J", b"\x1b[9;300H\x1b[1J\x1b[H")) + b"$ ")
        for sent in exchange.send():
            if chance.random() < 0.4:
                sent.cargo.on_lost(now=exchange.now)
                continue
            exchange.deliver(sent)
            for number, line in enumerate(exchange.here()):
                assert line is None or exchange.receiver.cleared.how(number) == exchange.cleared.how(number)
    exchange.run()
    assert exchange.here() == exchange.wanted()
    hows = [exchange.receiver.cleared.how(number) for number in range(exchange.end)]
    assert hows == [exchange.cleared.how(number) for number in range(exchange.end)]
    assert set(hows) == {None, *Clear}


def test_a_client_that_does_not_know_of_clears_has_the_lines_all_the_same() -> None:
    exchange = Exchange(rows=9, columns=300)
    exchange.output(mixed(random.Random(1), 30))
    exchange.clear(b"\x1b[H\x1b[2J$ ")
    for sent in exchange.send():
        exchange.arrive(sent.frame)
        sent.cargo.on_acknowledged(now=exchange.now)
    exchange.run()
    assert exchange.here() == exchange.wanted()
    assert exchange.end == 31 - 1


# --- lines that the screen shows -----------------------------------------------------------------------------


def test_lines_that_the_client_shows_are_told_by_a_few_bytes() -> None:
    exchange = Exchange(rows=24, columns=80)
    lines = [
        f"\x1b[3{number % 8}mline {number} \x1b[4m漢字\x1b[m {noise(random.Random(number), 40)}" for number in range(23)
    ]
    exchange.output("\r\n".join([*lines, ""]).encode())
    exchange.show()
    exchange.output(b"\r\n" * 23)
    said = exchange.run()
    assert [sent.frame for sent in said] == [HistoryShown(0, 23, 1)]
    assert said[0].size <= 6
    assert exchange.here() == exchange.wanted()
    assert None not in exchange.here()


def test_a_row_that_changed_after_it_was_shown_is_sent_as_it_scrolled_off() -> None:
    exchange = Exchange(rows=4)
    exchange.output(b"one\r\ntwo\r\nthree\r\n")
    exchange.show()
    exchange.output(b"\x1b[2;1HTWO\x1b[4;1H\r\n\r\n\r\n")
    said = exchange.run()
    assert [type(sent.frame) for sent in said] == [HistoryShown, History, HistoryShown]
    assert exchange.here() == [plain_line("one"), plain_line("TWO"), plain_line("three")]


def test_equal_rows_are_not_mixed_up_when_a_long_plain_line_scrolls_off_with_them() -> None:
    exchange = Exchange(rows=24, columns=80)
    exchange.output(b"\r\n".join([b"x"] * 24))
    exchange.show()
    flood = [f"{number:028}" for number in range(120)]
    flood[40] = "y" * 90
    exchange.output(b"\x1b[6;1HCHANGED\x1b[24;1H\r\n")
    exchange.output("".join([line + "\r\n" for line in flood]).encode())
    exchange.run()
    assert exchange.here(5, 6) == [plain_line("CHANGED")]
    assert exchange.here() == exchange.wanted()


def test_what_the_alternate_screen_shows_is_nothing_that_scrolled_off() -> None:
    exchange = Exchange(rows=3)
    exchange.output(b"a\r\nb\r\nc")
    exchange.show()
    exchange.output(b"\r\n\r\n\r\n\x1b[?1049h\x1b[Ha\r\nb\r\nc")
    exchange.show()
    assert [type(sent.frame) for sent in exchange.run()] == [History]
    assert exchange.here() == exchange.wanted()


def test_the_frame_that_all_begin_with_shows_no_lines() -> None:
    exchange = Exchange(rows=1, columns=1)
    exchange.emulator.frame()
    exchange.output(b"\r\n\r\n")
    exchange.run()
    assert exchange.here() == [EMPTY_LINE, EMPTY_LINE]


def test_lines_of_a_frame_that_is_gone_are_refused_and_come_as_a_block() -> None:
    exchange = Exchange(rows=4)
    exchange.output(b"one\r\ntwo\r\nthree\r\n")
    exchange.show()
    exchange.output(b"\r\n\r\n\r\n")
    (sent,) = exchange.send()
    assert sent.frame == HistoryShown(0, 3, 1)
    shown = exchange.frames.pop(1)
    with pytest.raises(Malformed):
        exchange.arrive(sent.frame)
    sent.cargo.on_lost(now=exchange.now)
    exchange.frames[1] = shown
    exchange.show()
    del exchange.frames[1]
    assert [type(each.frame) for each in exchange.run()] == [History]
    assert exchange.here() == [plain_line("one"), plain_line("two"), plain_line("three")]


@pytest.mark.parametrize(("start", "count"), [(9, 1), (10, 5), (13, 2), (14, 1), (0, 256), (2**61, 1)])
def test_lines_that_a_frame_never_had_are_refused(start: int, count: int) -> None:
    exchange = Exchange(rows=4)
    exchange.output(b"x\r\n" * 13)
    exchange.show()
    assert exchange.frames[1].history == 10
    exchange.receiver.check(HistoryShown(10, 4, 1))
    with pytest.raises(Malformed):
        exchange.receiver.check(HistoryShown(start, count, 1))


# --- erasing -------------------------------------------------------------------------------------------------


def test_erasing_drops_what_is_on_its_way_and_tells_how_much() -> None:
    exchange = Exchange()
    exchange.scroll(*[f"secret {number} {noise(random.Random(number), 30)}" for number in range(200)])
    exchange.run(arrives=lambda sent: True)
    exchange.scroll(*[f"more {number} {noise(random.Random(number), 30)}" for number in range(200)])
    on_their_way = exchange.send()
    assert on_their_way
    exchange.output(b"\x1b[3J")
    erased = exchange.emulator.history_erased
    exchange.tell()
    assert exchange.receiver.kept is not None
    assert (exchange.receiver.kept.erased, exchange.receiver.kept.following) == (erased, erased)
    for sent in on_their_way:
        sent.cargo.on_lost(now=exchange.now)
    assert exchange.sender.due_at(exchange.link) is None
    assert exchange.sender.settled
    assert exchange.here() == [None] * erased
    exchange.scroll("after")
    exchange.run()
    assert exchange.here(erased) == exchange.wanted(erased)
    assert plain_line("after") in exchange.here(erased)


def test_a_long_line_erased_half_way_is_not_finished() -> None:
    exchange = Exchange(rows=2, columns=1000)
    exchange.output(rainbow(random.Random(2), 1000) + b"\r\n")
    sent = exchange.send()
    exchange.deliver(sent[0])
    exchange.output(b"\x1b[3Jafter\r\n\r\n")
    for each in sent[1:]:
        each.cargo.on_lost(now=exchange.now)
    said = exchange.run()
    assert min([each.frame.start for each in said if isinstance(each.frame, History)]) == exchange.archive.oldest == 1
    assert exchange.here() == exchange.wanted()


def test_lines_that_arrive_after_they_were_erased_are_not_kept() -> None:
    exchange = Exchange()
    exchange.scroll(*[f"secret {number}" for number in range(300)])
    late = exchange.send()
    exchange.output(b"\x1b[3J")
    exchange.tell()
    for sent in late:
        exchange.arrive(sent.frame)
    assert exchange.here() == [None] * exchange.end
    assert exchange.receiver.archive.first_here >= exchange.end
    assert exchange.receiver.archive.size == 0
