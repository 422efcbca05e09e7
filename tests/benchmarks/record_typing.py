"""Records what a program draws for each of some keys, for tests/unit/prediction/test_recorded_sessions.py.

Run: python tests/benchmarks/record_typing.py SESSION FILE, with a SESSION of those below; it says what it needs.

The file is JSON: the program and its version, the keys, and for each key the bytes that the program wrote until the
next one was typed, with the terminal's flags and who read from it by then.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.prediction_replay import BASH, ERASE, ESCAPE, RIGHT, keys
from tests.benchmarks.recording import Recorder, recorder

#: Seconds between keys; shells with vi's keys wait longer after an Escape, so that its effect comes with the next key.
_GAP: Final = 0.12

#: Seconds after Enter: a job takes the terminal and gives it back.
_ENTER_GAP: Final = 0.5

_HISTORY: Final = ("git checkout main", "echo alpha beta gamma delta", "make test")
_JOBS: Final = keys("true\nclear\n")
_VI: Final = keys(*("echo aa two", ESCAPE, "bcwnew", ESCAPE, "0dwA x", ESCAPE, "ddi") * 3)
_OFFERED: Final = keys("echo al\x15git ch\x15echo al", RIGHT, ERASE * 5, "\x15ec\x15git co\x15make\x15echo alp\x17al\n")

_FISH_HISTORY: Final = "".join(f"- cmd: {line}\\n  when: 1700000000\\n" for line in _HISTORY)
_FISH: Final = f"""mkdir -p c/fish d/fish
printf 'function fish_prompt; echo -n "ff# "; end\\nfunction fish_greeting; end\\n' > c/fish/config.fish
printf -- '{_FISH_HISTORY}' > d/fish/fish_history
XDG_CONFIG_HOME=$PWD/c XDG_DATA_HOME=$PWD/d exec fish"""
_ZSH: Final = f"""printf '%s\\n' {" ".join(f"'{line}'" for line in _HISTORY)} > history
printf '%s\\n' "PS1='zz# '" HISTFILE=$PWD/history HISTSIZE=99 SAVEHIST=0 'fc -R' \
  'source /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh' > .zshrc
exec zsh -d -i"""

#: Session -> what runs (Debian 12's packages fish, zsh, zsh-autosuggestions, bash), how it tells its version, keys.
SESSIONS: Final[dict[str, tuple[str, str, list[bytes]]]] = {
    "fish-suggestions": (_FISH, "fish --version", [*_JOBS, *_OFFERED]),
    "zsh-suggestions": (_ZSH, "zsh --version", [*_JOBS, *_OFFERED]),
    "bash-vi": ("exec bash --norc -o vi", "bash --version", [*_JOBS, *_VI]),
    "zsh-vi": ("echo \"PS1='zz# '; bindkey -v\" > .zshrc; exec zsh -d -i", "zsh --version", [*_JOBS, *_VI]),
    "bash": ("exec bash --norc", "bash --version", [*_JOBS, *BASH]),
}


def main() -> None:
    name, file = sys.argv[1:]
    program, version, typed = SESSIONS[name]
    shown: list[Any] = []
    with recorder(["sh", "-c", program]) as session:
        session.watch(1.5)
        shown.append(_kept(session))
        for key in typed:
            session.type(key, _ENTER_GAP if key == b"\r" else _GAP)
            shown.append(_kept(session))
    said = os.popen(version).readline().strip()
    whole = {"program": said, "keys": [key.decode("latin-1") for key in typed], "shown": shown}
    Path(file).write_text(json.dumps(whole, indent=0, ensure_ascii=True) + "\n")


def _kept(session: Recorder) -> list[Any]:
    discipline = session.screen.line_discipline
    written = session.take_written().decode("latin-1")
    return [written, discipline.echo, discipline.canonical, discipline.reader, discipline.switches]


if __name__ == "__main__":
    main()
