"""How each remote shell is started: its command line, and how its datagrams get onto the link."""

import shlex
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from ..carried import announcing_server
from ..errors import BadRequest, Unavailable
from ..programs import free_udp_port, installed, ours
from .drivers import Access

#: Seconds a program gets to tell its version.
_VERSION_TIMEOUT: Final = 10.0


#: Words in braces in a user's command, and what they become.
_WORDS: Final = {
    "host": "what to connect to",
    "config": "the ssh_config file to use",
    "remote": "the far side's command as one word",
    "words": "the same as several",
    "udp": "a UDP port on the link",
}
_WORDS_TOLD: Final = ", ".join(f"{{{word}}} ({meaning})" for word, meaning in _WORDS.items())
USERS_EXAMPLE: Final = "plain=ssh -F {config} -tt {host} {remote}"


class Predict(Enum):
    """Whether keys may be shown before the far side has confirmed them."""

    NEVER = "never"
    ADAPTIVE = "adaptive"


@dataclass(frozen=True, slots=True)
class Call:
    """What one session is to run, and through what."""

    remote: tuple[str, ...]
    predict: Predict
    folder: Path
    way: Access
    forwards: tuple[str, ...] = ()


class Tool(ABC):
    """A remote shell under test.

    Attributes:
        congestion_control: of a laboratory's TCP in its runs; None for what is asked of the bench.
    """

    name: str
    congestion_control: str | None = None

    @abstractmethod
    def command(self, call: Call) -> list[str]:
        """Return the command line of one session, its way over the link laid."""

    @abstractmethod
    def version(self) -> str:
        """Return its version in its own words.

        Raises:
            Unavailable: it is not installed.
        """


class StreamingTool(Tool):
    """A remote shell that carries streams, files and forwards (a call's `-L`) besides its terminal."""

    @abstractmethod
    def pipe(self, call: Call) -> list[str]:
        """Return the command line that runs the remote command without a terminal, its bytes untouched."""

    @abstractmethod
    def copy(self, call: Call, source: str, target: str) -> list[str]:
        """Return the command line that copies a file; the far one is written HOST:PATH."""


class OpenSsh(StreamingTool):
    """The ssh of the system: what everyone compares with."""

    def __init__(self, congestion_control: str | None = None) -> None:
        self.name = f"ssh-{congestion_control}" if congestion_control else "ssh"
        self.congestion_control = congestion_control

    def command(self, call: Call) -> list[str]:
        """Return ssh's command line; its connection crosses the link by its configuration."""
        return self._ssh(call, "-tt", *_listening(call))

    def pipe(self, call: Call) -> list[str]:
        """Return the same without a terminal."""
        return self._ssh(call, "-T")

    def copy(self, call: Call, source: str, target: str) -> list[str]:
        """Return scp's command line."""
        return [installed("scp"), "-q", "-F", str(call.way.ssh_config), source, target]

    @staticmethod
    def _ssh(call: Call, *options: str) -> list[str]:
        return [installed("ssh"), "-F", str(call.way.ssh_config), *options, call.way.host, " ".join(call.remote)]

    def version(self) -> str:
        """Return what `ssh -V` says."""
        return _first_line([installed("ssh"), "-V"])


class Mosh(Tool):
    """Mosh through its ordinary wrapper; its server listens where sshd was reached, the relay on the same port."""

    name = "mosh"

    def command(self, call: Call) -> list[str]:
        """Return mosh's command line, its UDP port on the link."""
        port = call.way.udp_port(free_udp_port(), same=True)
        ssh = f"--ssh={installed('ssh')} -F {call.way.ssh_config}"
        predict = f"--predict={call.predict.value}"
        return [installed("mosh"), ssh, predict, "-p", str(port), call.way.host, "--", *call.remote]

    def version(self) -> str:
        """Return the first line of `mosh --version`."""
        return _first_line([installed("mosh"), "--version"])


class Rmosh(StreamingTool):
    """This project's own, as a user starts it but for the announced port.

    Its server listens on every address of the machine, so that a relay cannot have the same port: a wrapper named
    by `--server` puts the relay's port into the announce line.
    """

    name = "rmosh"

    def command(self, call: Call) -> list[str]:
        """Return rmosh's command line, its UDP port on the link."""
        return self._rmosh(call, "--predict", call.predict.value, *_listening(call))

    def pipe(self, call: Call) -> list[str]:
        """Return the same without a terminal."""
        return self._rmosh(call, "-T")

    def copy(self, call: Call, source: str, target: str) -> list[str]:
        """Return rmosh cp's command line.

        Raises:
            Unavailable: the link is a relay, whose port it cannot be told.
        """
        port = free_udp_port()
        if call.way.udp_port(port, same=False) != port:
            raise Unavailable("rmosh cp cannot be told a relay's port: add --driver lab")
        return [ours("rmosh"), "cp", "-q", "-F", str(call.way.ssh_config), source, target]

    @staticmethod
    def _rmosh(call: Call, *words: str) -> list[str]:
        port = free_udp_port()
        seen = call.way.udp_port(port, same=False)
        own = ours("rmosh-server")
        server = own if seen == port else str(announcing_server(seen, call.folder, server=own))
        options = ["-F", str(call.way.ssh_config), "--server", server, "--port", str(port)]
        return [ours("rmosh"), *options, *words, call.way.host, "--", *call.remote]

    def version(self) -> str:
        """Return what `rmosh --version` says."""
        return _first_line([ours("rmosh"), "--version"])


class UsersCommand(Tool):
    """Any other remote shell, by a command line with words to fill in."""

    def __init__(self, text: str) -> None:
        """Read "NAME=COMMAND LINE".

        Raises:
            BadRequest: it is not that, or has an unknown word in braces.
        """
        self.name, equals, self._template = text.partition("=")
        if not equals or not self.name.isidentifier() or not self._template.strip():
            raise BadRequest(f"{text!r} names no command: write NAME=COMMAND, such as {USERS_EXAMPLE!r}")
        if self.name in TOOLS:
            raise BadRequest(f"{self.name} is known already: give your command another name")
        self._filled(dict.fromkeys(_WORDS, ""))

    def command(self, call: Call) -> list[str]:
        """Return the user's command line, filled in."""
        known = {
            "remote": shlex.quote(shlex.join(call.remote)),
            "words": shlex.join(call.remote),
            "host": call.way.host,
            "config": shlex.quote(str(call.way.ssh_config)),
            "udp": "",
        }
        if "{udp}" in self._template:
            known["udp"] = str(call.way.udp_port(free_udp_port(), same=True))
        command = self._filled(known)
        return [installed(command[0]), *command[1:]]

    def version(self) -> str:
        """Return the command line: who knows what each program answers to --version."""
        installed(self._filled(dict.fromkeys(_WORDS, ""))[0])
        return self._template

    def _filled(self, known: Mapping[str, str]) -> list[str]:
        try:
            words = shlex.split(self._template.format_map(known))
        except (KeyError, IndexError) as error:
            raise BadRequest(f"{error} in {self._template!r} means nothing: words are {_WORDS_TOLD}") from error
        except ValueError as error:
            raise BadRequest(
                f"{self._template!r} is not a command line ({error}): close its quotes and braces"
            ) from error
        if not words:
            raise BadRequest(f"{self._template!r} begins with no program: write NAME=COMMAND")
        return words


#: Those measured unless others are asked for.
_USUAL: Final[Sequence[Tool]] = (OpenSsh(), Mosh(), Rmosh())

TOOLS: Final[dict[str, Tool]] = {tool.name: tool for tool in (*_USUAL, OpenSsh("bbr"))}


def installed_tools(say: Callable[[str], object]) -> list[Tool]:
    """Return which of the usual tools are installed; `say` is told of the others."""
    found = []
    for tool in _USUAL:
        try:
            tool.version()
        except Unavailable as error:
            say(f"without {tool.name}: {error}")
        else:
            found.append(tool)
    return found


def _listening(call: Call) -> list[str]:
    return [word for forward in call.forwards for word in ("-L", forward)]


def _first_line(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=_VERSION_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{command[0]} does not run: {error}: leave it out with --tools") from error
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise Unavailable(f"{' '.join(command)} failed and said {said!r}: leave it out with --tools")
    return (done.stdout.strip() or done.stderr.strip()).splitlines()[0]
