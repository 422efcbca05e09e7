"""The viewer: takes keys, gives frames and requests. Sans-IO; fetches nothing, it only says what it wants."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from rmosh.lazy_dataclass import dataclass, replace
from rmosh.terminal.cells import Cursor, Frame, Modes, Row, blank_frame
from rmosh.terminal_input import InputToken
from rmosh_client.plain_text import printable
from rmosh_client.showing.overlays import OWN_STYLE, lay_box
from rmosh_client.viewing.bindings import ACTIONS, HELP_LINES, MOTIONS, Action, Motion, Stride
from rmosh_client.viewing.drawing import Status, as_before, drawn, highlights, status_line
from rmosh_client.viewing.gathering import Gathering, LeaveViewer, Purpose, Request
from rmosh_client.viewing.keys import Typed, ViewerKey, keys_in
from rmosh_client.viewing.layout import fitted
from rmosh_client.viewing.line_editor import Editing, LineEditor
from rmosh_client.viewing.page import Marking, Page
from rmosh_client.viewing.search import SearchDirection, SearchProgress, Seeker
from rmosh_client.viewing.transcript import Lines, Transcript

#: Pages fetched ahead on either side of the one in view. Reason: reading on does not wait, and little goes unread.
_PAGES_AHEAD: Final = 2

#: Most characters of a message that are shown. Reason: more fits no screen.
_LONGEST_MESSAGE: Final = 1000

#: The terminal's modes. Reason: pastes must be told from keys, and what is shown here is no output of the session
#: that the terminal should keep in its own scrollback.
_OWN_MODES: Final = Modes(alternate_screen=True, bracketed_paste=True)

#: What does not wait for the end of a search.
_STOPPING: Final = (Action.STEP_BACK, Action.LEAVE)

#: Where a search goes on that came to its end.
_OTHER_END: Final = {SearchDirection.NEWER: "oldest line kept", SearchDirection.OLDER: "newest line"}

_NO_PATTERN: Final = "nothing to look for yet: type / or ? and a text"


@dataclass(frozen=True, slots=True)
class _Prompt:
    """A line being typed, and what is done with it."""

    editor: LineEditor
    accept: Callable[[str], list[Request] | None]


class Viewer:
    """Shows a session's history, searches it, and hands out parts of it.

    After `type`, `history_changed` and `screen_changed` call `search_on` until it returns False, other work in
    between; then `wanted` says what to fetch and `frame` what to show.
    """

    def __init__(self, history: Lines, *, rows: int, columns: int) -> None:
        """Open at the newest line."""
        self._transcript = Transcript(history)
        self._page = Page(self._transcript, height=max(rows - 1, 1), columns=columns)
        self._rows, self._columns = rows, columns
        self._live = blank_frame(rows=1, columns=1)
        self._seeker = Seeker(self._transcript)
        self._marking = Marking(self._transcript, self._page)
        self._gathering: Gathering | None = None
        self._prompt: _Prompt | None = None
        self._drawn: list[Row] = []
        self._help = False
        self._typed_ahead: deque[Typed] = deque()
        self._is_reachable = True
        self._message = ""
        self._actions: Mapping[Action, Callable[[], list[Request] | None]] = {
            Action.SEARCH_NEWER: partial(self._ask, "/", partial(self._search, SearchDirection.NEWER)),
            Action.SEARCH_OLDER: partial(self._ask, "?", partial(self._search, SearchDirection.OLDER)),
            Action.SEARCH_AGAIN: partial(self._search_again, other_way=False),
            Action.SEARCH_OTHER_WAY: partial(self._search_again, other_way=True),
            Action.MARK: self._mark,
            Action.TURN_MARKS: self._marking.turn,
            Action.COPY: self._copy,
            Action.COPY_MARKED: self._copy_marked,
            Action.SAVE: partial(self._ask, "save to file: ", self._save),
            Action.HELP: self._show_help,
            Action.STEP_BACK: self._step_back,
            Action.LEAVE: self._leave,
        }

    def resize(self, *, rows: int, columns: int) -> None:
        """Take the screen's new size; the line at the top stays there."""
        self._rows, self._columns = rows, columns
        self._page.resize(height=max(rows - 1, 1), columns=columns)

    def screen_changed(self, frame: Frame) -> None:
        """Take the live screen: its rows follow the history as further lines.

        Call it once before the first `frame`, and for each live frame then: what is not on the screen is shown on.
        """
        self._live = frame
        self._transcript.screen_changed(frame)

    def history_changed(self) -> list[Request]:
        """Go on with a copy or a save that waited for lines; call it whenever lines came or the oldest one changed."""
        if self._gathering is None:
            return []
        request = self._gathering.go_on()
        if request is None:
            return []
        self._gathering = None
        return [request]

    def search_on(self) -> bool:
        """Search one slice of lines, well below 5 ms; tell whether there is more to search at once."""
        progress = self._seeker.go_on()
        found = self._seeker.current
        if progress is SearchProgress.FOUND and found is not None:
            self._page.reveal(found.line, offset=found.offset, context=self._page.height // 3)
            self._page.hold()
            if self._marking.is_growing:
                self._marking.move_to(found.line)
            if self._seeker.wrapped:
                self._message = f"found on from the {_OTHER_END[self._seeker.went]}"
        elif progress is SearchProgress.NOT_FOUND:
            self._message = f"not found: {self._seeker.pattern.text if self._seeker.pattern else ''}"
        return progress is SearchProgress.RUNNING

    def type(self, tokens: Sequence[InputToken]) -> list[Request]:
        """Obey what was typed; return what the caller must do, in order. Nothing behind a LeaveViewer is obeyed.

        What is typed while a search is under way waits for its end, unless it stops the search, or the server cannot be
        reached: call this without tokens once `search_on` has returned False.
        """
        self._typed_ahead += keys_in(tokens)
        requests: list[Request] = []
        while self._typed_ahead and not (requests and isinstance(requests[-1], LeaveViewer)):
            while self.search_on():
                pass
            if self._seeker.search is not None and self._is_reachable:
                stopping = [typed for typed in self._typed_ahead if ACTIONS.get(typed) in _STOPPING]
                if not stopping:
                    break
                self._typed_ahead = deque(stopping[:1])
            requests += self._take(self._typed_ahead.popleft())
        return requests

    def done(self, message: str) -> None:
        """Show how a copy or a save went, until the next key."""
        self._message = printable(message, limit=_LONGEST_MESSAGE)

    @property
    def wanted(self) -> tuple[int, int] | None:
        """The half-open range of lines to fetch now; None where nothing is to be fetched.

        The most urgent first: the page in view, what a search waits for, what a copy or a save waits for, the pages
        around. It begins and ends with lines that are not here; some between may be.
        """
        in_view = self._page.in_view
        ranges = [(in_view.start, in_view.stop)]
        if self._seeker.search is not None and self._seeker.search.wanted is not None:
            ranges.append(self._seeker.search.wanted)
        if self._gathering is not None:
            ranges.append(self._gathering.wanted)
        around = _PAGES_AHEAD * self._page.height
        ranges.append((in_view.start - around, in_view.stop + around))
        missing = (self._transcript.missing_within(start, stop) for start, stop in ranges)
        return next((found for found in missing if found is not None), None)

    def frame(self, *, reachable: bool) -> Frame:
        """Return what to show.

        Args:
            reachable: whether the server answers, so that lines not here may be expected.
        """
        self._is_reachable = reachable
        page = self._page.rows()
        in_view = self._page.in_view
        found = highlights(self._transcript, self._seeker, in_view=in_view)
        marks = self._marking.marks
        rows = as_before(drawn(page, found, marks, columns=self._columns, reachable=reachable), self._drawn)
        self._drawn = rows
        blank = blank_frame(rows=self._rows, columns=self._columns).rows
        hidden = Cursor(self._rows - 1, 0, visible=False)
        # What is not on the screen stays the live frame's: another clipboard or bell would count as news.
        frame = replace(
            self._live, rows=(*rows, *blank[len(rows) :]), columns=self._columns, cursor=hidden, modes=_OWN_MODES
        )
        if self._help:
            frame = lay_box(frame, HELP_LINES)
        if self._prompt is not None:
            cells, column = self._prompt.editor.shown(columns=self._columns)
            return replace(frame, rows=(*frame.rows[:-1], Row(cells)), cursor=Cursor(self._rows - 1, column))
        status = Status(
            in_view=in_view,
            end=self._transcript.end,
            message=self._message,
            under_way=self._under_way(),
            pattern=self._seeker.pattern.text if self._seeker.pattern else "",
            matches=found.count,
            marked=len(marks.lines) if marks else 0,
            is_missing=self._waits() or any(row.laid is None for row in page),
            is_reachable=reachable,
        )
        line = fitted(status_line(status, columns=self._columns), OWN_STYLE, columns=self._columns)
        return replace(frame, rows=(*frame.rows[:-1], Row(line)))

    def _take(self, typed: Typed) -> list[Request]:
        self._message = ""
        if self._help:
            self._help = False
            if typed in (ViewerKey.ESCAPE, "h"):
                return []
        if self._prompt is not None:
            return self._answer(self._prompt, typed)
        requests = None
        if typed in MOTIONS:
            self._move(MOTIONS[typed])
        elif typed in ACTIONS:
            requests = self._actions[ACTIONS[typed]]()
        if self._marking.marks or self._seeker.pattern:
            self._page.hold()
        return requests or []

    def _move(self, motion: Motion) -> None:
        height = self._page.height
        everything = self._transcript.end - self._transcript.oldest
        steps = {Stride.ROW: 1, Stride.HALF_PAGE: height // 2, Stride.PAGE: height - 1, Stride.ALL: everything}
        by = motion.sign * max(steps[motion.stride], 1)
        if self._marking.is_growing:
            self._marking.move(by)
        elif motion.stride is not Stride.ALL:
            self._page.scroll(by)
        elif motion.sign < 0:
            self._page.to_oldest()
        else:
            self._page.to_newest()

    def _ask(self, label: str, accept: Callable[[str], list[Request] | None]) -> None:
        self._prompt = _Prompt(LineEditor(label), accept)

    def _answer(self, prompt: _Prompt, typed: Typed) -> list[Request]:
        editing = prompt.editor.take(typed)
        if editing is Editing.GOES_ON:
            return []
        self._prompt = None
        return (prompt.accept(prompt.editor.text) or []) if editing is Editing.ACCEPTED else []

    def _search(self, direction: SearchDirection, text: str) -> None:
        if not self._seeker.look_for(text, direction, in_view=self._page.in_view):
            self._message = _NO_PATTERN

    def _search_again(self, *, other_way: bool) -> None:
        if not self._seeker.look_again(in_view=self._page.in_view, other_way=other_way):
            self._message = _NO_PATTERN

    def _mark(self) -> None:
        current = self._seeker.current
        self._marking.start_or_stop(near=current.line if current else None)

    def _copy_marked(self) -> list[Request]:
        return self._copy() if self._marking.marks else []

    def _copy(self) -> list[Request]:
        marks = self._marking.marks
        lines = marks.lines if marks else self._page.in_view
        self._marking.drop()
        return self._gather(Purpose(leaves=marks is not None), lines)

    def _save(self, path: str) -> list[Request]:
        marks = self._marking.marks
        lines = marks.lines if marks else range(self._transcript.oldest, self._transcript.end)
        if not path:
            self._message = "not saved: no file name was given"
            return []
        self._marking.drop()
        return self._gather(Purpose(path), lines)

    def _gather(self, purpose: Purpose, lines: range) -> list[Request]:
        if not lines:
            self._message = "there are no lines yet"
            return []
        self._gathering = Gathering(self._transcript, purpose, start=lines.start, stop=lines.stop)
        return self.history_changed()

    def _show_help(self) -> None:
        self._help = True

    def _step_back(self) -> list[Request]:
        """Drop one thing that is open, the newest kind first; leave where there is none."""
        if self._gathering is not None:
            self._message = f"stopped {self._gathering}"
            self._gathering = None
            return []
        if self._seeker.give_up() or self._marking.drop() or self._seeker.hide():
            return []
        return [LeaveViewer()]

    def _leave(self) -> list[Request]:
        return [LeaveViewer()]

    def _waits(self) -> bool:
        search = self._seeker.search
        return self._gathering is not None or (search is not None and search.progress is SearchProgress.WAITING)

    def _under_way(self) -> tuple[str, ...]:
        if self._gathering is not None:
            return f"{self._gathering}: waiting for line {self._gathering.next + 1:,}", f"{self._gathering} ..."
        if self._seeker.search is not None:
            line = f"line {self._seeker.search.line + 1:,}"
            return f"searching ... {line}", f"... {line}"
        return ()
