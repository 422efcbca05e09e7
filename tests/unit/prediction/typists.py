"""Small models of what answers keys, and a link of virtual time between them and a Predictor."""

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from rmosh.prediction import PredictionStatistics, PredictMode, Predictor
from rmosh.terminal.cells import Cell, Cursor, Frame, LineDiscipline, Modes, Row, blank_cell

ROWS, COLUMNS = 24, 80


@lru_cache(maxsize=4096)
def row_of(text: str, columns: int = COLUMNS) -> Row:
    return Row(tuple([Cell(character) for character in text]) + (blank_cell(),) * (columns - len(text)))


class Application(Protocol):
    """Something that answers keys with a screen."""

    def press(self, key: bytes) -> None: ...

    def frame(self) -> Frame: ...


class Paper:
    """A scrolling screen that text is printed on."""

    def __init__(self) -> None:
        self.lines = [""]
        self.scrolled = 0

    def new_line(self) -> None:
        self.lines.append("")
        if len(self.lines) > ROWS:
            del self.lines[0]
            self.scrolled += 1

    def frame(self, column: int, *, modes: Modes, line_discipline: LineDiscipline) -> Frame:
        texts = self.lines + [""] * (ROWS - len(self.lines))
        cursor = Cursor(len(self.lines) - 1, column)
        rows = tuple([row_of(text) for text in texts])
        return Frame(rows, COLUMNS, cursor, modes, history=self.scrolled, line_discipline=line_discipline)


class Shell:
    """A line editor with emacs keys at a prompt; `echo` answers with its arguments, all else with nothing.

    From the fourth time on `sudo` asks for a password; as over a nested ssh, the terminal is raw even then, and no
    process is seen to take it over. `ls` is seen to.
    """

    ASKS = "[sudo] password for ada: "

    def __init__(self, prompt: str = "user@host:~$ ", *, bracketed: bool = True) -> None:
        self.paper, self.prompt, self.bracketed = Paper(), prompt, bracketed
        self.text, self.cursor, self.killed, self.back, self.asking = "", 0, "", 0, False
        self.switches = 0
        self.older: list[str] = []
        self._draw()

    def _draw(self) -> None:
        self.paper.lines[-1] = self.ASKS if self.asking else self.prompt + self.text

    def press(self, key: bytes) -> None:
        if self.asking:
            self.asking = key != b"\r"
            if not self.asking:
                self.paper.new_line()
                self.text, self.cursor = "", 0
            self._draw()
            return
        before, after = self.text[: self.cursor], self.text[self.cursor :]
        if key == b"\r":
            self._enter()
        elif key in (b"\x1b[A", b"\x1b[B"):
            self._recall(1 if key == b"\x1b[A" else -1)
        elif key == b"\x7f":
            self.text, self.cursor = before[:-1] + after, max(0, self.cursor - 1)
        elif key == b"\x1b[3~":
            self.text = before + after[1:]
        elif key == b"\x15":
            self.text, self.cursor, self.killed = after, 0, before
        elif key == b"\x19":
            self.text, self.cursor = before + self.killed + after, self.cursor + len(self.killed)
        elif key == b"\x0b":
            self.text, self.killed = before, after
        elif key == b"\x17":
            kept = before.rstrip(" ").rpartition(" ")
            kept_text = kept[0] + kept[1]
            self.text, self.cursor = kept_text + after, len(kept_text)
        elif key in _MOVES:
            self.cursor = min(len(self.text), max(0, _MOVES[key](self.cursor, len(self.text))))
        else:
            self.text, self.cursor = before + key.decode() + after, self.cursor + 1
        self._draw()

    def _enter(self) -> None:
        if self.text:
            self.older.append(self.text)
        self.switches += 2 * self.text.startswith("ls ")
        if self.text.startswith("sudo ") and self.older.count(self.text) > 3:
            self.paper.new_line()
            self.asking = True
            return
        if self.text.startswith("echo "):
            self.paper.new_line()
            self.paper.lines[-1] = self.text[5:].strip()
        self.paper.new_line()
        self.text, self.cursor, self.back = "", 0, 0

    def _recall(self, step: int) -> None:
        if 0 <= self.back + step <= len(self.older):
            self.back += step
            self.text = self.older[-self.back] if self.back else ""
            self.cursor = len(self.text)

    def frame(self) -> Frame:
        modes = Modes(bracketed_paste=self.bracketed)
        column = len(self.ASKS) if self.asking else len(self.prompt) + self.cursor
        return self.paper.frame(column, modes=modes, line_discipline=LineDiscipline(switches=self.switches))


_MOVES: dict[bytes, Callable[[int, int], int]] = {
    b"\x1b[D": lambda cursor, length: cursor - 1,
    b"\x1bOD": lambda cursor, length: cursor - 1,
    b"\x1b[C": lambda cursor, length: cursor + 1,
    b"\x01": lambda cursor, length: 0,
    b"\x1b[H": lambda cursor, length: 0,
    b"\x05": lambda cursor, length: length,
}


class Kernel:
    """The terminal driver's own echo, with a program behind it that prints nothing, or the line again."""

    def __init__(self, *, repeats: bool = False, prompt: str = "", secret_after: int | None = None) -> None:
        self.paper, self.repeats, self.prompt = Paper(), repeats, prompt
        self.paper.lines[-1] = prompt
        self.entered, self.secret_after = 0, secret_after

    @property
    def secret(self) -> bool:
        return self.secret_after is not None and self.entered % (self.secret_after + 1) == self.secret_after

    def press(self, key: bytes) -> None:
        lines = self.paper.lines
        if key == b"\r":
            text = lines[-1][len(self.prompt) :]
            self.paper.new_line()
            if self.repeats:
                lines[-1] = text
                self.paper.new_line()
            self.entered += 1
            lines[-1] = "Password: " if self.secret else self.prompt
        elif not self.secret:
            lines[-1] = lines[-1][:-1] if key == b"\x7f" else lines[-1] + key.decode()

    def frame(self) -> Frame:
        discipline = LineDiscipline(echo=not self.secret, canonical=True)
        column = len(self.paper.lines[-1])
        return self.paper.frame(column, modes=Modes(), line_discipline=discipline)


class SilentReader:
    """A program that reads keys itself and shows nothing of them, or a sign for each, as a TUI that asks for a key.

    Backspace takes one back, Ctrl-U all of them. Before that it asks for some names, which it echoes.
    """

    def __init__(self, prompt: str, *, bracketed: bool = False, sign: str = "", names: int = 0) -> None:
        self.paper, self.bracketed = Paper(), bracketed
        self.prompt, self.sign, self.typed, self.names = prompt, sign, 0, names
        self.paper.lines[-1] = prompt

    def press(self, key: bytes) -> None:
        if self.names:
            self._name(key)
            return
        self.typed = 0 if key == b"\x15" else max(0, self.typed - 1) if key == b"\x7f" else self.typed + 1
        self.paper.lines[-1] = self.prompt + self.sign * self.typed

    def _name(self, key: bytes) -> None:
        if key == b"\r":
            self.names -= 1
            self.paper.new_line()
            self.paper.lines[-1] = self.prompt
        else:
            self.paper.lines[-1] += key.decode()

    def frame(self) -> Frame:
        modes = Modes(bracketed_paste=self.bracketed)
        return self.paper.frame(len(self.paper.lines[-1]), modes=modes, line_discipline=LineDiscipline())


class Editor:
    """A full-screen editor with vi's two modes, filler rows and a mode line."""

    def __init__(self, *, shows_mode: bool = True) -> None:
        self.lines, self.row, self.column = [""], 0, 0
        self.inserting, self.shows_mode = False, shows_mode
        self.operator, self.register = "", ""

    def press(self, key: bytes) -> None:
        if self.inserting:
            self._insert(key)
        else:
            self._command(key.decode())
        limit = len(self.lines[self.row]) - (not self.inserting)
        self.column = max(0, min(self.column, limit))

    def _insert(self, key: bytes) -> None:
        line = self.lines[self.row]
        if key == b"\x1b":
            self.inserting, self.column = False, self.column - 1
        elif key == b"\r":
            self.lines[self.row : self.row + 1] = [line[: self.column], line[self.column :]]
            self.row, self.column = self.row + 1, 0
        elif key == b"\x7f":
            self.lines[self.row] = line[: max(0, self.column - 1)] + line[self.column :]
            self.column -= 1
        else:
            self.lines[self.row] = line[: self.column] + key.decode() + line[self.column :]
            self.column += 1

    def _command(self, key: str) -> None:
        operator, self.operator = self.operator, ""
        line = self.lines[self.row]
        if operator + key == "dd":
            self.register = self.lines.pop(self.row)
            self.lines = self.lines or [""]
            self.row, self.column = min(self.row, len(self.lines) - 1), 0
        elif key == "d":
            self.operator = "d"
        elif key == "p":
            self.lines.insert(self.row + 1, self.register)
            self.row, self.column = self.row + 1, 0
        elif key == "o":
            self.lines.insert(self.row + 1, "")
            self.row, self.column, self.inserting = self.row + 1, 0, True
        elif key in "iaA":
            self.inserting = True
            self.column = len(line) if key == "A" else self.column + (key == "a")
        elif key == "x":
            self.lines[self.row] = line[: self.column] + line[self.column + 1 :]
        elif key in "hjkl":
            self.column += {"h": -1, "l": 1}.get(key, 0)
            self.row = max(0, min(len(self.lines) - 1, self.row + {"j": 1, "k": -1}.get(key, 0)))

    def frame(self) -> Frame:
        texts = self.lines + ["~"] * (ROWS - 1 - len(self.lines))
        texts.append("-- INSERT --" if self.inserting and self.shows_mode else "")
        rows = tuple([row_of(text) for text in texts])
        cursor = Cursor(self.row, self.column)
        return Frame(rows, COLUMNS, cursor, Modes(alternate_screen=True))


@dataclass
class Report:
    """What the user saw: keys, those painted right at once, and wrong cells painted."""

    statistics: PredictionStatistics
    keys: int = 0
    shown_at_once: int = 0
    wrong_cells: set[tuple[int, int, int, str]] = field(default_factory=set)
    painted: int = 0

    @property
    def share(self) -> float:
        return self.shown_at_once / self.keys

    def __str__(self) -> str:
        return f"{self.share:.1%} of {self.keys} keys at once, {len(self.wrong_cells)} wrong cells"


def body(frame: Frame) -> tuple[list[list[str]], tuple[int, int]]:
    """Return a frame's text and cursor, without the status row of a full-screen application."""
    rows = frame.rows[:-1] if frame.modes.alternate_screen else frame.rows
    return [[cell.text for cell in row.cells] for row in rows], (frame.cursor.row, frame.cursor.column)


class Typist:
    """Types keys at an application behind a link and compares what is painted with what will be."""

    #: Time an application takes to answer a key, seconds.
    ANSWER = 0.002

    #: Time after which a lost packet's content is sent again, seconds.
    REPAIR = 0.03

    def __init__(
        self,
        make: Callable[[], Application],
        *,
        rtt: float = 0.273,
        seed: int = 1,
        mode: PredictMode = PredictMode.ADAPTIVE,
        loss: float = 0.0,
    ) -> None:
        print(f"seed {seed}")
        self._random = random.Random(seed)
        self._rtt, self._loss = rtt, loss
        self._arrived = self._shown = 0.0
        self._remote, self._ideal = make(), make()
        self.predictor = Predictor(mode)
        self.predictor.link(srtt=rtt)
        self.report = Report(self.predictor.statistics)
        self._now = 10.0
        self._newest = self._remote.frame()
        self.predictor.screen_changed(self._newest, input_offset=0, now=self._now)
        self._futures: list[Frame] = []
        self._events: list[tuple[float, int, str, object, int]] = []
        self._serial = self._offset = 0

    def type(
        self, keys: Sequence[bytes], *, gaps: tuple[float, float] = (0.1, 0.3), pause: tuple[float, float] = (0.0, 0.0)
    ) -> Report:
        """Type keys with random gaps, and a pause after each Enter, then wait until all is answered."""
        for before, key in zip([b"", *keys], keys, strict=False):
            self._run(self._now + self._random.uniform(*gaps) + (before == b"\r") * self._random.uniform(*pause))
            self._type(key)
        self._run(self._now + 3 * self._rtt + 1)
        return self.report

    def _type(self, key: bytes) -> None:
        self._offset += len(key)
        self._ideal.press(key)
        self._futures = [*self._futures[-40:], self._ideal.frame()]
        self.predictor.typed(key, input_offset=self._offset, now=self._now)
        self._arrived = max(self._arrived, self._now + self._rtt / 2 + self._delay())
        self._plan(self._arrived, "given", key, self._offset)
        self.report.keys += 1
        self.report.shown_at_once += body(self._look()) == body(self._ideal.frame())

    def _look(self) -> Frame:
        painted = self.predictor.overlay()
        newest, futures = self._newest, self._futures
        for number, (row, real) in enumerate(zip(painted.rows, newest.rows, strict=True)):
            if row is real:
                continue
            for column, (cell, old) in enumerate(zip(row.cells, real.cells, strict=True)):
                if cell.text == old.text:
                    continue
                self.report.painted += 1
                if not any(future.rows[number].cells[column].text == cell.text for future in futures):
                    self.report.wrong_cells.add((self._offset, number, column, cell.text))
        return painted

    def _delay(self) -> float:
        """Return the extra time that losses cost a packet, seconds."""
        delay = 0.0
        while self._random.random() < self._loss:
            delay += self.REPAIR
        return delay

    def _plan(self, time: float, kind: str, value: object, offset: int) -> None:
        self._serial += 1
        heapq.heappush(self._events, (time, self._serial, kind, value, offset))

    def _run(self, until: float) -> None:
        while True:
            wakeup = self.predictor.next_wakeup()
            event = self._events[0][0] if self._events else until
            if wakeup is not None and wakeup <= min(event, until):
                self._now = max(self._now, wakeup)
                self.predictor.tick(now=self._now)
            elif event <= until and self._events:
                self._happen()
            else:
                break
            self._look()
        self._now = until

    def _happen(self) -> None:
        self._now, _, kind, value, offset = heapq.heappop(self._events)
        if kind == "given":
            assert isinstance(value, bytes)
            before = self._remote.frame()
            self._remote.press(value)
            if self._remote.frame() != before:
                self._plan(self._now + self.ANSWER, "drawn", self._remote.frame(), offset)
            self._plan(self._now + 0.05 + self._rtt / 2 + self._delay(), "echo", None, offset)
        elif kind == "drawn":
            arrival = self._now + self._rtt / 2 + self._delay()
            self._plan(arrival, "frame", (self._now, value), offset)
        elif kind == "frame":
            assert isinstance(value, tuple)
            drawn, frame = value
            if drawn > self._shown:
                self._shown, self._newest = drawn, frame
                self.predictor.screen_changed(frame, input_offset=offset, now=self._now)
        else:
            self.predictor.echo_advanced(input_offset=offset, age=0.05, now=self._now)


def keys(text: str) -> list[bytes]:
    """Return a key for each character; newline is Enter, ^X and <name> are not interpreted."""
    return [b"\r" if character == "\n" else character.encode() for character in text]
