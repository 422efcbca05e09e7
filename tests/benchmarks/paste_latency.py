"""How long a large paste keeps the Ctrl-C behind it waiting: in the virtual world, and for real beside ssh.

Run: python tests/benchmarks/paste_latency.py [--size 1000000] [--seeds 2]
     python tests/benchmarks/paste_latency.py --lab [--bin DIRECTORY] [--kinds ssh rmosh] [--runs 3]

In the virtual world both cores are real and time is not: told are seconds until the program has all, the datagrams that
went up, and their bytes, as a multiple of what was pasted. `--lab` (root) lays real links by rmosh-netem; a program in
raw mode reads until the Ctrl-C and tells how much it had and its checksum. Told are the medians of the seconds from the
paste's beginning and from Ctrl-C, which is pressed as soon as the terminal took the paste.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import pty
import select
import shlex
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

from rmosh_netem.link import LinkModel
from tests.world.paste import CONTROL_C, content, paste

VIRTUAL = {
    "LAN, 1 Gbit/s": LinkModel(delay=0.0005, rate=1e9, queue=1 << 20),
    "RTT 300": LinkModel(delay=0.15),
    "RTT 300, 20 Mbit/s": LinkModel(delay=0.15, rate=20e6),
    "RTT 200, 1 % loss": LinkModel(delay=0.1, loss=0.01),
    "RTT 200, 5 % loss": LinkModel(delay=0.1, loss=0.05),
    "RTT 200, 29 % loss": LinkModel(delay=0.1, loss=0.29),
    "RTT 60, 1 Mbit/s": LinkModel(delay=0.03, rate=1e6),
    "RTT 100, 256 kbit/s": LinkModel(delay=0.05, rate=256_000),
    "RTT 100, 20 Mbit/s, queue 32 KB": LinkModel(delay=0.05, rate=20e6, queue=32768),
    "RTT 40, jitter 60": LinkModel(delay=0.02, jitter=0.06, reorder=True),
    "RTT 100, packets over 1000 bytes vanish": LinkModel(delay=0.05, mtu=1000),
}

LAB = (
    "delay=0.5ms",
    "delay=150ms",
    "delay=100ms loss=1%",
    "delay=100ms loss=5%",
    "delay=30ms rate=1mbit",
)

#: Reads in raw mode until the Ctrl-C and tells what it had.
READER = """
import hashlib, os, sys, tty
tty.setraw(0); print("re" + "ady", end="", flush=True)
data = b""
while not data.endswith(b"\\x03"): data += os.read(0, 65536)
print("had", len(data), hashlib.sha256(data).hexdigest()[:12], end="", flush=True)
"""

#: Seconds that one paste may take.
PATIENCE = 90.0


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1_000_000, help="bytes")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--lab", action="store_true")
    parser.add_argument("--links", nargs="+", default=LAB, help="settings of rmosh-netem's links")
    parser.add_argument("--bin", type=Path, default=Path(sys.executable).parent, help="where rmosh and its server are")
    parser.add_argument("--kinds", nargs="+", default=["ssh", "rmosh"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        measure_inside(arguments)
    elif arguments.lab:
        print(f"{'s from the paste, from Ctrl-C':<36}" + "".join([f"{kind:>16}" for kind in arguments.kinds]))
        for link in arguments.links:
            measure_in_lab(link)
    else:
        measure_virtually(arguments.size, arguments.seeds)


def measure_virtually(size: int, seeds: int) -> None:
    """Paste over each of the virtual links."""
    print(f"{size:,} bytes and Ctrl-C".ljust(44) + f"{'s':>8}{'datagrams':>12}{'bytes x':>10}")
    for name, link in VIRTUAL.items():
        runs = [paste(link, size, seed) for seed in range(seeds)]
        worst = max(runs, key=lambda run: run.took)
        print(f"{name:<44}{worst.took:>8.2f}{worst.datagrams:>12}{worst.bytes_sent / size:>10.2f}", flush=True)


def measure_in_lab(link: str) -> None:
    """Start over behind a real link."""
    again = [sys.executable, *sys.argv, "--inside", link]
    netem = Path(sys.executable).parent / "rmosh-netem"
    subprocess.run([netem, "shell", "lan", *link.split(), "--sshd", "--run", *again], check=True)


def measure_inside(arguments: argparse.Namespace) -> None:
    """Paste through each program in turn, behind the link that this process is behind."""
    told = f"{arguments.inside:<36}"
    for kind in arguments.kinds:
        runs = [paste_through(command(kind, arguments.bin), arguments.size) for _ in range(arguments.runs)]
        told += (
            f"{statistics.median(whole for whole, _ in runs):>10.2f}{statistics.median(last for _, last in runs):>6.2f}"
        )
    print(told, flush=True)


def command(kind: str, programs: Path) -> list[str]:
    """Return what starts the reader at the far side through one of the programs."""
    configuration = os.environ["NETEM_SSH"]
    reader = f"{sys.executable} -c {shlex.quote(READER)}"
    if kind == "ssh":
        return ["ssh", "-F", configuration, "-tt", "netem-server", reader]
    server = ["--server", str(programs / "rmosh-server")]
    return [str(programs / "rmosh"), *server, "-F", configuration, "netem-server", "--", reader]


def paste_through(words: list[str], size: int) -> tuple[float, float]:
    """Return the seconds from the paste's beginning and from Ctrl-C until the program is seen to have it all."""
    data = content(size, 1) + CONTROL_C
    right = f"had {len(data)} {hashlib.sha256(data).hexdigest()[:12]}".encode()
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(words[0], words, {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"})
    try:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
        os.set_blocking(terminal, False)
        exchange(terminal, b"", until=b"ready")
        time.sleep(1.0)
        began = time.monotonic()
        exchange(terminal, data[:-1])
        pressed = time.monotonic()
        exchange(terminal, data[-1:], until=right)
        return time.monotonic() - began, time.monotonic() - pressed
    finally:
        os.close(terminal)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def exchange(terminal: int, keys: bytes, *, until: bytes = b"") -> None:
    """Type all of `keys` and read until something was shown."""
    shown, end = b"", time.monotonic() + PATIENCE
    while keys or until not in shown:
        if time.monotonic() > end:
            raise SystemExit(f"waited {PATIENCE:.0f} s for {until!r} in vain; shown last: {shown[-200:]!r}")
        readable, writable, _ = select.select([terminal], [terminal] if keys else [], [], 0.5)
        if readable:
            shown += os.read(terminal, 65536)
        if writable:
            with contextlib.suppress(BlockingIOError):
                keys = keys[os.write(terminal, keys[:4096]) :]


if __name__ == "__main__":
    main()
