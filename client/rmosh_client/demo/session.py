"""What the demo's session begins with, in place of a greeting: what there is to see, and a shell that says where it is.

The user's own start-up files are read, as in any shell; what is typed here is kept out of the shell's history.
"""

import os
import shlex
import shutil
import textwrap
from pathlib import Path
from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh_client.typing.escape import DEFAULT_ESCAPE_KEY, EscapeKey

#: Widest line of the explanation, in columns. Reason: longer ones are hard to read.
_WIDEST: Final = 79

#: Rows that the explanation leaves to the prompt and a first command.
_ROWS_LEFT: Final = 3

#: Editors to try, the one that shows most first.
_EDITORS: Final = ("vim", "nvim", "vi", "nano", "less")

#: What the session runs, in sh: the words of this machine's own shells differ, all can run another with a prompt.
_SCRIPT: Final = """\
DEMO=${{0%/*}}
cat "$DEMO/explanation"
cd {where}
case ${{SHELL##*/}} in
bash) exec "$SHELL" --rcfile "$DEMO/bashrc" -i ;;
zsh) export DEMO_HOME="${{ZDOTDIR-$HOME}}" ZDOTDIR="$DEMO"; exec "$SHELL" -i ;;
fish) export DEMO; exec "$SHELL" --private -C 'source $DEMO/prompt.fish' ;;
*) export PS1={prompt}; exec "${{SHELL:-/bin/sh}}" -i ;;
esac
"""

_BASHRC: Final = """\
[ -r ~/.bashrc ] && . ~/.bashrc
unset PROMPT_COMMAND HISTFILE
PS1={prompt}
"""

_ZSHENV: Final = """\
_demo=$ZDOTDIR
ZDOTDIR=$DEMO_HOME
[[ -r $ZDOTDIR/.zshenv ]] && . $ZDOTDIR/.zshenv
ZDOTDIR=$_demo
"""

_ZSHRC: Final = """\
ZDOTDIR=$DEMO_HOME
unset DEMO_HOME _demo
[[ -r $ZDOTDIR/.zshrc ]] && . $ZDOTDIR/.zshrc
unset HISTFILE
_demo_prompt() {{ PROMPT={zsh_prompt} RPROMPT= }}
precmd_functions+=(_demo_prompt)
"""

_FISH: Final = """\
set -e DEMO
set -g fish_greeting
function fish_prompt; echo -n {prompt}; end
function fish_right_prompt; end
"""


@dataclass(frozen=True, slots=True)
class BadLink:
    """The demo's link.

    Attributes:
        delay: seconds each way.
        loss: share of packets.
        roam: seconds between one change of address and the next, 0 for none.
    """

    delay: float
    loss: float
    roam: float

    @property
    def away(self) -> str:
        """The delay each way, for reading."""
        return _time(self.delay)

    @property
    def percent(self) -> str:
        """The loss, for reading."""
        return f"{self.loss * 100:g} %"

    @property
    def is_eventful(self) -> bool:
        """Whether it does more than delay."""
        return bool(self.loss or self.roam)

    @property
    def faults(self) -> str:
        """All that is wrong with it, for reading."""
        told = [f"{self.away} each way"] if self.delay else []
        told += [f"{self.percent} of all packets are lost"] if self.loss else []
        told += [f"this end gets a new address every {_time(self.roam)}"] if self.roam else []
        return ", and ".join(filter(None, [", ".join(told[:-1]), *told[-1:]])) or "nothing is wrong with it yet"

    @property
    def prompt(self) -> str:
        """What the shell says before each command."""
        return f"[demo: {self.away}, {self.percent} loss] $ "


def explanation(link: BadLink, key: EscapeKey, *, rows: int, columns: int, has_meter: bool) -> str:
    """Return what a newcomer reads first in a window of that size, in few words where it is small.

    Args:
        has_meter: there is a line below the session that tells of the link.
    """
    texts = (_in_full(link, key, has_meter=has_meter), _in_short(link, key))
    long, short = (_fold(text, columns) for text in texts)
    return long if long.count("\n") <= rows - _ROWS_LEFT else short


def _in_full(link: BadLink, key: EscapeKey, *, has_meter: bool) -> list[str]:
    slow = f" With ssh you would wait {_time(2 * link.delay)} for each of them, or much longer." if link.delay else ""
    keys = [
        f"{key}{_how_to_type(key)}, then p: keys wait for the host, as with ssh; again, and they do not.",
        f"{key} then b: a tunnel; for 10 s nothing gets through, but what you type is not lost.",
        f"{key} then ?: all such keys.",
    ]
    return [
        "This is a shell on your own machine. Between it and this window is a bad link, made up for you:"
        f" {link.faults}.",
        "",
        "Three things to try:",
        f"  1. Type a command and correct it: keys appear at once (underlined: a guess), but for the first.{slow}",
        "  2. Flood the link: `cat` a big file, or run `yes`. Ctrl-C stops it at once.",
        f"  3. Open an editor: `{_editor()}`, type, move about.",
        "",
        *(keys if key.code is not None else []),
        f"{'The last line shows how the link is doing. ' if has_meter else ''}`exit` ends the demo.",
        "",
    ]


def _in_short(link: BadLink, key: EscapeKey) -> list[str]:
    keys = f"{key}{_how_to_type(key)}, then p: no guesses; b: a tunnel; ?: help." if key.code is not None else ""
    return [
        f"Your own machine, over a bad link: {link.away} each way, {link.percent} loss."
        f" Try: type; run `yes`, then Ctrl-C; {_editor()}.",
        f"{keys} `exit` ends it.".strip(),
    ]


def _time(seconds: float) -> str:
    return f"{seconds:g} s" if seconds >= 1 else f"{seconds * 1000:g} ms"


def _how_to_type(key: EscapeKey) -> str:
    if key.is_printable:
        return " (after Enter)"
    return " (that is Ctrl and 6)" if key.code == DEFAULT_ESCAPE_KEY else ""


def write_session(directory: Path, link: BadLink, key: EscapeKey, *, rows: int, columns: int, has_meter: bool) -> str:
    """Leave in a directory what the session runs, and return the command for a window of rows x columns."""
    where, prompt = shlex.quote(os.getcwd()), shlex.quote(link.prompt)
    zsh_prompt = shlex.quote(link.prompt.replace("%", "%%"))
    text = explanation(link, key, rows=rows, columns=columns, has_meter=has_meter)
    (directory / "explanation").write_text(text)
    for name, text in (
        ("session", _SCRIPT),
        ("bashrc", _BASHRC),
        (".zshenv", _ZSHENV),
        (".zshrc", _ZSHRC),
        ("prompt.fish", _FISH),
    ):
        (directory / name).write_text(text.format(where=where, prompt=prompt, zsh_prompt=zsh_prompt))
    return shlex.join(["sh", os.fspath(directory / "session")])


def _editor() -> str:
    return next((name for name in _EDITORS if shutil.which(name)), "vi")


def _fold(lines: list[str], columns: int) -> str:
    width = min(columns - 1, _WIDEST)
    folded = [textwrap.fill(line, max(width, 10), subsequent_indent=_indent(line)) for line in lines]
    return "".join(f"{line}\n" for line in folded)


def _indent(line: str) -> str:
    """Return where the words of an item begin."""
    return " " * 5 if line.startswith("  ") else ""
