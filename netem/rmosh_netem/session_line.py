"""Reads the command line of ssh, mosh or rmosh as far as a relay has to know it: where it goes, and by what."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .errors import BadRequest

KNOWN: Final = ("rmosh", "mosh", "ssh")

#: ssh's letters that take a value, which rmosh takes as ssh does. Source: ssh(1).
_SSH_LETTERS: Final = "BbcDEeFIiJLlmOoPpQRSWw"

#: Those that say where a connection goes, and as whom.
_ASKED: Final = "FiJlop"

#: Which addresses a connection may have, in all three.
_FAMILIES: Final = ("-4", "-6")

#: What only the relay may say: it stands between.
_THE_RELAYS: Final = frozenset({"hostname", "port", "hostkeyalias", "addressfamily"})

_LETTERS: Final = {"rmosh": _SSH_LETTERS, "mosh": "p", "ssh": _SSH_LETTERS}

#: Long options whose value may be the next word; tests hold rmosh's against its own parser. Source: mosh(1).
LONG_WITH_VALUE: Final = {
    "rmosh": frozenset(
        {"ssh", "server", "port", "path", "idle-timeout", "compress", "predict", "escape", "history", "trace"}
    ),
    "mosh": frozenset(
        {"ssh", "server", "client", "port", "predict", "family", "bind-server", "experimental-remote-ip"}
    ),
    "ssh": frozenset[str](),
}

#: rmosh's first words that start no session; tests hold them against its own parser.
INSTEAD_OF_A_SESSION: Final = frozenset({"attach", "ls", "detach", "kill", "log", "cp", "demo", "completion"})


@dataclass(slots=True)
class SessionLine:
    """A command line, taken apart.

    Attributes:
        program: as it was typed.
        name: which of `KNOWN` it is.
        host: as it was typed, with its user.
        asked: options that tell ssh where that is.
        config: the user's own ssh_config(5) file where one is named.
        udp_port: where one is named.
        server: rmosh's --server, where one is named.
        ssh_words: what mosh, or rmosh's --ssh, is to add to ssh's command line.
        has_ssh: whether --ssh was typed.
        options: the others, as they were typed.
        command: what is to run there.
    """

    program: str
    name: str
    host: str = ""
    asked: list[str] = field(default_factory=list)
    config: Path | None = None
    udp_port: int | None = None
    server: str | None = None
    ssh_words: list[str] = field(default_factory=list)
    has_ssh: bool = False
    options: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)


def read_session_line(words: Sequence[str]) -> SessionLine:
    """Take a command line apart.

    Raises:
        BadRequest: it is none that can be carried.
    """
    line = SessionLine(words[0], Path(words[0]).name)
    if line.name not in KNOWN:
        raise BadRequest(f"{words[0]} cannot be carried: take {', '.join(KNOWN)}, or rmosh-netem shell for any program")
    if line.name == "rmosh" and words[1:2] and words[1] in INSTEAD_OF_A_SESSION:
        raise BadRequest(f"rmosh {words[1]} starts no session that could be carried: write rmosh host")
    rest = list(words[1:])
    for option, value in _options(rest, line):
        _note(line, option, value)
    if not line.host:
        raise BadRequest(f"{shlex.join(words)} names no host: write {line.name} host")
    line.command = rest
    return line


def _options(rest: list[str], line: SessionLine) -> Iterator[tuple[str, str | None]]:
    """Yield options and their values, and note the host between them; what is left is the command."""
    while rest:
        word = rest[0]
        if word == "--":
            del rest[0]
            line.host = line.host or (rest.pop(0) if rest else "")
            return
        if not word.startswith("-") or word == "-":
            if line.host:
                return
            line.host = rest.pop(0)
            continue
        del rest[0]
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            takes_next = name[2:] in LONG_WITH_VALUE[line.name] and not equals and rest
            yield name, rest.pop(0) if takes_next else (value if equals else None)
        else:
            yield from _letters(word, rest, _LETTERS[line.name])


def _letters(word: str, rest: list[str], with_value: str) -> Iterator[tuple[str, str | None]]:
    for place, letter in enumerate(word[1:], start=2):
        if letter in with_value:
            yield f"-{letter}", word[place:] or (rest.pop(0) if rest else None)
            return
        yield f"-{letter}", None


def _note(line: SessionLine, option: str, value: str | None) -> None:
    if option == "--ssh" and value is not None:
        of_ssh = SessionLine("ssh", "ssh", host="-")
        for inner, inner_value in _options(shlex.split(value)[1:], of_ssh):
            _note(of_ssh, inner, inner_value)
        line.has_ssh = True
        line.asked += of_ssh.asked
        line.config = of_ssh.config or line.config
        line.ssh_words = of_ssh.options
    elif option == "--port" or (option == "-p" and line.name == "mosh"):
        if value is None or not value.isascii() or not value.isdigit():
            raise BadRequest(f"a relay carries one UDP port, not {value!r}: name one, or leave {option} out")
        line.udp_port = int(value)
    elif option == "--server" and line.name == "rmosh":
        line.server = value
    else:
        if option in _FAMILIES:
            line.asked.append(option)
        elif option[1:] in _ASKED and value is not None and line.name != "mosh":
            line.asked += [option, value]
        if option == "-F" and value is not None:
            line.config = Path(value)
        elif not _is_the_relays(option, value):
            line.options += _written(option, value)


def _is_the_relays(option: str, value: str | None) -> bool:
    key = (value or "").replace("=", " ").split(" ")[0].lower()
    return option in ("-p", *_FAMILIES) or (option == "-o" and key in _THE_RELAYS)


def _written(option: str, value: str | None) -> list[str]:
    if value is None:
        return [option]
    return [f"{option}={value}"] if option.startswith("--") else [option, value]
