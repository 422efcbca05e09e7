"""Every effect a key can be guessed to have, and which keys usually have which.

An effect is what is learned: a context remembers which of them a key had, not what it did to which cell.
"""

from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Final, TypeAlias

from . import editing, motions, row_effects
from .keys import Key
from .situation import Situation

Apply: TypeAlias = Callable[[Situation, Key], "Situation | None"]


class Effect(Enum):
    """One thing a key can do; of two that were seen as often, the one that stands first is taken.

    Numbers are of rows: those that an answer fills, from 0 to 3, as more scroll off what is known; and those at the
    bottom of a full-screen application that its text never enters.

    Attributes:
        apply: gives the situation after the key, None where the effect cannot be.
        needed: how often in a row it must have been seen before it is shown. A change of many cells that
            came out exactly as computed is no accident; a key that did nothing may do so next time or not.
    """

    apply: Apply
    needed: int

    def __init__(self, apply: Apply, needed: int = 1) -> None:
        self.apply = apply
        self.needed = needed

    __hash__ = object.__hash__  # Enum's own hashes the name, in Python, for each look into a habit

    INSERT = (editing.insert,)
    INSERT_CLINGING = (editing.insert_clinging,)
    OVERWRITE = (editing.overwrite,)
    TYPE_OVER = (editing.type_over,)

    ERASE_HERE_IN_TEXT = (editing.erase_here_in_text,)
    ERASE_LEFT = (editing.erase_left,)
    ERASE_HERE = (editing.erase_here,)
    KILL_TO_END = (editing.kill_to_end,)
    KILL_TO_START = (editing.kill_to_start,)
    KILL_LINE = (editing.kill_line,)
    KILL_BLANK_WORD_LEFT = (editing.kill_blank_word_left,)
    KILL_WORD_LEFT = (editing.kill_word_left,)
    KILL_WORD_RIGHT = (editing.kill_word_right,)
    KILL_TO_NEXT_WORD = (editing.kill_to_next_word,)

    LEFT = (motions.left,)
    RIGHT = (motions.right,)
    LINE_START = (motions.line_start,)
    LINE_END = (motions.line_end,)
    WORD_LEFT = (motions.word_left,)
    WORD_RIGHT = (motions.word_right,)
    RIGHT_IN_TEXT = (motions.right_in_text,)
    LAST_CHARACTER = (motions.last_character,)
    NEXT_WORD = (motions.next_word, 2)
    WORD_END = (motions.word_end, 2)

    RECALL_OLDER = (editing.recall_older,)
    RECALL_NEWER = (editing.recall_newer,)

    STILL = (motions.still, 2)

    ACCEPT_SUGGESTION = (editing.accept_suggestion,)
    ACCEPT_SUGGESTED_WORD = (editing.accept_suggested_word,)
    PUT_BACK = (editing.put_back,)
    NEXT_ROW = (row_effects.next_row,)
    REPEAT_LINE = (partial(row_effects.repeated, arguments=False),)
    REPEAT_ARGUMENTS = (partial(row_effects.repeated, arguments=True), 2)
    ANSWER_0 = (partial(row_effects.answered, answer=0), 2)
    ANSWER_1 = (partial(row_effects.answered, answer=1), 2)
    ANSWER_2 = (partial(row_effects.answered, answer=2), 2)
    ANSWER_3 = (partial(row_effects.answered, answer=3), 2)
    ECHO_CARET = (editing.echo_caret,)
    TAB_STOP = (editing.to_tab_stop,)

    DOWN_IN_TEXT = (motions.down_in_text,)
    UP_IN_TEXT = (motions.up_in_text,)
    DOWN_AFTER_TEXT = (motions.down_after_text,)
    UP_AFTER_TEXT = (motions.up_after_text,)
    DOWN = (motions.down,)
    UP = (motions.up,)
    FIRST_CHARACTER = (motions.first_character,)

    SPLIT_1 = (partial(row_effects.split_line, margin=1, indented=False),)
    SPLIT_INDENTED_1 = (partial(row_effects.split_line, margin=1, indented=True),)
    OPEN_BELOW_1 = (partial(row_effects.open_row, margin=1, below=1),)
    OPEN_ABOVE_1 = (partial(row_effects.open_row, margin=1, below=0),)
    REMOVE_ROW_1 = (partial(row_effects.remove_row, margin=1),)
    PUT_BELOW_1 = (partial(row_effects.put_row, margin=1, below=1),)
    PUT_ABOVE_1 = (partial(row_effects.put_row, margin=1, below=0),)
    JOIN_ABOVE_1 = (partial(row_effects.join_above, margin=1),)
    SCROLL_UP_1 = (partial(row_effects.scroll, margin=1, up=True),)
    SCROLL_DOWN_1 = (partial(row_effects.scroll, margin=1, up=False),)

    SPLIT_2 = (partial(row_effects.split_line, margin=2, indented=False),)
    SPLIT_INDENTED_2 = (partial(row_effects.split_line, margin=2, indented=True),)
    OPEN_BELOW_2 = (partial(row_effects.open_row, margin=2, below=1),)
    OPEN_ABOVE_2 = (partial(row_effects.open_row, margin=2, below=0),)
    REMOVE_ROW_2 = (partial(row_effects.remove_row, margin=2),)
    PUT_BELOW_2 = (partial(row_effects.put_row, margin=2, below=1),)
    PUT_ABOVE_2 = (partial(row_effects.put_row, margin=2, below=0),)
    JOIN_ABOVE_2 = (partial(row_effects.join_above, margin=2),)
    SCROLL_UP_2 = (partial(row_effects.scroll, margin=2, up=True),)
    SCROLL_DOWN_2 = (partial(row_effects.scroll, margin=2, up=False),)

    SPLIT_0 = (partial(row_effects.split_line, margin=0, indented=False),)
    SPLIT_INDENTED_0 = (partial(row_effects.split_line, margin=0, indented=True),)
    OPEN_BELOW_0 = (partial(row_effects.open_row, margin=0, below=1),)
    OPEN_ABOVE_0 = (partial(row_effects.open_row, margin=0, below=0),)
    REMOVE_ROW_0 = (partial(row_effects.remove_row, margin=0),)
    PUT_BELOW_0 = (partial(row_effects.put_row, margin=0, below=1),)
    PUT_ABOVE_0 = (partial(row_effects.put_row, margin=0, below=0),)
    JOIN_ABOVE_0 = (partial(row_effects.join_above, margin=0),)
    SCROLL_UP_0 = (partial(row_effects.scroll, margin=0, up=True),)
    SCROLL_DOWN_0 = (partial(row_effects.scroll, margin=0, up=False),)


def _run(first: Effect, last: Effect) -> tuple[Effect, ...]:
    """Return the effects from one to another, as they stand above."""
    ordered = list(Effect)
    return tuple(ordered[ordered.index(first) : ordered.index(last) + 1])


#: Effects that show the text of a key.
ECHOES: Final = _run(Effect.INSERT, Effect.TYPE_OVER)

_EDITS: Final = _run(Effect.ERASE_LEFT, Effect.KILL_WORD_RIGHT)
_MOVES: Final = _run(Effect.LEFT, Effect.WORD_RIGHT)
_TO_WORDS: Final = _run(Effect.LAST_CHARACTER, Effect.WORD_END)
_RECALLS: Final = _run(Effect.RECALL_OLDER, Effect.RECALL_NEWER)
_OF_ROWS: Final = _run(Effect.SPLIT_1, Effect.SCROLL_DOWN_0)

#: Effects of a character where keys are text: the others need not be looked for.
TEXT_EFFECTS: Final = (*ECHOES, Effect.STILL)

#: Effects a key may have at a line to be edited, and in a full-screen application; the likelier first.
LINE_EFFECTS: Final = (
    *ECHOES,
    *_EDITS,
    *_MOVES,
    *_run(Effect.ACCEPT_SUGGESTION, Effect.PUT_BACK),
    *_RECALLS,
    *_run(Effect.NEXT_ROW, Effect.TAB_STOP),
    Effect.STILL,
)
SCREEN_EFFECTS: Final = (
    *ECHOES,
    Effect.ERASE_HERE_IN_TEXT,
    *_EDITS,
    *_MOVES,
    Effect.RIGHT_IN_TEXT,
    *_run(Effect.DOWN_IN_TEXT, Effect.FIRST_CHARACTER),
    *_TO_WORDS,
    *_OF_ROWS,
    Effect.STILL,
)

#: Effects a letter may have at a line to be edited where keys are commands, as with vi's keys.
COMMAND_EFFECTS: Final = (
    *ECHOES,
    Effect.ERASE_HERE_IN_TEXT,
    *_EDITS,
    Effect.KILL_TO_NEXT_WORD,
    *_MOVES,
    Effect.RIGHT_IN_TEXT,
    *_TO_WORDS,
    *_RECALLS,
    Effect.STILL,
)

#: Effects that leave the cursor in the text that it was in.
COMMON_EDITS: Final = frozenset(
    (
        *ECHOES,
        *_EDITS,
        *_MOVES,
        Effect.ERASE_HERE_IN_TEXT,
        Effect.KILL_TO_NEXT_WORD,
        *_run(Effect.ACCEPT_SUGGESTION, Effect.PUT_BACK),
        Effect.ECHO_CARET,
        Effect.TAB_STOP,
    )
)

#: Effects that push rows of text aside, or pull them up.
ROW_MOVES: Final = frozenset(effect for effect in _OF_ROWS if not effect.name.startswith("SCROLL"))

#: What keys do in line editors (readline's and zle's emacs keymaps). Source: their manuals.
LINE_EDITOR_KEYS: Final = {
    "backspace": Effect.ERASE_LEFT,
    "delete": Effect.ERASE_HERE,
    "left": Effect.LEFT,
    "right": Effect.RIGHT,
    "ctrl+b": Effect.LEFT,
    "ctrl+f": Effect.RIGHT,
    "home": Effect.LINE_START,
    "end": Effect.LINE_END,
    "ctrl+a": Effect.LINE_START,
    "ctrl+e": Effect.LINE_END,
    "ctrl+k": Effect.KILL_TO_END,
    "ctrl+u": Effect.KILL_TO_START,
    "ctrl+w": Effect.KILL_BLANK_WORD_LEFT,
    "ctrl+y": Effect.PUT_BACK,
    "alt+b": Effect.WORD_LEFT,
    "alt+f": Effect.WORD_RIGHT,
    "ctrl+left": Effect.WORD_LEFT,
    "ctrl+right": Effect.WORD_RIGHT,
    "alt+d": Effect.KILL_WORD_RIGHT,
    "alt+backspace": Effect.KILL_WORD_LEFT,
    "up": Effect.RECALL_OLDER,
    "down": Effect.RECALL_NEWER,
    "ctrl+p": Effect.RECALL_OLDER,
    "ctrl+n": Effect.RECALL_NEWER,
    "paste-start": Effect.STILL,
    "paste-end": Effect.STILL,
    "escape": Effect.STILL,
}

#: What keys do just before a suggestion. Source: the manuals of fish, zsh-autosuggestions, ble.sh, nushell, IPython.
SUGGESTION_KEYS: Final = {
    "right": Effect.ACCEPT_SUGGESTION,
    "ctrl+f": Effect.ACCEPT_SUGGESTION,
    "end": Effect.ACCEPT_SUGGESTION,
    "ctrl+e": Effect.ACCEPT_SUGGESTION,
    "alt+f": Effect.ACCEPT_SUGGESTED_WORD,
    "ctrl+right": Effect.ACCEPT_SUGGESTED_WORD,
}

#: What the kernel's own line editing does (termios ICANON with ECHO, ECHOE, ECHOKE, ECHOCTL).
KERNEL_KEYS: Final = {
    "backspace": Effect.ERASE_LEFT,
    "ctrl+u": Effect.KILL_LINE,
    "ctrl+w": Effect.KILL_WORD_LEFT,
    "tab": Effect.TAB_STOP,
    "enter": Effect.NEXT_ROW,
    "ctrl+j": Effect.NEXT_ROW,
    "paste-start": Effect.ECHO_CARET,
    "paste-end": Effect.ECHO_CARET,
    "up": Effect.ECHO_CARET,
    "down": Effect.ECHO_CARET,
    "left": Effect.ECHO_CARET,
    "right": Effect.ECHO_CARET,
    "home": Effect.ECHO_CARET,
    "end": Effect.ECHO_CARET,
    "delete": Effect.ECHO_CARET,
    "escape": Effect.ECHO_CARET,
}

#: What keys do in full-screen applications while one types text.
TYPING_KEYS: Final = {
    "backspace": Effect.ERASE_LEFT,
    "delete": Effect.ERASE_HERE,
    "left": Effect.LEFT,
    "right": Effect.RIGHT,
    "home": Effect.LINE_START,
    "end": Effect.LINE_END,
    "up": Effect.UP_AFTER_TEXT,
    "down": Effect.DOWN_AFTER_TEXT,
    "enter": Effect.SPLIT_1,
}

#: What keys do in full-screen applications while keys are commands.
COMMAND_KEYS: Final = {
    "left": Effect.LEFT,
    "right": Effect.RIGHT_IN_TEXT,
    "up": Effect.UP_IN_TEXT,
    "down": Effect.DOWN_IN_TEXT,
}

#: Usual effects that are shown only once they were seen in the context: wrong too often to be trusted unseen.
UNSURE_KEYS: Final = frozenset({"enter", "ctrl+j", "up", "down", "ctrl+p", "ctrl+n", "ctrl+y", "escape"})
