"""Every effect a key can be guessed to have, by name, and which keys usually have which.

The names are what is learned: a context remembers which of these a key had, not what it did to which cell.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from . import editing, motions, row_effects
from .keys import Key
from .situation import Situation

Apply: TypeAlias = Callable[[Situation, Key], "Situation | None"]


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing a key can do.

    Attributes:
        apply: gives the situation after the key, None where the effect cannot be.
        needed: how often in a row it must have been seen before it is shown. A change of many cells that
            came out exactly as computed is no accident; a key that did nothing may do so next time or not.
    """

    name: str
    apply: Apply
    needed: int = 1


#: Most rows a command's answer may have to be guessed at. Reason: more scroll off what is known.
_MAX_ANSWER: Final = 4

#: Rows at the bottom of a full-screen application that its text never enters.
_MARGINS: Final = (1, 2, 0)

_TEXT: Final = (
    Effect("insert", editing.insert),
    Effect("insert clinging", editing.insert_clinging),
    Effect("overwrite", editing.overwrite),
    Effect("type over", editing.type_over),
)

_EDITS: Final = (
    Effect("erase left", editing.erase_left),
    Effect("erase here", editing.erase_here),
    Effect("kill to end", editing.kill_to_end),
    Effect("kill to start", editing.kill_to_start),
    Effect("kill line", editing.kill_line),
    Effect("kill blank word left", editing.kill_blank_word_left),
    Effect("kill word left", editing.kill_word_left),
    Effect("kill word right", editing.kill_word_right),
)

_MOVES: Final = (
    Effect("left", motions.left),
    Effect("right", motions.right),
    Effect("line start", motions.line_start),
    Effect("line end", motions.line_end),
    Effect("word left", motions.word_left),
    Effect("word right", motions.word_right),
)

_RECALLS: Final = (
    Effect("recall older", editing.recall_older),
    Effect("recall newer", editing.recall_newer),
)

_LINE_ONLY: Final = (
    Effect("accept suggestion", editing.accept_suggestion),
    Effect("accept suggested word", editing.accept_suggested_word),
    Effect("put back", editing.put_back),
    *_RECALLS,
    Effect("next row", row_effects.next_row),
    Effect("repeat line", partial(row_effects.repeated, arguments=False)),
    Effect("repeat arguments", partial(row_effects.repeated, arguments=True), 2),
    *(Effect(f"answer {rows}", partial(row_effects.answered, answer=rows), 2) for rows in range(_MAX_ANSWER)),
    Effect("echo caret", editing.echo_caret),
    Effect("tab stop", editing.to_tab_stop),
)

_ERASE_IN_TEXT: Final = Effect("erase here in text", editing.erase_here_in_text)
_RIGHT_IN_TEXT: Final = Effect("right in text", motions.right_in_text)

_TO_WORDS: Final = (
    Effect("last character", motions.last_character),
    Effect("next word", motions.next_word, 2),
    Effect("word end", motions.word_end, 2),
)

_SCREEN_MOVES: Final = (
    _RIGHT_IN_TEXT,
    Effect("down in text", motions.down_in_text),
    Effect("up in text", motions.up_in_text),
    Effect("down after text", motions.down_after_text),
    Effect("up after text", motions.up_after_text),
    Effect("down", motions.down),
    Effect("up", motions.up),
    Effect("first character", motions.first_character),
    *_TO_WORDS,
)


def _row_effects(margin: int) -> tuple[Effect, ...]:
    split = partial(row_effects.split_line, margin=margin)
    return (
        Effect(f"split {margin}", partial(split, indented=False)),
        Effect(f"split indented {margin}", partial(split, indented=True)),
        Effect(f"open below {margin}", partial(row_effects.open_row, margin=margin, below=1)),
        Effect(f"open above {margin}", partial(row_effects.open_row, margin=margin, below=0)),
        Effect(f"remove row {margin}", partial(row_effects.remove_row, margin=margin)),
        Effect(f"put below {margin}", partial(row_effects.put_row, margin=margin, below=1)),
        Effect(f"put above {margin}", partial(row_effects.put_row, margin=margin, below=0)),
        Effect(f"join above {margin}", partial(row_effects.join_above, margin=margin)),
        Effect(f"scroll up {margin}", partial(row_effects.scroll, margin=margin, up=True)),
        Effect(f"scroll down {margin}", partial(row_effects.scroll, margin=margin, up=False)),
    )


_STILL: Final = Effect("still", motions.still, 2)

#: Effects of a character where keys are text: the others need not be looked for.
TEXT_EFFECTS: Final = (*_TEXT, _STILL)

#: Effects a key may have at a line to be edited, and in a full-screen application; the likelier first.
LINE_EFFECTS: Final = (*_TEXT, *_EDITS, *_MOVES, *_LINE_ONLY, _STILL)
SCREEN_EFFECTS: Final = (
    *_TEXT,
    _ERASE_IN_TEXT,
    *_EDITS,
    *_MOVES,
    *_SCREEN_MOVES,
    *(effect for margin in _MARGINS for effect in _row_effects(margin)),
    _STILL,
)

#: Effects a letter may have at a line to be edited where keys are commands, as with vi's keys.
COMMAND_EFFECTS: Final = (
    *_TEXT,
    _ERASE_IN_TEXT,
    *_EDITS,
    Effect("kill to next word", editing.kill_to_next_word),
    *_MOVES,
    _RIGHT_IN_TEXT,
    *_TO_WORDS,
    *_RECALLS,
    _STILL,
)
EFFECTS: Final = {effect.name: effect for effect in (*COMMAND_EFFECTS, *LINE_EFFECTS, *SCREEN_EFFECTS)}

#: Effects that show the text of a key.
ECHOES: Final = tuple(effect.name for effect in _TEXT)

#: Effects that leave the cursor in the text that it was in.
COMMON_EDITS: Final = frozenset(
    {effect.name for effect in (*_TEXT, *_EDITS, *_MOVES)}
    | {
        "erase here in text",
        "kill to next word",
        "put back",
        "echo caret",
        "tab stop",
        "accept suggestion",
        "accept suggested word",
    }
)

#: What the names of effects begin with that push rows of text aside, or pull them up.
ROW_MOVES: Final = ("split", "open", "remove", "put below", "put above", "join")

#: What keys do in line editors (readline's and zle's emacs keymaps). Source: their manuals.
LINE_EDITOR_KEYS: Final = {
    "backspace": "erase left",
    "delete": "erase here",
    "left": "left",
    "right": "right",
    "ctrl+b": "left",
    "ctrl+f": "right",
    "home": "line start",
    "end": "line end",
    "ctrl+a": "line start",
    "ctrl+e": "line end",
    "ctrl+k": "kill to end",
    "ctrl+u": "kill to start",
    "ctrl+w": "kill blank word left",
    "ctrl+y": "put back",
    "alt+b": "word left",
    "alt+f": "word right",
    "ctrl+left": "word left",
    "ctrl+right": "word right",
    "alt+d": "kill word right",
    "alt+backspace": "kill word left",
    "up": "recall older",
    "down": "recall newer",
    "ctrl+p": "recall older",
    "ctrl+n": "recall newer",
    "paste-start": "still",
    "paste-end": "still",
    "escape": "still",
}

#: What keys do just before a suggestion. Source: the manuals of fish, zsh-autosuggestions, ble.sh, nushell, IPython.
SUGGESTION_KEYS: Final = {
    "right": "accept suggestion",
    "ctrl+f": "accept suggestion",
    "end": "accept suggestion",
    "ctrl+e": "accept suggestion",
    "alt+f": "accept suggested word",
    "ctrl+right": "accept suggested word",
}

#: What the kernel's own line editing does (termios ICANON with ECHO, ECHOE, ECHOKE, ECHOCTL).
KERNEL_KEYS: Final = {
    "backspace": "erase left",
    "ctrl+u": "kill line",
    "ctrl+w": "kill word left",
    "tab": "tab stop",
    "enter": "next row",
    "ctrl+j": "next row",
    "paste-start": "echo caret",
    "paste-end": "echo caret",
    "up": "echo caret",
    "down": "echo caret",
    "left": "echo caret",
    "right": "echo caret",
    "home": "echo caret",
    "end": "echo caret",
    "delete": "echo caret",
    "escape": "echo caret",
}

#: What keys do in full-screen applications while one types text.
TYPING_KEYS: Final = {
    "backspace": "erase left",
    "delete": "erase here",
    "left": "left",
    "right": "right",
    "home": "line start",
    "end": "line end",
    "up": "up after text",
    "down": "down after text",
    "enter": "split 1",
}

#: What keys do in full-screen applications while keys are commands.
COMMAND_KEYS: Final = {
    "left": "left",
    "right": "right in text",
    "up": "up in text",
    "down": "down in text",
}

#: Usual effects that are shown only once they were seen in the context: wrong too often to be trusted unseen.
UNSURE_KEYS: Final = frozenset({"enter", "ctrl+j", "up", "down", "ctrl+p", "ctrl+n", "ctrl+y", "escape"})
