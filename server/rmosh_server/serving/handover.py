"""From the process that started the session to the interpreter that serves it: the same process, executed anew.

Starting needs the command line, locales and the account; serving needs the emulator and the seals. A fresh interpreter
without `site` has only the latter in memory, which saves a third of what a session costs for as long as it lives. It
starts after the announce line, so nobody waits for it. The secret goes through a pipe: argv can be read by everyone.
It stands there by itself, ahead of an announce line without it, so that the serving process has it in one buffer only.
"""

import os
import sys
from dataclasses import astuple, dataclass, fields, replace
from typing import Final

from rmosh.announce import SECRET_BYTES, Announce, format_announce, parse_announce
from rmosh.compression import Compression
from rmosh.hello import format_traits, parse_traits
from rmosh.traits import Traits
from rmosh_server.serving.settings import Settings

#: Most bytes handed over. Reason: a pipe holds 64 KB, and both ends of it are this process.
MAX_SIZE: Final = 65536

#: Stands for a descriptor that there is not.
NONE: Final = -1

#: What texts are joined with: neither an argument nor a path can have it.
_BETWEEN: Final = "\0"

#: What `ps` shows of a serving process; the pipe's descriptor and the port follow.
_SHOWN: Final = ("rmosh-server", "-S", "-m", "rmosh_server.serving")

#: Where modules are not looked for: `-m` looks in the working directory first, and that was the user's home.
_NO_MODULES_HERE: Final = "/"


@dataclass(frozen=True, slots=True)
class Handover:
    """A session whose shell runs and whose client knows where to find it.

    Attributes:
        shell: process id of the shell or command.
        is_login: a login shell runs, not a command.
        udp, master, slave: descriptors of the socket and of both ends of the PTY.
        report: where the launcher waits to hear that the session serves.
        record, control: what holds the session's file locked, and the socket where other processes ask for it; NONE
            where the session is not known on this host.
        obscures_typing: the first client is answered so that nobody learns when it types.
        directory: where the record and the control socket are.
        name: what the user calls the session, "" for nothing.
        client: how other clients shall see its first one.
        compression: what is deflated for that one.
        traits: what its terminal said of itself; None where it does not tell.
        greeting: lines shown before the shell's own, "" for none.
        settings: what the user wishes for all sessions, with what was wished for this one.
    """

    announce: Announce
    rows: int
    columns: int
    shell: int
    is_login: bool
    udp: int
    master: int
    slave: int
    report: int
    record: int = NONE
    control: int = NONE
    obscures_typing: bool = False
    directory: str = ""
    name: str = ""
    client: str = ""
    compression: Compression = Compression.LAYOUT
    greeting: str = ""
    traits: Traits | None = None
    settings: Settings = Settings()  # noqa: RUF009 - frozen, so it may be shared

    @property
    def descriptors(self) -> tuple[int, ...]:
        """All that must stay open."""
        all_there_are = (self.udp, self.master, self.slave, self.report, self.record, self.control)
        return tuple(descriptor for descriptor in all_there_are if descriptor != NONE)


def hand_over(session: Handover) -> None:
    """Serve a session in a fresh interpreter, or in this one where there is none to be had."""
    reading, writing = os.pipe()
    os.write(writing, _encode(session))
    os.close(writing)
    session.announce.forget_secret()
    kept = (*session.descriptors, reading)
    for descriptor in kept:
        os.set_inheritable(descriptor, True)
    try:
        os.chdir(_NO_MODULES_HERE)
        words = [*_SHOWN, str(reading), "port", str(session.announce.port)]
        os.execve(sys.executable, words, _environment_of_serving())  # noqa: S606 - ourselves
    except (OSError, ValueError):
        from rmosh_server.serving.main import main

        main(reading)


def _environment_of_serving() -> dict[str, str]:
    """Return the environment in which an interpreter of another name finds what this one has found."""
    return {
        **os.environ,
        "PYTHONHOME": os.pathsep.join((sys.base_prefix, sys.base_exec_prefix)),
        # The empty entry stands for the working directory.
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }


def receive(descriptor: int) -> Handover:
    """Read what was handed over through a pipe."""
    buffer = bytearray(MAX_SIZE)
    with open(descriptor, "rb", buffering=0) as pipe:
        size = pipe.readinto(buffer) or 0
    session = _decode(buffer[:SECRET_BYTES], bytes(memoryview(buffer)[SECRET_BYTES:size]))
    buffer[:SECRET_BYTES] = bytes(SECRET_BYTES)
    for kept in session.descriptors:
        os.set_inheritable(kept, False)
    return session


def _encode(session: Handover) -> bytes:
    values = (getattr(session, field.name) for field in fields(session))
    _, *numbers, directory, name, client, compression, greeting, traits, settings = values
    told = replace(session.announce, secret=bytearray(SECRET_BYTES))
    texts = [text.replace(_BETWEEN, "") for text in (directory, name, client, compression.value, greeting)]
    texts.append(format_traits(traits))
    texts += [format_announce(told), *(str(int(number)) for number in numbers)]
    texts += map(str, astuple(settings))
    return bytes(session.announce.secret) + _BETWEEN.join(texts).encode("utf-8", "surrogateescape")


def _decode(secret: bytearray, encoded: bytes) -> Handover:
    directory, name, client, compression, greeting, traits, line, *others = encoded.decode(
        "utf-8", "surrogateescape"
    ).split(_BETWEEN)
    *numbers, idle, lines, size, silence, checksums = others
    rows, columns, shell, is_login, udp, master, slave, report, record, control, obscures = map(int, numbers)
    said = parse_traits(traits)
    announce = replace(parse_announce(line.encode("ascii")), secret=secret)
    numbers_of = (rows, columns, shell, bool(is_login), udp, master, slave, report, record, control, bool(obscures))
    settings = Settings(float(idle), int(lines), int(size), float(silence), checksums == str(True))
    return Handover(announce, *numbers_of, directory, name, client, Compression(compression), greeting, said, settings)
