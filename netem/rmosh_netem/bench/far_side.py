"""What runs on the far side of each session: small shell scripts and the files they print, made from a seed.

Each script first writes its process id and its parent's, from which the bench finds the tool's server.
"""

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from .staged_typing import Rehearsal
from .typing_plans import Keystroke

#: Bytes of the flood's log. Reason: some seconds of a program that got loose, on a fast link too.
FLOOD_BYTES: Final = 20_000_000

#: Full screens in the file that the colour flood repeats: enough that no two neighbours are alike.
_FLOOD_PAGES: Final = 40

_SCRIPTS: Final = {
    "echo": r"""stty raw -echo
printf '\033[2J\033[HREADY\r\n'
exec cat
""",
    "bash": r"""printf '\033[2J\033[H'
exec env PS1='bench$ ' HISTFILE= INPUTRC=/dev/null bash --norc --noprofile -i
""",
    "edit": r"""printf '\033[2J\033[H'
cd "$here/texts"
exec env PS1='bench$ ' HISTFILE= INPUTRC=/dev/null bash --norc --noprofile -i
""",
    "vim": r"""cd "$here/texts"
exec vim -u NONE -N -i NONE -n --cmd 'set ttimeout ttimeoutlen=10 showmode encoding=utf-8' notes.txt
""",
    "cat": r"""printf '\033[2J\033[HREADY\r\n'
exec cat > /dev/null
""",
    "flood": r"""printf 'READY\r\n'
read -r go
start=$(date +%s.%N)
cat "$here/flood.log"
echo "$start $(date +%s.%N)" > "$here/flood.times.new"
mv "$here/flood.times.new" "$here/flood.times"
printf '\r\nFINISHED\r\n'
read -r go
""",
    "yes": r"""turn=0
while :; do
    turn=$((turn + 1)); trap '' INT
    printf '\033[0m\033[2J\033[Hready-%s.\r\n' $turn
    read -r go
    trap : INT
    yes
    printf '\r\nstopped-%s.\r\n' $turn
    read -r go
done
""",
    "colours": r"""turn=0
while :; do
    turn=$((turn + 1)); trap '' INT
    printf '\033[0m\033[2J\033[Hready-%s.\r\n' $turn
    read -r go
    stop=; trap 'stop=1' INT
    while [ -z "$stop" ]; do cat "$here/colours.txt"; done
    printf '\033[0m\r\nstopped-%s.\r\n' $turn
    read -r go
done
""",
    "ticks": r"""stty raw -echo
exec {python} "$here/ticks.py" "$here/ticks"
""",
    "repaint": r"""stty raw -echo
printf '\033[2J\033[HREADY\r\n'
page=0
while IFS= read -r -N1 key; do cat "$here/page.$page"; page=$((page + 1)); done
""",
}

#: Prints a number each 0.2 s and answers keys at once, which bash's `read -t` does not.
_TICKS: Final = r"""
import os, select, sys, time
tick = keys = 0
due = time.monotonic()
os.write(1, b"\033[2J")
with open(sys.argv[1], "w", buffering=1) as log:
    while True:
        if time.monotonic() >= due:
            tick, due, printed = tick + 1, due + 0.2, time.monotonic()
            os.write(1, b"\033[Htick-%d." % tick)
            log.write(f"{tick} {printed}\n")
        if select.select([0], [], [], max(0.0, due - time.monotonic()))[0]:
            keys += len(os.read(0, 1000)) or sys.exit()
            os.write(1, b"\033[3Hkey-%d." % keys)
"""

_HEAD: Final = """\
here={folder}
echo $$ $PPID > "$here/processes.new"
mv "$here/processes.new" "$here/processes"
"""


class FarSide:
    """A directory of scripts; `command` says how to run one.

    Attributes:
        rehearsals: what keys do in an editing script here, by script and keys.
    """

    def __init__(self, folder: Path, *, seed: int) -> None:
        self.folder = folder
        self.rehearsals: dict[tuple[str, tuple[Keystroke, ...]], Rehearsal] = {}
        self._seed = seed
        for name, body in _SCRIPTS.items():
            script = _HEAD.format(folder=folder) + body.replace("{python}", sys.executable)
            (folder / f"{name}.sh").write_text(script, encoding="ascii")
        (folder / "ticks.py").write_text(_TICKS, encoding="ascii")

    def command(self, script: str) -> list[str]:
        """Return the command line that runs a script on the far side."""
        return ["bash", str(self.folder / f"{script}.sh")]

    def prepare_flood(self) -> None:
        """Write the log that the flood prints."""
        file = self.folder / "flood.log"
        if not file.exists():
            file.write_text(log_text(FLOOD_BYTES, seed=self._seed), encoding="ascii")

    def prepare_texts(self) -> None:
        """Write the directory that editing happens in."""
        texts = self.folder / "texts"
        texts.mkdir(exist_ok=True)
        for name in ("measurements.txt", "other.txt"):
            (texts / name).touch()
        lines = log_text(2000, seed=self._seed).splitlines()
        numbered = (f"line {number} {line[:50]}\n" for number, line in enumerate(lines, 1))
        (texts / "notes.txt").write_text("".join(numbered), encoding="ascii")

    def prepare_pages(self, count: int, *, rows: int, columns: int) -> list[list[str]]:
        """Write pages for `repaint`; return the rows of text that each must show."""
        texts = []
        for number in range(count):
            printed, text = colour_page(rows, columns, seed=f"{self._seed}/{number}")
            (self.folder / f"page.{number}").write_text(printed, encoding="ascii")
            texts.append(text)
        return texts

    def prepare_colours(self, *, rows: int, columns: int) -> None:
        """Write the pages that the colour flood repeats."""
        pages = (colour_page(rows, columns, seed=f"{self._seed}/{number}")[0] for number in range(_FLOOD_PAGES))
        (self.folder / "colours.txt").write_text("".join(pages), encoding="ascii")


def log_text(size: int, *, seed: int) -> str:
    """Return `size` characters of log lines."""
    chance = random.Random(f"{seed}/log")
    words = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 9))) for _ in range(500)]
    lines: list[str] = []
    length = 0
    while length < size:
        lines.append(f"Nov 21 {len(lines):07d} host daemon[{chance.randint(1, 32768)}]: " + _some(words, chance))
        length += len(lines[-1]) + 1
    return ("\n".join(lines) + "\n")[: size - 1] + "\n"


def colour_page(rows: int, columns: int, *, seed: str) -> tuple[str, list[str]]:
    """Return what paints a full page of runs in 256 colours, and its rows of text."""
    chance = random.Random(seed)
    printed = ["\033[0m\033[H"]
    text = []
    for row in range(rows):
        line = ""
        printed.append(f"\033[{row + 1};1H")
        width = columns - 1 if row == rows - 1 else columns  # the last cell would scroll
        while len(line) < width:
            run = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=min(chance.randint(2, 9), width - len(line))))
            printed.append(f"\033[38;5;{chance.randrange(16, 256)}m{run}")
            line += run
        text.append(line.ljust(columns))
    return "".join(printed), text


def _some(words: Sequence[str], chance: random.Random) -> str:
    return " ".join(chance.choices(words, k=chance.randint(3, 8)))
