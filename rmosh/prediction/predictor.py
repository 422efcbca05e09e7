"""Local echo: what the screen will look like once the keys under way have arrived.

A chain of guesses starts from the newest confirmed screen, one guess a key, each on top of the one before.
A new screen is looked up in the chain: it confirms the keys up to where it fits, and the rest is guessed
again on top of it. A screen that fits nowhere is given a short grace, then believed, and learned from.
Knows screens and typed bytes; knows nothing of networks, sockets or clocks.
"""

from collections.abc import Sequence
from typing import Final

from rmosh.lazy_dataclass import replace
from rmosh.terminal.cells import Frame, blank_frame

from .context import application_of, mode_words
from .effects import ECHOES
from .experience import Experience
from .footing import Place, place_of
from .guessing import Confidence, Guess, Guesser
from .keys import Key, KeyReader
from .lessons import Lesson, drawn_on, learn, reinforce, text_shown
from .lines import read_line
from .matching import agrees, changed_cells, is_beside_typing, laid_over
from .painting import PaintingPolicy, PredictMode
from .rest_of_line import mistaken, remember
from .situation import Situation, moved, same_text, text_left_of_cursor
from .trust import LEAVES, Trust, moves_rows
from .underway import KeyUnderWay, PredictionStatistics, RecentScreens, text_keys_shown

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

#: Echoes in a row after which a context's guesses are not underlined. Source: our own choice.
SURE: Final = 4


class Predictor:
    """Predicts what typed keys will show; see the module docstring."""

    def __init__(self, mode: PredictMode = PredictMode.ADAPTIVE) -> None:
        self.statistics = PredictionStatistics()
        self._painting = PaintingPolicy(mode)
        self._experience = Experience()
        self._trust = Trust()
        self._guesser = Guesser(self._experience, self._trust)
        self._reader = KeyReader()
        self._screens = RecentScreens(blank_frame(rows=1, columns=1))
        self._base = Situation(self._screens.newest.frame)
        self._at_rest: Situation | None = None
        self._pending: list[KeyUnderWay] = []
        self._lesson: Lesson | None = None

    def typed(self, data: bytes, *, input_offset: int, now: float) -> None:
        """Take bytes the user typed; `input_offset` is their end's offset in the input stream."""
        if len(data) > PASTE:
            self._press(Key("paste", "", b"", input_offset), now)
            return
        keys, goes_on = self._reader.read(data, end=input_offset, now=now)
        if goes_on and self._pending and keys[0].goes_on_from(self._pending[-1].guess.key):
            self._pending.pop()
        for key in keys:
            self._press(key, now)
        self.tick(now=now)

    def screen_changed(self, frame: Frame, *, input_offset: int, now: float) -> None:
        """Take the newest screen; `input_offset` is how much input the PTY had when it was taken."""
        before = self._screens.newest.frame
        self._screens.add(frame, input_offset=input_offset)
        self._cover(input_offset, now)
        is_drawn_on = frame.rows[-1] is not before.rows[-1] or frame.cursor != before.cursor
        if self._lesson is not None and self._lesson.end == input_offset and is_drawn_on:
            drawn_on(self._experience, self._lesson, frame)
        if self._base is self._at_rest and is_beside_typing(self._base, frame):
            self._base = self._at_rest = self._base.shown_as(frame, goal=self._base.goal, wraps=self._base.wraps)
            return
        if (len(frame.rows), frame.columns) != (len(before.rows), before.columns):
            self._start_over(frame)
        elif place_of(frame) is Place.SECRET:
            self._pending.clear()
            self._start_over(frame)
        else:
            self._look_up(frame, now)
        self.tick(now=now)

    def echo_advanced(self, *, input_offset: int, age: float, now: float) -> None:
        """Take word that the PTY had input up to an offset, `age` seconds before this was sent."""
        self._cover(input_offset, now, noted_since=age)
        self.tick(now=now)

    def link(self, *, srtt: float) -> None:
        """Take the smoothed round-trip time, seconds."""
        self._painting.link(srtt=srtt, pending=bool(self._pending))

    def next_wakeup(self) -> float | None:
        """Return when `tick` is due, monotonic seconds; None when nothing is."""
        if not self._pending:
            return None
        first = self._pending[0]
        times = (first.judge_at, self._painting.deadline(first.typed_at))
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
            self._painting.waiting(self._pending[0].typed_at, now=now)

    @property
    def mode(self) -> PredictMode:
        """When guesses are shown; may be changed at any time."""
        return self._painting.mode

    @mode.setter
    def mode(self, mode: PredictMode) -> None:
        self._painting.mode = mode

    @property
    def painting(self) -> bool:
        """Whether guesses are painted at present, on a link that is slow enough for them."""
        return self._painting.painting

    def overlay(self, frame: Frame | None = None) -> Frame:
        """Return what to paint: the newest screen, or `frame`, with the visible guesses over it."""
        newest = self._screens.newest.frame if frame is None else frame
        visible, base = self._visible(), self._base.frame
        if place_of(newest) is Place.SECRET or newest.modes.alternate_screen != base.modes.alternate_screen:
            return newest
        painted = newest
        if visible:
            last = self._pending[visible - 1].guess
            underlined = self._painting.underlines(unsure=self._unsure(visible))
            painted = laid_over(newest, guessed=last.after or self._base, base=base, underlined=underlined)
        if newest is base and self._painting.painting and visible < len(self._pending):
            return self._leaving_the_line(painted, self._pending[visible].guess)
        return painted

    def _leaving_the_line(self, painted: Frame, guess: Guess) -> Frame:
        """Bring the cursor to the next row when Enter's answer is not known: that much is sure at a prompt."""
        entered = guess.key.name == "enter" and guess.after is None
        if not entered or place_of(guess.before.frame) is not Place.LINE or not guess.earned:
            return painted
        line = read_line(guess.before)
        row = line.first_row + line.rows
        if row >= len(painted.rows):
            return painted
        return replace(painted, cursor=replace(painted.cursor, row=row, column=0))

    def _unsure(self, visible: int) -> bool:
        guesses = [pending.guess for pending in self._pending[:visible]]
        return any(
            guess.confidence is Confidence.EXPECTED and (self._experience.echoes(guess.trust) or 0) < SURE
            for guess in guesses
        )

    def _visible(self) -> int:
        """Return how many of the first pending keys are painted."""
        if not self._painting.painting:
            return 0
        return self._trusted()

    def _trusted(self) -> int:
        for number, pending in enumerate(self._pending):
            if not self._guesser.shows(pending.guess):
                return number
        return len(self._pending)

    def _press(self, key: Key, now: float) -> None:
        self.statistics.keys += 1
        if place_of(self._screens.newest.frame) is Place.SECRET:
            return
        if len(self._pending) >= MAX_PENDING:
            self._pending = [KeyUnderWay(self._unguessed(self._base, key), now)]
            return
        self._at_rest = None
        before = self._pending[-1].guess.after if self._pending else self._base
        guess = self._guesser.guess(before, key) if before is not None else self._unguessed(self._base, key)
        self._pending.append(KeyUnderWay(guess, now))
        if self._visible() == len(self._pending):
            self.statistics.shown_at_once += 1
            self._mark_seen()

    def _unguessed(self, situation: Situation, key: Key) -> Guess:
        return Guess(key, situation, None, None, Confidence.HIDDEN, None, None)

    def _mark_seen(self) -> None:
        for pending in self._pending[: self._visible()]:
            pending.seen = True

    def _cover(self, input_offset: int, now: float, *, noted_since: float | None = None) -> None:
        """Set when the keys up to an offset are judged; later where only a note, no screen, says they arrived.

        Args:
            noted_since: seconds for which the PTY had had them when that was noted.
        """
        srtt = self._painting.srtt or 0.0
        judge_at = now + max(0.0, GRACE - (noted_since or 0.0))
        for pending in self._pending:
            if pending.guess.key.end > input_offset:
                break
            at = judge_at
            if pending.judge_at is None:
                self.statistics.waits.append(now - pending.typed_at)
            if noted_since is not None and pending.guess.key.end > self._screens.newest.input_offset:
                sure = pending.guess.confidence is Confidence.CERTAIN
                at += min(srtt if sure else srtt / 2, MAX_SLACK)
            pending.judge_at = at if pending.judge_at is None else min(pending.judge_at, at)

    def _covered(self) -> int:
        """Return how many of the pending keys the newest screen could show."""
        offset = self._screens.newest.input_offset
        return sum(1 for pending in self._pending if pending.guess.key.end <= offset)

    def _start_over(self, frame: Frame) -> None:
        """Believe a screen of another size; guess again only what cannot be on it yet."""
        self._screens.forget_older()
        del self._pending[: self._covered()]
        self._rebase(replace(self._base, frame=frame, line=None, goal=None, wraps=False, held=""))

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
            remember(self._experience, self._base, frame)
            self._rebase(replace(self._base, frame=frame))
            self._at_rest = None if self._pending else self._base  # the same screen again would change nothing
        else:
            self._puzzled(frame, now)

    def _shows_nothing_yet(self, frame: Frame) -> bool:
        """Tell whether the screen is still as before the first pending key, where that key would change it."""
        base, first = self._base.frame, self._pending[0].guess
        if first.key.name in LEAVES and frame.line_discipline != base.line_discipline:
            return False  # what was entered runs already
        after = first.after
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
            self._painting.confirmed(now - pending.typed_at)
        guess = accepted[-1].guess
        after = guess.after if guess.after is not None else self._base
        remember(self._experience, after, frame)
        if guess.effect in ECHOES:
            mistaken(self._experience, after, frame)
        if count == 1:
            self._lesson = learn(self._experience, guess, frame)
            after = self._guesser.follow(self._lesson.before, guess.key, after, guess.effect)
            after = self._taught(self._lesson, guess.key.text, after, frame)
        else:
            for pending in accepted:
                reinforce(self._experience, pending.guess)
            shown = text_shown([pending.guess for pending in accepted], self._base.frame, frame)
            if shown:
                after = self._trust.answered(after, shown, echoed=True)
        del self._pending[:count]
        self._rebase(replace(after, frame=frame), explained=True)

    def _taught(self, lesson: Lesson, text: str, after: Situation, frame: Frame) -> Situation:
        """Return the situation after a key with what its answer says of letters and of editors."""
        if lesson.echoed is not None:
            after = self._trust.answered(after, text, echoed=lesson.echoed)
        if moves_rows(lesson.before, frame, lesson.effect):
            after = replace(after, footing=replace(after.footing, moves_rows=True))
        return after

    def _puzzled(self, frame: Frame, now: float) -> None:
        """The screen fits no guess: it may be half drawn, or show something unforeseen."""
        first = self._pending[0]
        echoed = self._answered_with_prompt(frame)
        if echoed is not None:
            self._believe(echoed, now, prompted=True)
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
        ahead = frame.rows[start.row].part(start.column, frame.cursor.column).text
        echoed = 1 + text_keys_shown(self._pending[1 : self._covered()], ahead)
        return echoed if "".join(p.guess.key.text for p in self._pending[1:echoed]) == ahead else None

    def _echoed_by(self, frame: Frame, covered: list[KeyUnderWay]) -> list[KeyUnderWay]:
        return covered[: text_keys_shown(covered, text_left_of_cursor(frame))]

    def _believe(self, count: int, now: float, *, prompted: bool = False) -> None:
        """The newest screen is what the first `count` keys did, whatever was guessed; learn from it.

        `prompted`: it shows a known prompt, and after it what was typed ahead.
        """
        believed, later = self._pending[:count], self._pending[count:]
        newest = self._screens.newest.frame
        frame = self._screens.before(later[0].guess.key.end) if later else newest
        if frame is newest:
            believed += self._echoed_by(frame, self._pending[count : self._covered()])
        self._count_wrong(believed)
        first, situation = believed[0].guess, self._base
        lesson = None
        if len(believed) == 1 and first.habit is not None:
            lesson = self._lesson = learn(self._experience, first, frame)
            situation = replace(situation, typing=lesson.before.typing)
        elif first.after is not None:
            self._doubt(first)
        effect = lesson.effect if lesson is not None else None
        for pending in believed:
            situation = self._guesser.unforeseen(situation, pending.guess, frame, effect)
        if lesson is not None:
            situation = self._taught(lesson, first.key.text, situation, frame)
        elif prompted:
            situation = self._typed_at_prompt(situation, "".join([pending.guess.key.text for pending in believed]))
        elif believed[-1].guess.key.text:
            situation = self._trust.answered(situation, believed[-1].guess.key.text, echoed=False)
        del self._pending[: len(believed)]
        self._rebase(situation, explained=effect is not None or prompted)
        if self._pending and frame is not newest:
            self._look_up(newest, now)

    def _typed_at_prompt(self, situation: Situation, text: str) -> Situation:
        start = self._guesser.known_prompt(situation)
        if start is None or not text:
            return situation
        return self._trust.echoed_at(situation, text, moved(situation, row=start.row, column=start.column))

    def _count_wrong(self, believed: Sequence[KeyUnderWay]) -> None:
        seen = [pending for pending in believed if pending.seen and pending.guess.after is not None]
        self.statistics.wrong += len(seen)
        if seen and seen[-1].guess.after is not None:
            guessed = seen[-1].guess.after.frame
            self.statistics.wrong_cells += changed_cells(guessed, self._base.frame)

    def _doubt(self, guess: Guess) -> None:
        """A guess went wrong among others: it costs confidence in its own context only."""
        if guess.effect is not None and guess.habit is not None:
            self._experience.habit_to_teach(guess.habit).record(guess.effect, happened=False)
        if guess.key.text and guess.trust is not None:
            self._experience.not_echoed(guess.trust)

    def _rebase(self, situation: Situation, *, explained: bool = False) -> None:
        """Start the chain of guesses again from a confirmed screen; `explained` where that was expected as it is."""
        under_way = bool(self._pending)
        footing = self._trust.seen(self._base, situation, explained=explained, under_way=under_way)
        base = replace(situation, footing=footing)
        if base.frame.modes.alternate_screen:
            shown = self._experience.mode_shown(application_of(base), mode_words(base.frame))
            base = replace(base, typing=base.typing if shown is None else shown)
        self._base = base
        before: Situation | None = base
        for pending in self._pending:
            key = pending.guess.key
            guess = self._guesser.guess(before, key) if before is not None else self._unguessed(base, key)
            pending.guess = guess
            before = guess.after
        self._mark_seen()
