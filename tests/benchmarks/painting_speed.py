"""How long the client takes to paint a page over another, and in how many bytes: `tests/benchmarks/painting_speed.py`.

Made-up pages, the same at every run; times are the best of 60, and the process's own, whatever else the machine does.
"""

import random
import time
from collections.abc import Callable, Mapping
from typing import Final

from rmosh.screen.message import apply_change, encode_change
from rmosh.terminal.cells import Frame, blank_frame
from rmosh.terminal.emulator import Emulator
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.painter import Painter

_ROWS: Final = 48
_COLUMNS: Final = 160
_REPEATS: Final = 60

_ENGLISH: Final = "the quick brown fox jumps over lazy dog and then some more words"
_CJK: Final = "漢字 テスト 日本語 中文 한국어 これは 文章 です"
_HINDI: Final = "हिन्दी में लिखा हुआ यह एक वाक्य है और इसके शब्द बार बार आते हैं क्योंकि परीक्षा है"
_EMOJI: Final = "😀 👍 🎉 hello 🚀 ok ❤️ 👩‍🚀 🇩🇪 done ✅"


def _words(vocabulary: str, count: int) -> Callable[[random.Random], str]:
    return lambda chance: " ".join(chance.choices(vocabulary.split(), k=count))


def _source(chance: random.Random) -> str:
    """A line of coloured source text."""
    words = [
        f"\x1b[1;34m{chance.choice(_ENGLISH.split())}\x1b[m",
        f"name{chance.randrange(99)}",
        f"\x1b[32m'text {chance.randrange(99)}'\x1b[m,",
        f"(\x1b[35m{chance.randrange(999)}\x1b[m)",
    ]
    number, indent = chance.randrange(1000, 9999), " " * chance.randrange(16)
    return f"\x1b[33m{number} \x1b[m{indent}{' '.join(chance.choices(words, k=chance.randrange(3, 9)))}"


def _picture(chance: random.Random) -> str:
    """A row of a picture: a colour of its own in every cell."""
    colours = [[chance.randrange(256) for _ in range(3)] for _ in range(_COLUMNS)]
    return "".join([f"\x1b[38;2;{red};{green};{blue}m\u2580" for red, green, blue in colours])


_PAGES: Final[Mapping[str, Callable[[random.Random], str]]] = {
    "source text": _source,
    "English": _words(_ENGLISH, 22),
    "CJK": _words(_CJK, 18),
    "emoji": _words(_EMOJI, 25),
    "Hindi": _words(_HINDI, 22),
    "picture": _picture,
}


def _received(page: str) -> Frame:
    """Return a page as the client has it: put together from what the server sent."""
    terminal = Emulator(rows=_ROWS, columns=_COLUMNS)
    terminal.feed(f"\x1b[?1049h\x1b[H{page}".encode())
    blank = blank_frame(rows=_ROWS, columns=_COLUMNS)
    frame, _ = apply_change(blank, encode_change(blank, terminal.frame(), input_offset=0))
    return frame


def main() -> None:
    """Print the table."""
    chance = random.Random(1)
    for name, line in _PAGES.items():
        frames = [_received("\r\n".join([line(chance) for _ in range(_ROWS)])) for _ in range(2)]
        painter = Painter(Abilities())
        painter.start(rows=_ROWS, columns=_COLUMNS)
        best, painted = float("inf"), b""
        for number in range(_REPEATS):
            began = time.process_time()
            painted = painter.paint(frames[number % 2], now=0.0)
            best = min(best, time.process_time() - began)
        print(f"{name:12} {best * 1000:6.2f} ms {len(painted):7} bytes", flush=True)


if __name__ == "__main__":
    main()
