"""A host to work on over a link that can be bad: sshd, relay and rmosh-server, with nothing left behind."""

import os
import random
import select
import shlex
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import pytest

from rmosh_netem.addresses import Address
from rmosh_netem.firewall import Firewall
from rmosh_netem.link import LinkModel
from rmosh_netem.profiles import Profile
from rmosh_netem.relay import Relay
from tests.e2e import own_home
from tests.e2e.registered import Registered
from tests.e2e.sshd import Sshd
from tests.patience import PATIENCE

#: Where the relay stands for the host. All of 127.0.0.0/8 is loopback. Source: RFC 1122.
RELAY_HOST = "127.0.0.3"

#: What the shell of the tests prints when it waits for a command.
PROMPT = "ready$ "

#: A shell that is the same on every machine, as words after `--`.
PLAIN_SHELL = (f"PS1='{PROMPT}' HISTFILE= exec bash --norc --noprofile",)

#: Characters typed before Enter; far below the width of the screen.
LINE = 30

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give the test an account of its own")


#: A firewall that lets all through.
_OPEN = Firewall()


class Program(Protocol):
    """What `PtyProgram` and `OuterTmux` have in common."""

    @property
    def screen(self) -> str: ...
    def pump(self, seconds: float = 0.0) -> bool: ...
    def wait_for(self, wanted: "str | Callable[[str], bool]", timeout: float = PATIENCE) -> str: ...
    def type(self, text: "str | bytes") -> None: ...


#: The kind of terminal that a host's programs run in.
AnyProgram_co = TypeVar("AnyProgram_co", bound=Program, covariant=True)


class Host(Generic[AnyProgram_co]):
    """One host behind one link.

    Attributes:
        directory: for the tests' own files.
        server: what `--server` names, for a session without a link.
        shared_port: the UDP port that its sessions share; 0 where each has its own.
    """

    def __init__(
        self, sshd: Sshd, directory: Path, *, start: Callable[..., AnyProgram_co], rmosh: Sequence[str]
    ) -> None:
        self._relay: Relay | None = None
        self.shared_port = 0
        self.directory = directory
        self.sshd = sshd
        self._start = start
        self._rmosh = list(rmosh)
        self._registered = Registered(directory / "sessions")
        exported = f"export RMOSH_RUNTIME_DIR={directory / 'sessions'}"
        self.server = self.script("rmosh-server", f"{exported}\n{own_home.SERVER}")

    def open(
        self, *words: str, link: LinkModel | None = None, firewall: Firewall = _OPEN, **options: object
    ) -> AnyProgram_co:
        """Start `rmosh` with some words in a terminal, over a link where one is given; `options` are the terminal's.

        Over a link it is UDP that is looked at: `--path auto` among the words says otherwise.
        """
        config, more = (self.sshd.configure(), ()) if link is None else self._behind(link, firewall)
        server = more or ("--server", str(self.server))
        options.setdefault("env", self.sshd.client_env)
        return self._start([*self._rmosh, "-F", str(config), *server, *words], **options)

    @property
    def relay(self) -> Relay:
        """The link of the session that was started last."""
        assert self._relay is not None, "no session was started over a link"
        return self._relay

    def words(self, *words: str, errand: str = "") -> list[str]:
        """Return the command that starts `rmosh` with some words, without a link, for a shell to run."""
        rmosh = [*self._rmosh, *filter(None, [errand])]
        return [*rmosh, "-F", str(self.sshd.configure()), "--server", str(self.server), *words]

    def words_over(self, link: LinkModel, *words: str) -> list[str]:
        """Return the command that starts `rmosh` with some words over a link."""
        config, more = self._behind(link, _OPEN)
        return [*self._rmosh, "-F", str(config), *more, *words]

    def shell(self, *words: str, **options: object) -> AnyProgram_co:
        """Start a session with a plain shell and wait for its prompt; `options` are those of `open`."""
        program = self.open(*words, "box", "--", *PLAIN_SHELL, **options)  # type: ignore[arg-type]  # as given
        program.wait_for(PROMPT.rstrip())
        return program

    def errand(self, errand: str, *words: str, **options: object) -> AnyProgram_co:
        """Start `rmosh attach`, `ls`, `kill` or `detach` with some words in a terminal."""
        options.setdefault("env", self.sshd.client_env)
        config = self.sshd.configure()
        return self._start([*self._rmosh, errand, "-F", str(config), "--server", str(self.server), *words], **options)

    def as_printed(self, line: str) -> AnyProgram_co:
        """Start `rmosh` with the words that it told the user to type."""
        return self._start([*self._rmosh, *shlex.split(line)], env=self.sshd.client_env)

    def _behind(self, link: LinkModel, firewall: Firewall) -> tuple[Path, tuple[str, ...]]:
        """Lay a link; return a configuration that leads over it and the options that announce its UDP port.

        The server listens on every address of the machine, so that the relay cannot have the same port.
        """
        self.close_relay()
        self._relay = Relay(Profile("test", "a link of the tests", "made up", link, link, firewall=firewall), seed=1)
        tcp = self._relay.forward_tcp(listen=Address(RELAY_HOST, 0), to=Address("127.0.0.1", self.sshd.port))
        self.sshd.trust_host_key(name=f"[{RELAY_HOST}]:{tcp.port}")
        udp_port = self.shared_port or free_udp_port()
        udp = self._relay.forward_udp(listen=Address(RELAY_HOST, 0), to=Address("127.0.0.1", udp_port))
        announcing = self.script(
            f"rmosh-server-{udp_port}",
            f'[ "$1" = new ] || exec {self.server} "$@"\n'
            f'{self.server} "$@" |'
            f" {{ sed -u '/^RMOSH-ANNOUNCE /{{ s/ port=[0-9]* / port={udp.port} /; q }}'; exec cat; }}",
        )
        config = self.sshd.configure(f"HostName {RELAY_HOST}", f"Port {tcp.port}")
        return config, (
            "--path",
            "udp",
            "--server",
            str(announcing),
            *(() if self.shared_port else ("--port", str(udp_port))),
        )

    def script(self, name: str, text: str) -> Path:
        """Write a shell script of the test's own; return its path."""
        script = self.directory / name
        script.write_text(f"#!/bin/sh\n{text}\n")
        script.chmod(0o755)
        return script

    def give_account(self, *, home: Path, shell: str) -> None:
        """Have the server see an account of the test's own for this user; only root can do that.

        sshd goes on to see the real one, which it could not do without.
        """
        accounts = self.path("passwd")
        user, group = os.getuid(), os.getgid()
        accounts.write_text(f"tester:x:{user}:{group}::{home}:{shell}\n")
        script = f'mount --bind {accounts} /etc/passwd && exec {self.server} "$@"'
        self.server = self.script("rmosh-server-with-account", f"exec unshare -m sh -c '{script}' sh \"$@\"")

    def servers(self) -> list[int]:
        """Return the processes of this host's sessions that serve."""
        return self._registered.processes()

    def only_server(self) -> int:
        """Return the one server that runs."""
        wait_until(lambda: len(self.servers()) == 1, "one server runs")
        return self.servers()[0]

    def path(self, name: str) -> Path:
        """Return the path of a file of the test's own, on the host as well as here."""
        return self.directory / name

    def close_relay(self) -> None:
        """Take the link away."""
        if self._relay is not None:
            self._relay.stop()
            self._relay = None

    def close(self) -> None:
        """End every server that is left, by its process id, and take the link away."""
        self._registered.kill()
        self.close_relay()


class Typist:
    """Types seeded random lines into a far-away `cat` that keeps them, and checks what came of it."""

    def __init__(self, host: Host[Program], program: Program, *, seed: int) -> None:
        print(f"seed {seed}")
        self._rng = random.Random(seed)
        self._program = program
        self._taken = host.path("taken")
        self._typed = ""
        program.type(f"clear; cat > {self._taken}; echo do''ne\r")
        wait_until(self._taken.exists, "cat runs", pump=[program])
        program.wait_for(lambda screen: screen == "")

    def type(self, keys: int, between: Callable[[int], object] = lambda _number: None) -> None:
        """Type so many keys at a brisk pace; `between` is called before each."""
        for number in range(keys):
            between(number)
            at_line_end = len(self._typed) - self._typed.rfind("\n") > LINE
            key = "\n" if at_line_end else self._rng.choice("abcdefghijklmnopqrstuvwxyz    ")
            self._typed += key
            self._program.type(key.replace("\n", "\r"))
            pump_for(self._program, self._rng.uniform(0.0, 0.04))

    def check(self, *, timeout: float = 20.0) -> None:
        """Fail unless all of it arrived exactly, and the screen comes to show it."""
        lines = self._typed.split("\n")
        shown = "\n".join(line.rstrip() for line in lines).rstrip()
        wait_until(lambda: self._program.screen == shown, f"the screen\n{shown}", timeout=timeout, pump=[self._program])
        self._program.type("\r\x04")
        self._program.wait_for("done")
        assert self._taken.read_text() == self._typed + "\n"


def wait_until(
    condition: Callable[[], bool], what: str, *, timeout: float = PATIENCE, pump: Sequence[Program] = ()
) -> None:
    """Wait until something holds, taking what programs write meanwhile; fail where it never does."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}\n" + "\n---\n".join(each.screen for each in pump)
        for program in pump:
            program.pump(0.01)
        if not pump:
            select.select([], [], [], 0.01)


def so_many(text: str, count: int) -> Callable[[str], bool]:
    """Return the question whether a screen shows a text so many times."""
    return lambda screen: screen.count(text) == count


def pump_for(program: Program, seconds: float) -> None:
    """Let time pass as a user does between two keys, taking what the program writes."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        program.pump(left)


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
