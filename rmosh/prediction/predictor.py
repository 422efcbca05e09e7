"""Local echo: what the screen will look like once the keys under way have arrived.

A chain of guesses starts from the newest confirmed screen, one guess a key, each on top of the one before.
A new screen is looked up in the chain: it confirms the keys up to where it fits, and the rest is guessed
again on top of it. A screen that fits nowhere is given a short grace, then believed, and learned from.
Knows screens and typed bytes; knows nothing of networks, sockets or clocks.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from rmosh.terminal.cells import Frame, blank_frame

from .context import Context, Place, mode_words, place_of
from .display import Display, PredictMode
from .experience import Experience
from .guessing import Confidence, Guess, Guesser
from .keys import Key, KeyReader
from .lessons import Lesson, drawn_on, learn, reinforce
from .matching import agrees, changed_cells, laid_over
from .situation import Situation, same_text

#: How long after a key was given to the PTY a screen without its guessed effect refutes it, in seconds.
#: Reason: applications answer within some ms, and what takes longer is rare. Source: Mosh's echo timeout.
GRACE: Final = 0.050

#: How long an unguessed effect may take to be drawn whole once it began, in seconds. Reason: applications
#: draw with several writes, microseconds to some ms apart. Source: our own choice.
SETTLE: Final = 0.020

#: Most extra time given when only an echo note, not a screen, covers a key, in seconds. Reason: the screen
#: may have been lost or overtaken, and its repair takes part of a round trip. Source: our own choice.
MAX_SLACK: Final = 0.250

#: Bytes in one piece beyond which typing is a paste and not predicted. Source: Mosh's limit.
PASTE: Final = 100

#: Most keys guessed ahead, in keys. Reason: bounds memory and time; minutes of typing. Our choice.
MAX_PENDING: Final = 400

#: Screens kept to tell what single keys did when several are judged together, in screens. Reason: some more
#: than the keys given to the PTY within the grace. Source: our own choice.
MAX_RECENT: Final = 16

#: Echoes in a row after which a context's guesses are not underlined. Source: our own choice.
SURE: Final = 4


@dataclass(slots=True)
class PredictionStatistics:
    """What became of the keys so far.

    Attributes:
        keys: keys typed.
        shown_at_once: keys whose effect was painted when they were typed.
        confirmed: keys whose guessed effect came true.
        wrong: keys whose painted effect did not come true.
        wrong_cells: cells painted by those.
    """

    keys: int = 0
    shown_at_once: int = 0
    confirmed: int = 0
    wrong: int = 0
    wrong_cells: int = 0


@dataclass(slots=True)
class _Pending:
    """A key under way, with the newest guess about it.

    Attributes:
        judge_at: when a screen without its effect refutes it; None until the PTY is known to have it.
        seen: its effect was painted at some time.
    """

    guess: Guess
    typed_at: float
    judge_at: float | None = None
    seen: bool = False


@dataclass(slots=True)
class _Newest:
    """The newest screen, and how much input the PTY had been given when it was taken."""

    frame: Frame = field(default_factory=lambda: blank_frame(rows=1, columns=1))
    input_offset: int = 0


class Predictor:
    """Predicts what typed keys will show; see the module docstring."""

    def __init__(self, mode: PredictMode = PredictMode.ADAPTIVE) -> None:
        self.statistics = PredictionStatistics()
        self._display = Display(mode)
        self._experience = Experience()
        self._guesser = Guesser(self._experience)
        self._reader = KeyReader()
        self._newest = _Newest()
        self._base = Situation(self._newest.frame)
        self._pending: list[_Pending] = []
        self._lesson: Lesson | None = None
        self._recent: deque[_Newest] = deque(maxlen=MAX_RECENT)

    def typed(self, data: bytes, *, input_offset: int, now: float) -> None:
        """Take bytes the user typed; `input_offset` is their end's offset in the input stream."""
        if len(data) > PASTE:
            self._press(Key("paste", "", b"", input_offset), now)
            return
        keys, replaces_escape = self._reader.read(data, end=input_offset, now=now)
        if replaces_escape and self._pending and self._pending[-1].guess.key.name == "escape":
            self._pending.pop()
        for key in keys:
            self._press(key, now)

    def screen_changed(self, frame: Frame, *, input_offset: int, now: float) -> None:
        """Take the newest screen; `input_offset` is how much input the PTY had when it was taken."""
        before = self._newest.frame
        self._newest = _Newest(frame, max(input_offset, self._newest.input_offset))
        self._remember(self._newest)
        self._cover(input_offset, now + GRACE)
        if self._lesson is not None and self._lesson.end == input_offset:
            drawn_on(self._experience, self._lesson, frame)
        if (len(frame.rows), frame.columns) != (len(before.rows), before.columns):
            self._start_over(frame)
        elif place_of(frame) is Place.SECRET:
            self._keep_secret(frame)
        else:
            self._look_up(frame, now)
        self.tick(now=now)

    def echo_advanced(self, *, input_offset: int, age: float, now: float) -> None:
        """Take word that the PTY had input up to an offset, `age` seconds before this was sent."""
        self._cover(input_offset, now + max(0.0, GRACE - age), noted=True)
        self.tick(now=now)

    def link(self, *, srtt: float) -> None:
        """Take the smoothed round-trip time, seconds."""
        self._display.link(srtt=srtt, pending=bool(self._pending))

    def next_wakeup(self) -> float | None:
        """Return when `tick` is due, monotonic seconds; None when nothing is."""
        if not self._pending:
            return None
        first = self._pending[0]
        times = (first.judge_at, self._display.stall_time(first.typed_at))
        return min((time for time in times if time is not None), default=None)

    def tick(self, *, now: float) -> None:
        """Refute the guesses whose grace is over, and notice keys that wait too long."""
        expired = 0
        for pending in self._pending:
            if pending.judge_at is None or pending.judge_at > now:
                break
            expired += 1
        if expired:
            self._believe(expired, now)
        if self._pending:
            self._display.waited(now - self._pending[0].typed_at)

    def overlay(self, frame: Frame | None = None) -> Frame:
        """Return what to paint: the newest screen, or `frame`, with the visible guesses over it."""
        newest = self._newest.frame if frame is None else frame
        visible = self._visible()
        if not visible or place_of(newest) is Place.SECRET:
            return newest
        last = self._pending[visible - 1].guess
        base = self._base.frame
        if last.after is None or newest.modes.alternate_screen != base.modes.alternate_screen:
            return newest
        underlined = self._display.underlines(unsure=self._unsure(visible), age=self._oldest_age)
        return laid_over(newest, guessed=last.after, base=base, underlined=underlined)

    @property
    def _oldest_age(self) -> float:
        """Seconds between the oldest and the newest key under way."""
        return self._pending[-1].typed_at - self._pending[0].typed_at if self._pending else 0.0

    def _unsure(self, visible: int) -> bool:
        guesses = [pending.guess for pending in self._pending[:visible]]
        return any(
            guess.confidence is Confidence.EXPECTED and (self._experience.echoes(guess.trust) or 0) < SURE
            for guess in guesses
        )

    def _visible(self) -> int:
        """Return how many of the first pending keys are painted."""
        if not self._display.painting:
            return 0
        return self._trusted()

    def _trusted(self) -> int:
        for number, pending in enumerate(self._pending):
            if not self._guesser.shows(pending.guess):
                return number
        return len(self._pending)

    def _press(self, key: Key, now: float) -> None:
        self.statistics.keys += 1
        if place_of(self._newest.frame) is Place.SECRET:
            return
        if len(self._pending) >= MAX_PENDING:
            self._pending = [_Pending(self._unguessed(self._base, key), now)]
            return
        before = self._pending[-1].guess.after if self._pending else self._base
        guess = self._guesser.guess(before, key) if before is not None else self._unguessed(self._base, key)
        self._pending.append(_Pending(guess, now))
        if self._visible() == len(self._pending):
            self.statistics.shown_at_once += 1
            self._mark_seen()

    def _unguessed(self, situation: Situation, key: Key) -> Guess:
        return Guess(key, situation, None, None, Confidence.HIDDEN, (), ((), key.name))

    def _mark_seen(self) -> None:
        for pending in self._pending[: self._visible()]:
            pending.seen = True

    def _cover(self, input_offset: int, judge_at: float, *, noted: bool = False) -> None:
        """Set when the keys up to an offset are judged; later where only a note, no screen, says they arrived."""
        srtt = self._display.srtt or 0.0
        for pending in self._pending:
            if pending.guess.key.end > input_offset:
                break
            at = judge_at
            if noted and pending.guess.key.end > self._newest.input_offset:
                sure = pending.guess.confidence is Confidence.CERTAIN
                at += min(srtt if sure else srtt / 2, MAX_SLACK)
            pending.judge_at = at if pending.judge_at is None else min(pending.judge_at, at)

    def _covered(self) -> int:
        """Return how many of the pending keys the newest screen could show."""
        offset = self._newest.input_offset
        return sum(1 for pending in self._pending if pending.guess.key.end <= offset)

    def _remember(self, newest: _Newest) -> None:
        """Keep the last screen of every input offset."""
        if self._recent and self._recent[-1].input_offset == newest.input_offset:
            self._recent.pop()
        self._recent.append(newest)

    def _screen_after(self, count: int) -> Frame:
        """Return the last screen that no pending key after the first `count` can have changed."""
        if count < len(self._pending):
            for recent in reversed(self._recent):
                if recent.input_offset < self._pending[count].guess.key.end:
                    return recent.frame
        return self._newest.frame

    def _start_over(self, frame: Frame) -> None:
        """Believe a screen of another size; guess again only what cannot be on it yet."""
        del self._pending[: self._covered()]
        self._rebase(replace(self._base, frame=frame, line=None, goal=None, wraps=False, held=""))

    def _keep_secret(self, frame: Frame) -> None:
        """Drop everything; remember that the key which led here may lead to a secret again."""
        if self._pending and self._pending[0].guess.habit[0]:
            covered = [pending.guess for pending in self._pending[: max(1, self._covered())]]
            for guess in covered:
                if guess.key.name == "enter" and guess.habit[0]:
                    self._experience.habit(*guess.habit).hides_what_follows = True
        self._pending.clear()
        self._start_over(frame)

    def _look_up(self, frame: Frame, now: float) -> None:
        """Find the screen among the situations guessed, newest first."""
        base = self._base.frame
        if frame.modes.alternate_screen == base.modes.alternate_screen:
            for count in range(self._covered(), 0, -1):
                after = self._pending[count - 1].guess.after
                if after is not None and agrees(after, base=base, seen=frame):
                    self._accept(count, frame, now)
                    return
        if not self._covered() or self._shows_nothing_yet(frame):
            self._rebase(replace(self._base, frame=frame))
        else:
            self._puzzled(frame, now)

    def _shows_nothing_yet(self, frame: Frame) -> bool:
        """Tell whether the screen is still as before the first pending key, where that key would change it."""
        base, after = self._base.frame, self._pending[0].guess.after
        if frame.modes.alternate_screen and mode_words(frame) != mode_words(base):
            return False
        if (frame.cursor.row, frame.cursor.column) != (base.cursor.row, base.cursor.column):
            return False
        rows = after.frame.rows if after is not None else base.rows
        changed = [number for number, row in enumerate(rows) if row is not base.rows[number]]
        return all(same_text(base.rows[number], frame.rows[number]) for number in (*changed, base.cursor.row))

    def _accept(self, count: int, frame: Frame, now: float) -> None:
        """The screen shows the first `count` keys as guessed."""
        accepted = self._pending[:count]
        for pending in accepted:
            self.statistics.confirmed += pending.guess.effect is not None
            self._display.confirmed(now - pending.typed_at)
        guess = accepted[-1].guess
        after = guess.after if guess.after is not None else self._base
        if count == 1:
            self._lesson = learn(self._experience, guess, frame)
            after = self._guesser.follow(self._lesson.before, guess.key, after, guess.effect)
        else:
            for pending in accepted:
                reinforce(self._experience, pending.guess)
        del self._pending[:count]
        self._rebase(replace(after, frame=frame))

    def _puzzled(self, frame: Frame, now: float) -> None:
        """The screen fits no guess: it may be half drawn, or show something unforeseen."""
        first = self._pending[0]
        echoed = self._answered_with_prompt(frame)
        if echoed is not None:
            self._believe(echoed, now)
        elif first.judge_at is not None and not self._guesser.shows(first.guess):
            first.judge_at = min(first.judge_at, now + SETTLE)

    def _answered_with_prompt(self, frame: Frame) -> int | None:
        """Return how many keys the screen shows when it has a known prompt after Enter; None otherwise."""
        if place_of(frame) is not Place.LINE or self._pending[0].guess.key.name not in ("enter", "ctrl+c"):
            return None
        start = self._guesser.known_prompt(replace(self._base, frame=frame, line=None))
        old = self._base.line
        if start is None or (old is not None and start.row == old.row and frame.history == self._base.frame.history):
            return None
        row = frame.rows[start.row].cells
        ahead = "".join([cell.text for cell in row[start.column : frame.cursor.column]])
        echoed = 1 + self._text_keys(self._pending[1 : self._covered()], ahead)
        return echoed if "".join(p.guess.key.text for p in self._pending[1:echoed]) == ahead else None

    def _text_keys(self, pending: Sequence[_Pending], shown: str) -> int:
        """Return how many of the first pending keys are text that `shown` ends with."""
        text, best = "", 0
        for number, waiting in enumerate(pending, 1):
            if not waiting.guess.key.text:
                break
            text += waiting.guess.key.text
            if shown.endswith(text):
                best = number
        return best

    def _echoed_by(self, frame: Frame, covered: list[_Pending]) -> list[_Pending]:
        cells = frame.rows[frame.cursor.row].cells[: frame.cursor.column]
        return covered[: self._text_keys(covered, "".join([cell.text for cell in cells]))]

    def _believe(self, count: int, now: float) -> None:
        """The newest screen is what the first `count` keys did, whatever was guessed; learn from it."""
        frame = self._screen_after(count)
        believed = self._pending[:count]
        if frame is self._newest.frame:
            believed += self._echoed_by(frame, self._pending[count : self._covered()])
        self._count_wrong(believed)
        first, situation = believed[0].guess, self._base
        if len(believed) == 1 and first.habit[0]:
            self._lesson = learn(self._experience, first, frame)
            situation = replace(situation, typing=self._lesson.before.typing)
        elif first.after is not None:
            self._doubt(first)
        for pending in believed:
            situation = self._guesser.unforeseen(situation, pending.guess.key, replace(situation, frame=frame))
        del self._pending[: len(believed)]
        self._rebase(situation)
        if self._pending and frame is not self._newest.frame:
            self._look_up(self._newest.frame, now)

    def _count_wrong(self, believed: Sequence[_Pending]) -> None:
        seen = [pending for pending in believed if pending.seen and pending.guess.after is not None]
        self.statistics.wrong += len(seen)
        if seen and seen[-1].guess.after is not None:
            guessed = seen[-1].guess.after.frame
            self.statistics.wrong_cells += changed_cells(guessed, self._base.frame)

    def _doubt(self, guess: Guess) -> None:
        """A guess went wrong among others: it costs confidence in its own context only."""
        if guess.effect is not None:
            self._experience.habit(*guess.habit).record(guess.effect, happened=False)
        if guess.key.text:
            self._experience.not_echoed(guess.trust)

    def _rebase(self, situation: Situation) -> None:
        """Start the chain of guesses again from a confirmed screen."""
        base = situation
        if base.frame.modes.alternate_screen:
            shown = self._experience.mode_shown(base.application, mode_words(base.frame))
            base = replace(base, typing=base.typing if shown is None else shown)
        self._base = base
        before: Situation | None = base
        for pending in self._pending:
            key = pending.guess.key
            guess = self._guesser.guess(before, key) if before is not None else self._unguessed(base, key)
            pending.guess = guess
            before = guess.after
        self._mark_seen()


__all__ = ["Context", "PredictMode", "PredictionStatistics", "Predictor"]
