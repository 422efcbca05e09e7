"""What runs on the far side of each session: small shell scripts and the files they print, made from a seed.

Each script first writes its process id and its parent's, from which the bench finds the tool's server.
"""

import itertools
import sys
from pathlib import Path
from typing import Final

from .far_screens import AGENT
from .logs import LOGS, log_text
from .pages import PAGES, PageKind
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
    "serve": r"""stty raw isig -echo
exec {python} "$here/serve.py" "$here/serve.socket"
""",
    "agent": r"""exec {python} "$here/agent.py" 10
""",
    "each-second": r"""exec {python} "$here/agent.py" 1
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

#: Echoes keys and tells of Ctrl-C, as its child serves: who writes a number of bytes gets as many; 0 is for ever.
_SERVE: Final = r"""
import os, signal, socketserver, sys, threading
class Serving(socketserver.StreamRequestHandler):
    def handle(self):
        wanted = int(self.rfile.readline()) or 1 << 60
        while wanted > 0:
            wanted -= self.request.send(zeros[:wanted])
class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads, request_queue_size = True, 128
    def service_actions(self):
        if os.getppid() != parent: os._exit(0)
    def handle_error(self, *_): pass
parent, zeros = os.getpid(), memoryview(bytes(65536))
if os.path.exists(sys.argv[1]): os.unlink(sys.argv[1])
server = Server(sys.argv[1], Serving)
if os.fork() == 0:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for descriptor in (0, 1, 2): os.close(descriptor)
    server.serve_forever()
stops = 0
def tell(*_):
    global stops
    stops += 1
    os.write(1, b"\0337\033[24;1Hstopped-%d.\0338" % stops)
signal.signal(signal.SIGINT, tell)
os.write(1, b"\033[2J\033[HREADY\r\n")
while keys := os.read(0, 1000): os.write(1, keys)
"""

#: Counts what comes for so many seconds after the first of it; tells bytes and seconds.
_COUNT: Final = r"""
import os, sys, time
limit, counted = float(sys.argv[1]), 0
first = last = None
room = bytearray(1 << 18)
while came := os.readv(0, [room]):
    last = time.monotonic()
    if first is None: first = last
    else: counted += came
    if last - first >= limit: break
print(counted, last - first if first else 0)
"""

_HEAD: Final = """\
here={folder}
echo $$ $PPID > "$here/processes.$1.new"
mv "$here/processes.$1.new" "$here/processes.$1"
"""


class FarSide:
    """A directory of scripts; `command` says how to run one.

    Attributes:
        rehearsals: what keys do in an editing script here, by script and keys.
        numbers: tells scripts that are started apart.
    """

    def __init__(self, folder: Path, *, seed: int) -> None:
        self.folder = folder
        self.rehearsals: dict[tuple[str, tuple[Keystroke, ...]], Rehearsal] = {}
        self.numbers = itertools.count(1)
        self._seed = seed
        for name, body in _SCRIPTS.items():
            script = _HEAD.format(folder=folder) + body.replace("{python}", sys.executable)
            (folder / f"{name}.sh").write_text(script, encoding="ascii")
        for name, body in (("ticks", _TICKS), ("serve", _SERVE), ("count", _COUNT), ("agent", AGENT)):
            (folder / f"{name}.py").write_text(body, encoding="ascii")

    def command(self, script: str, *, number: int) -> list[str]:
        """Return the command line that runs a script on the far side; `processes(number)` then tells of it."""
        return ["bash", str(self.folder / f"{script}.sh"), str(number)]

    def processes(self, number: int) -> tuple[int, int] | None:
        """Return the process ids of a script that was started and of its parent; None before it has."""
        try:
            script, parent = (self.folder / f"processes.{number}").read_text(encoding="ascii").split()
        except FileNotFoundError:
            return None
        return int(script), int(parent)

    def counting(self, seconds: float) -> list[str]:
        """Return the command line that counts its input for so long; at either end."""
        return [sys.executable, str(self.folder / "count.py"), str(seconds)]

    def prepare_log(self, kind: str) -> None:
        """Have the flood print a log of this kind."""
        file, printed = self.folder / f"{kind}.log.txt", self.folder / "flood.log"
        if not file.exists():
            file.write_text(LOGS[kind](FLOOD_BYTES, seed=self._seed), encoding="utf-8")
        printed.unlink(missing_ok=True)
        printed.symlink_to(file)

    def prepare_texts(self) -> None:
        """Write the directory that editing happens in."""
        texts = self.folder / "texts"
        texts.mkdir(exist_ok=True)
        for name in ("measurements.txt", "other.txt"):
            (texts / name).touch()
        lines = log_text(2000, seed=self._seed).splitlines()
        numbered = (f"line {number} {line[:50]}\n" for number, line in enumerate(lines, 1))
        (texts / "notes.txt").write_text("".join(numbered), encoding="ascii")

    def prepare_pages(self, kind: str, count: int) -> list[str]:
        """Write so many pages of a kind for `repaint`; return what each prints."""
        pages = [PAGES[kind].printed(f"{self._seed}/{number}") for number in range(count)]
        for number, printed in enumerate(pages):
            (self.folder / f"page.{number}").write_text(printed, encoding="utf-8")
        return pages

    def prepare_colours(self) -> PageKind:
        """Write the pages that the colour flood repeats; return their kind."""
        kind = PAGES["repaint"]
        pages = (kind.printed(f"{self._seed}/{number}") for number in range(_FLOOD_PAGES))
        (self.folder / "colours.txt").write_text("".join(pages), encoding="ascii")
        return kind
