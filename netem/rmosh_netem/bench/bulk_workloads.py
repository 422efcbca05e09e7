"""The measurements where bytes flow: streams, copied files and forwards, of tools that carry them."""

import contextlib
import filecmp
import itertools
import random
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import pyte

from ..errors import BenchFailed
from .figures import Figure, latencies, milliseconds, percentile
from .laboratory import Laboratory
from .measurement import Findings, Plan
from .pty_session import PtySession
from .tools import StreamingTool
from .typing import type_plan
from .typing_plans import plain_letters

#: Bytes of a small answer. Reason: a short page, or a query's few rows.
_SMALL_ANSWER: Final = 1000

#: Seconds and round trips that a stream runs before keys are typed beside it: it has found the link's rate by then.
_STREAM_STARTS, _STREAM_ROUND_TRIPS = 2.0, 10

#: Seconds between two presses of Ctrl-C beside a stream.
_BETWEEN_STOPS: Final = 1.0

#: Bytes in 1 MB.
_MEGABYTE: Final = 1e6

#: What streams carry.
_ZEROS: Final = ("cat", "/dev/zero")

#: Tells a run's socket from those before it.
_NUMBERS: Final = itertools.count(1)

#: Keys in a row of `plain_letters`.
_KEYS_PER_ROW: Final = 60


def stream(lab: Laboratory, plan: Plan) -> Findings:
    """Zeros through a pipe of the tool, down and then up: bytes a second from the first one on, the start included."""
    tool = _streaming_tool(lab)
    counting = lab.far_side.counting(plan.stream)
    with lab.program(tool.pipe(lab.call(*_ZEROS)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as client:
        counted = subprocess.run(counting, stdin=client.stdout, stdout=subprocess.PIPE, check=False)  # noqa: S603
        down = _speed(counted.stdout)
    with subprocess.Popen(_ZEROS, stdout=subprocess.PIPE) as zeros:  # noqa: S603
        with lab.program(tool.pipe(lab.call(*counting)), stdin=zeros.stdout, stdout=subprocess.PIPE) as client:
            up = _speed(client.communicate()[0])
        zeros.kill()
    return Findings({"down_mb_s": down, "up_mb_s": up})


def copy(lab: Laboratory, plan: Plan) -> Findings:
    """A file of random bytes to the far side and back: from the command line to the prompt, the login included."""
    tool, folder = _streaming_tool(lab), lab.far_side.folder
    source, there, back = (folder / f"copy.{name}" for name in ("source", "there", "back"))
    source.write_bytes(random.Random(f"{plan.seed}/copy").randbytes(round(plan.megabytes * _MEGABYTE)))
    figures: dict[str, Figure] = {}
    far = f"{lab.link.host}:{there}"
    try:
        for name, words, copied in (("put_s", (str(source), far), there), ("get_s", (far, str(back)), back)):
            started = time.monotonic()
            with lab.program(tool.copy(lab.call(), *words), stdin=subprocess.DEVNULL) as client:
                status = client.wait()
            figures[name] = round(time.monotonic() - started, 2)
            if status != 0 or not filecmp.cmp(source, copied, shallow=False):
                raise BenchFailed(f"{tool.name} ended with {status} and {copied.name} is not what was to be copied")
    finally:
        for file in (source, there, back):
            file.unlink(missing_ok=True)
    return Findings(figures)


def forward(lab: Laboratory, plan: Plan) -> Findings:
    """Small answers through a -L, a connection each and one after the other, then a large one."""
    with _forwarding(lab, plan) as (_, near):
        taken = [_fetch(near, _SMALL_ANSWER, plan) for _ in range(plan.connections)]
        large = _fetch(near, round(plan.megabytes * _MEGABYTE), plan)
    figures: dict[str, Figure] = {**latencies(taken), "large_mb_s": round(plan.megabytes / large, 2)}
    return Findings(figures, {"taken": list(taken)})


def beside_a_stream(lab: Laboratory, plan: Plan) -> Findings:
    """Keys and Ctrl-C without prediction, first alone, then beside a download through the session's own -L."""
    with _forwarding(lab, plan) as (session, near):
        first = plain_letters(plan.keys, seed=plan.seed)
        alone = type_plan(session, first, patience=plan.patience).shown
        alone_stopped = _stop(session, plan, [1])
        session.type(b"\r\n")
        row = 1 + -(-plan.keys // _KEYS_PER_ROW)
        keys = plain_letters(plan.keys, seed=plan.seed + 1, first_row=row)
        starts = _STREAM_STARTS + _STREAM_ROUND_TRIPS * plan.profile.mean_rtt
        lasts = starts + keys.seconds + plan.profile.mean_rtt + plan.repeats * _BETWEEN_STOPS
        with _download(near, lab.far_side.counting(lasts)) as download:
            session.record_until(time.monotonic() + starts)
            beside = type_plan(session, keys, patience=plan.patience).shown
            stopped = _stop(session, plan, range(2, 2 + plan.repeats))
            speed = _speed(download.communicate()[0])
    figures: dict[str, Figure] = {f"alone_{name}": value for name, value in latencies(alone).items()}
    figures |= latencies(beside)
    figures |= {"alone_stop_ms": _worst(alone_stopped), "stop_ms": _worst(stopped), "stream_mb_s": speed}
    return Findings(figures, {"alone": list(alone), "shown": list(beside)})


def _streaming_tool(lab: Laboratory) -> StreamingTool:
    if not isinstance(lab.tool, StreamingTool):
        raise BenchFailed(f"{lab.tool.name} carries no streams here: leave it out with --tools")
    return lab.tool


@contextlib.contextmanager
def _forwarding(lab: Laboratory, plan: Plan) -> Iterator[tuple[PtySession, Path]]:
    """Yield a session with a forward, and the Unix socket here that leads to what serves there."""
    _streaming_tool(lab)
    near = lab.far_side.folder / f"near.{next(_NUMBERS)}.socket"
    with lab.session("serve", forwards=(f"{near}:{lab.far_side.folder / 'serve.socket'}",)) as session:
        session.watch_for("READY", timeout=plan.start_timeout)
        session.record_until(time.monotonic() + 1.0)
        lab.link.begin_again()
        yield session, near


def _connect(near: Path, wanted: int) -> socket.socket:
    """Return a connection on which so many bytes have been asked for; 0 is for ever."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(near))
    connection.sendall(b"%d\n" % wanted)
    return connection


def _fetch(near: Path, size: int, plan: Plan) -> float:
    """Return the seconds from connecting to the last of `size` bytes."""
    started, left = time.monotonic(), size
    with _connect(near, size) as connection:
        connection.settimeout(plan.start_timeout)
        while left > 0:
            try:
                data = connection.recv(1 << 20)
            except TimeoutError as error:
                raise BenchFailed(f"{left} of {size} bytes did not come through the forward") from error
            if not data:
                raise BenchFailed(f"the forward ended {left} bytes before the end of {size}")
            left -= len(data)
    return time.monotonic() - started


@contextlib.contextmanager
def _download(near: Path, counting: Sequence[str]) -> Iterator["subprocess.Popen[bytes]"]:
    """Yield what counts an endless answer; a process of its own, so that it does not delay what is typed here."""
    with _connect(near, 0) as connection:
        counter = subprocess.Popen(counting, stdin=connection.fileno(), stdout=subprocess.PIPE)  # noqa: S603
    with counter:
        try:
            yield counter
        finally:
            counter.kill()


def _stop(session: PtySession, plan: Plan, numbers: Sequence[int]) -> list[float | None]:
    """Press Ctrl-C for the so-many-eth times; return the seconds until the program told of each."""
    taken: list[float | None] = []
    for number in numbers:
        press = session.type(b"\x03")
        seen = session.watch(partial(_shows, f"stopped-{number}."), timeout=plan.patience)
        taken.append(None if seen is None else seen - press)
        session.record_until(press + _BETWEEN_STOPS)
    return taken


def _shows(text: str, _: float, screen: pyte.Screen) -> bool:
    return any(text in row for row in screen.display)


def _worst(taken: Sequence[float | None]) -> float | None:
    return milliseconds(percentile(taken, 1))


def _speed(told: bytes) -> float | None:
    """Return MB a second of what a counter told; None where nothing came.

    Raises:
        BenchFailed: it told nothing.
    """
    try:
        counted, seconds = map(float, told.split())
    except ValueError as error:
        raise BenchFailed("the stream ended before it began") from error
    return round(counted / _MEGABYTE / seconds, 3) if seconds else None
