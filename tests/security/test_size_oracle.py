"""A listener who sees only sizes, and has a say in what is printed next to a secret, learns nothing of the secret.

He is free in filler: he may print any text, any number of times, so that a step to which sizes are padded hides
nothing from him. So he is given the sizes of messages to the byte here, which is more than he sees on the wire, and
then plays the whole game once over the wire.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import TypeAlias

import pytest

from rmosh.compression import Compression
from rmosh.screen import encode_change
from rmosh.terminal.cells import blank_frame
from rmosh.terminal.emulator import Emulator
from rmosh_netem.link import LinkModel
from tests.world.virtual_session import make_virtual_session

ROWS, COLUMNS = 24, 80
DIGITS = "0123456789"

#: What stands before the secret on its line; the listener knows it.
PREFIX = "session token: "

SECRET_DIGITS = 8

#: Digits that the listener guesses of each secret, one after the other, knowing those before.
GUESSED = 3

#: Secrets that he plays against in each scene.
SECRETS = 10

#: Most right guesses of those 30 that pass for luck. Source: 9 or more come once in 500 where each has 1/10.
LUCKY = 8


def filler(chance: random.Random, length: int) -> str:
    """Return text that resembles nothing."""
    return "".join(chance.choices("abcdefghijklmnopqrstuvwxyz ", k=length))


def page(chance: random.Random, rows: int) -> list[str]:
    return [filler(chance, chance.randrange(20, 60)) for _ in range(rows)]


@dataclass(frozen=True)
class Scene:
    """What the far terminal is given: what the client shows already, then what is in the message whose size is seen.

    Attributes:
        attached: the client shows nothing yet.
        columns: the window's new width.
    """

    before: str
    printed: str
    attached: bool = False
    columns: int = COLUMNS


MakeScene: TypeAlias = Callable[[random.Random, str, str], Scene]


def printed_below(chance: random.Random, secret: str, guess: str) -> Scene:
    lines = page(chance, 10)
    return Scene("\r\n".join([*lines, PREFIX + secret, ""]), f"{guess}{filler(chance, 20)}\r\n")


def scrolled_in_over_its_row(chance: random.Random, secret: str, guess: str) -> Scene:
    lines = page(chance, ROWS - 1)
    return Scene("\r\n".join([*lines, PREFIX + secret]), f"\r\n{guess}{filler(chance, 20)}")


def scrolled_in_a_page_later(chance: random.Random, secret: str, guess: str) -> Scene:
    lines = page(chance, ROWS - 1)
    more = [*page(chance, ROWS - 1), guess + filler(chance, 20)]
    return Scene("\r\n".join([*lines, PREFIX + secret]), "".join("\r\n" + line for line in more))


def scrolled_in_above(chance: random.Random, secret: str, guess: str) -> Scene:
    lines = page(chance, ROWS - 1)
    return Scene("\r\n".join([PREFIX + secret, *lines]), f"\x1b[H\x1bM{guess}{filler(chance, 20)}")


def scrolled_in_above_a_status_line(chance: random.Random, secret: str, guess: str) -> Scene:
    lines = page(chance, ROWS - 1)
    region = f"\x1b[1;{ROWS - 1}r\x1b[{ROWS - 1};1H"
    return Scene("\r\n".join([*lines, PREFIX + secret]) + region, f"\n\r{guess}{filler(chance, 20)}")


def drawn_in_one_frame(chance: random.Random, secret: str, guess: str) -> Scene:
    lines = page(chance, 10)
    redrawn = [*page(chance, 5), PREFIX + secret, guess + filler(chance, 20), *page(chance, 10)]
    return Scene("\r\n".join(lines), "\x1b[H\x1b[2J" + "\r\n".join(redrawn))


def prompt_repainted(chance: random.Random, secret: str, guess: str) -> Scene:
    prompt = f"{PREFIX}{secret} $ "
    lines = page(chance, ROWS - 1)
    answer = ["", guess + filler(chance, 20), *page(chance, 3), prompt]
    return Scene("\r\n".join([*lines, prompt]), "cat mail" + "\r\n".join(answer))


def answered_below_a_prompt(chance: random.Random, secret: str, guess: str) -> Scene:
    answer = ["", *page(chance, 3), guess + filler(chance, 20)]
    return Scene("\r\n".join([*page(chance, ROWS - 1), f"{PREFIX}{secret} $ "]), "cat mail" + "\r\n".join(answer))


def cleared(chance: random.Random, secret: str, guess: str) -> Scene:
    return Scene(f"{PREFIX}{secret}\r\n" + "\r\n".join(page(chance, 9)), f"\x1b[H\x1b[2J{guess}{filler(chance, 20)}")


def line_erased(chance: random.Random, secret: str, guess: str) -> Scene:
    return Scene("\r\n".join([*page(chance, 9), PREFIX + secret]), f"\r\x1b[K{guess}{filler(chance, 20)}")


def switched_back(chance: random.Random, secret: str, guess: str) -> Scene:
    shown = "\r\n".join([*page(chance, 9), guess + filler(chance, 20)])
    hidden = "\r\n".join([*page(chance, 9), PREFIX + secret])
    return Scene(f"{hidden}\x1b[?1049h\x1b[H{shown}", "\x1b[?1049l")


def attached(chance: random.Random, secret: str, guess: str) -> Scene:
    lines = [*page(chance, 5), PREFIX + secret, *page(chance, 5), guess, *page(chance, 5)]
    return Scene("", "\r\n".join(lines), attached=True)


def resized(chance: random.Random, secret: str, guess: str) -> Scene:
    lines = [*page(chance, 5), PREFIX + secret, *page(chance, 5), guess + filler(chance, 20), *page(chance, 5)]
    return Scene("\r\n".join(lines), "", columns=30)


def linked(chance: random.Random, secret: str, guess: str) -> Scene:
    lines = [f"\x1b]8;;https://a.example/{text}\x1b\\here\x1b]8;;\x1b\\" for text in (PREFIX + secret, guess)]
    return Scene("", "\r\n".join([*page(chance, 8), *lines, *page(chance, 8)]))


def titled(chance: random.Random, secret: str, guess: str) -> Scene:
    return Scene("", f"\x1b]2;{PREFIX}{secret}\x07" + "\r\n".join([*page(chance, 8), guess, *page(chance, 8)]))


SCENES = (
    printed_below,
    scrolled_in_over_its_row,
    scrolled_in_a_page_later,
    scrolled_in_above,
    scrolled_in_above_a_status_line,
    drawn_in_one_frame,
    prompt_repainted,
    answered_below_a_prompt,
    cleared,
    line_erased,
    switched_back,
    attached,
    resized,
    linked,
    titled,
)


def message_size(scene: Scene, compression: Compression) -> int:
    emulator = Emulator(rows=ROWS, columns=COLUMNS)
    emulator.feed(scene.before.encode())
    base = blank_frame(rows=1, columns=1) if scene.attached else emulator.frame()
    emulator.feed(scene.printed.encode())
    if scene.columns != COLUMNS:
        emulator.resize(rows=ROWS, columns=scene.columns)
    return len(encode_change(base, emulator.frame(), input_offset=0, compression=compression))


def guess_next(known: str, size_of: Callable[[str, int], float], *, tries: int, chance: random.Random) -> str:
    """Return the digit whose guess makes the least, on the average over texts; a random one of those that do."""
    means = {digit: fmean(size_of(PREFIX + known + digit, attempt) for attempt in range(tries)) for digit in DIGITS}
    least = min(means.values())
    return chance.choice([digit for digit, mean in means.items() if mean <= least + 1e-9])


def right_guesses(size_of: Callable[[str, str, int], float], *, seed: int, tries: int, secrets: int = SECRETS) -> int:
    """Play against some secrets; return how many of GUESSED digits each were right."""
    chance = random.Random(seed)
    right = 0
    for _ in range(secrets):
        secret = "".join(chance.choices(DIGITS, k=SECRET_DIGITS))
        for place in range(GUESSED):
            size_of_guess = partial(size_of, secret)
            right += guess_next(secret[:place], size_of_guess, tries=tries, chance=chance) == secret[place]
    return right


def play(make: MakeScene, compression: Compression) -> int:
    def size_of(secret: str, guess: str, attempt: int) -> int:
        return message_size(make(random.Random(attempt), secret, guess), compression)

    return right_guesses(size_of, seed=2026, tries=3)


@pytest.mark.slow
@pytest.mark.parametrize("compression", [Compression.LAYOUT, Compression.NOTHING])
@pytest.mark.parametrize("make", SCENES, ids=lambda make: make.__name__)
def test_a_size_does_not_tell_how_a_text_agrees_with_a_secret(make: MakeScene, compression: Compression) -> None:
    right = play(make, compression)
    assert right <= LUCKY, f"{right} of {SECRETS * GUESSED} digits were guessed from sizes"


@pytest.mark.slow
def test_this_listener_reads_what_is_deflated_together() -> None:
    assert play(drawn_in_one_frame, Compression.ALL) > LUCKY


def bytes_on_the_wire(secret: str, guess: str, attempt: int) -> int:
    """Return what an answer costs all in all, the lines of it that scroll off with it included."""
    chance = random.Random(attempt)
    session = make_virtual_session(LinkModel(delay=0.01), seed=attempt)
    session.world.run(1)
    session.output(f"{PREFIX}{secret} $ ".encode())
    session.world.run(1)
    before = session.world.down.counters.bytes_sent
    answer = [*page(chance, 2), guess + filler(chance, attempt), *page(chance, 40), f"{PREFIX}{secret} $ "]
    session.output("\r\n".join(["cat mail", *answer]).encode())
    session.world.run(2)
    return session.world.down.counters.bytes_sent - before


def bytes_of_a_page(compression: Compression) -> int:
    session = make_virtual_session(LinkModel(delay=0.01), seed=1, compression=compression)
    session.world.run(1)
    before = session.world.down.counters.bytes_sent
    session.output(("\x1b[32mword\x1b[m " * 12 + "\r\n").encode() * 40)
    session.world.run(2)
    assert session.same_screen()
    return session.world.down.counters.bytes_sent - before


def test_a_session_deflates_what_its_client_wants() -> None:
    nothing, layout, everything = map(bytes_of_a_page, Compression)
    assert nothing > layout > 2 * everything


@pytest.mark.slow
def test_neither_do_the_datagrams_of_a_session_with_its_history() -> None:
    right = right_guesses(bytes_on_the_wire, seed=2026, tries=3, secrets=3)
    assert right <= 4, f"{right} of {3 * GUESSED} digits were guessed from datagrams"
