"""What a hostile server can make its client hold: one process says it, another takes it and prints its memory in MB.

python tests/security/hostile_memory.py say SCENARIO | python tests/security/hostile_memory.py take
"""

import os
import pickle
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path as FilePath

from rmosh.announce import new_announce
from rmosh.channels.history.frames import History, HistoryShown
from rmosh.channels.newest.frames import People, Person
from rmosh.channels.screen.assembly import Symbols
from rmosh.channels.screen.frames import ScreenSymbol
from rmosh.channels.screen.receiver import ScreenChanged
from rmosh.errors import Malformed
from rmosh.history.line_codec import BlockWriter, pack
from rmosh.prediction import PredictMode, Predictor
from rmosh.screen.message import encode_change
from rmosh.session.client import ClientSession
from rmosh.terminal.cells import TRUECOLOR, Cell, Clipboard, Frame, Notification, Row, Style, blank_frame, blank_row
from rmosh.terminal.scrolled import ScrolledLine
from rmosh.transport.frame_type import WireFrame
from rmosh.transport.path import Path
from rmosh.wire import encode_varint

_BLANK = blank_frame(rows=1, columns=1)


def _screens(messages: Iterator[bytes], *, base: int = 0) -> Iterator[WireFrame]:
    for number, message in enumerate(messages, base + 1):
        symbols = Symbols(message, max_symbol_size=1200)
        for block in range(symbols.total_blocks):
            for index in range(symbols.needed(block)):
                data = symbols.symbol(block, index)
                yield ScreenSymbol(number, base, symbols.length, symbols.symbol_size, block, index, data)


def _cells(rows: int, columns: int, *, styles: int, seed: int) -> Frame:
    """Return a frame of which no two cells are one object once it was sent."""
    look = [Style(TRUECOLOR | seed << 12 | number) for number in range(styles)]
    made = [
        [Cell(chr(0x4E00 + (row * columns + column) % 4999), look[(row * columns + column) // 700 % styles])
         for column in range(columns)]
        for row in range(rows)
    ]  # fmt: skip
    return Frame(tuple([Row(tuple(row)) for row in made]), columns)


def largest_frames() -> Iterator[WireFrame]:
    """Frames of the largest size, every cell of each an object of its own."""
    message = encode_change(_BLANK, _cells(400, 1000, styles=600, seed=1), input_offset=0)
    yield from _screens(message for _ in range(7))


def many_frames() -> Iterator[WireFrame]:
    """As many frames as the client counts, small enough for messages of some kilobytes."""
    message = encode_change(_BLANK, _cells(100, 250, styles=600, seed=2), input_offset=0)
    numbered = (encode_varint(number) + message[1:] for number in range(100))
    yield from _screens(numbered)


def frames_beyond_reason() -> Iterator[WireFrame]:
    """Frames larger than any screen."""
    frame = Frame((blank_row(1000),) * 1000, 1000)
    yield from _screens(iter([encode_change(_BLANK, frame, input_offset=0)]))


def clipboards() -> Iterator[WireFrame]:
    """A large clipboard, titles and notifications in every frame."""
    for_each = (
        replace(
            _BLANK,
            title=f"{number}{'t' * 4000}",
            icon_name=f"{number}{'漢' * 1300}",
            working_directory=f"{number}{'d' * 4000}",
            clipboard=Clipboard(number, "c", bytes(1 << 20)),
            notification=Notification(number, "n" * 2000, "漢" * 600),
        )
        for number in range(1, 300)
    )
    yield from _screens(encode_change(_BLANK, frame, input_offset=0) for frame in for_each)


def unfinished_messages() -> Iterator[WireFrame]:
    """Messages of the largest size that are never whole."""
    for number in range(1000, 1040):
        for block in range(120):
            for index in range(30):
                yield ScreenSymbol(number, 1, 1 << 22, 1024, block, index, bytes(1024))


def bombs() -> Iterator[WireFrame]:
    """Messages and blocks that inflate without end."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = deflater.compress(bytes(1 << 26)) + deflater.flush()
    yield from _screens(encode_varint(0) + encode_varint(1) + bomb for _ in range(4))
    block = b"\x01" + bomb[:60000]
    yield History(0, 1, len(block), 0, block)


def runs_in_blocks() -> Iterator[WireFrame]:
    """Lines of thousands of runs, each of a style of its own, as small as they pack."""
    writer = BlockWriter()
    looks = [Style(TRUECOLOR | number) for number in range(60000)]
    for start in range(0, 60000, 20000):
        writer.line(ScrolledLine(tuple([("漢", style) for style in looks[start : start + 20000]])))
    block = pack(writer.finish())
    while len(block) > 65535:
        writer = BlockWriter()
        looks = looks[: len(looks) * 3 // 4]
        writer.line(ScrolledLine(tuple([("漢", style) for style in looks[:20000]])))
        block = pack(writer.finish())
    for start in range(0, 12_000, 300):
        yield History(start, writer.count, len(block), 0, block)


def lines_apart() -> Iterator[WireFrame]:
    """Single lines with a gap behind each."""
    writer = BlockWriter()
    writer.line(ScrolledLine((("x", Style(1)),)))
    block = writer.finish()
    for start in range(0, 20_000, 2):
        yield History(2_000_000 - start, 1, len(block), 0, block)


def long_lines() -> Iterator[WireFrame]:
    """Pieces of long lines that never become whole."""
    for number in range(5000):
        for offset in range(0, 2000, 2):
            yield History(number, 1, 65535, offset, b"x")
        if number == 64:
            return


def shown_lines() -> Iterator[WireFrame]:
    """Every row of large frames as a line of history."""
    message = encode_change(_BLANK, _cells(256, 1000, styles=600, seed=5), input_offset=0)
    yield from _screens((message for _ in range(1)), base=0)
    yield HistoryShown(0, 256, 1)


def people() -> Iterator[WireFrame]:
    """Who is here, with the longest names."""
    for serial in range(1, 2000):
        yield People(serial, tuple([Person("漢" * 13, 1000, 1000, False, False, False)] * 16))


def small_things() -> Iterator[WireFrame]:
    """All that is refused, or takes little."""
    yield from frames_beyond_reason()
    yield from unfinished_messages()
    yield from bombs()
    yield from lines_apart()
    yield from long_lines()
    yield from people()


SCENARIOS: dict[str, Callable[[], Iterator[WireFrame]]] = {
    scenario.__name__: scenario
    for scenario in (largest_frames, many_frames, clipboards, runs_in_blocks, shown_lines, small_things)
}


def peak() -> int:
    """Return the most memory that this program ever took, in MB; not what its parent did, as getrusage would."""
    status = FilePath("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def take(frames: list[WireFrame]) -> None:
    """Give frames to a client with all that keeps what it is given, and print what that took."""
    announce = new_announce(port=1, entropy=os.urandom(200))
    client = ClientSession(announce, rows=24, columns=80, paths=[Path(0, "h", 1)], entropy=os.urandom, now=0.0)
    predictor = Predictor(PredictMode.ALWAYS)
    before = peak()
    for frame in frames:
        try:
            client._endpoint._deliver([frame], 0.0)
        except Malformed:
            continue
        while (event := client.next_event()) is not None:
            if isinstance(event, ScreenChanged):
                predictor.screen_changed(event.frame, input_offset=event.input_offset, now=0.0)
    archive = client.history.archive
    archive.lines(archive.end - 600, archive.end)
    print(peak() - before)


if __name__ == "__main__":
    if sys.argv[1] == "say":
        pickle.dump(list(SCENARIOS[sys.argv[2]]()), sys.stdout.buffer)
    else:
        take(pickle.load(sys.stdin.buffer))
