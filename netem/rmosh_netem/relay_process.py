"""A relay in a process of its own, so that what the caller does never delays a datagram.

The process ends with its caller, however that one ends: it then reads the end of the pipe.
"""

import multiprocessing
import signal
from multiprocessing.connection import Connection
from typing import Final

from .addresses import Address
from .errors import NetemError, Unavailable
from .firewall import Firewall
from .link import LinkModel
from .profiles import Profile
from .relay import Relay

#: Seconds the process gets to answer.
_ANSWER_TIMEOUT: Final = 15.0


class RelayProcess:
    """A `Relay` elsewhere, with the methods that the bench needs; a context manager."""

    def __init__(self, profile: Profile, *, seed: int) -> None:
        """Start the process; it listens nowhere yet."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, profile, seed), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> "RelayProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        self._process.join(_ANSWER_TIMEOUT)

    def forward_udp(self, *, listen: Address, to: Address) -> Address:
        """Relay datagrams; return where it listens."""
        address = self._ask("forward_udp", listen=listen, to=to)
        assert isinstance(address, Address)
        return address

    def forward_tcp(self, *, listen: Address, to: Address) -> Address:
        """Relay connections; return where it listens."""
        address = self._ask("forward_tcp", listen=listen, to=to)
        assert isinstance(address, Address)
        return address

    def change(self, *, up: LinkModel | None = None, down: LinkModel | None = None) -> None:
        """Change the links for what is sent from now on."""
        self._ask("change", up=up, down=down)

    def begin_again(self) -> None:
        """Let schedules, spells and traces of both directions begin now."""
        self._ask("begin_again")

    def blackout(self, seconds: float) -> None:
        """Let nothing through for so many seconds from now."""
        self._ask("blackout", seconds=seconds)

    def rebind(self, host: str | None = None) -> None:
        """Give every UDP client a new upstream port."""
        self._ask("rebind", host=host)

    def put_up(self, firewall: Firewall) -> None:
        """Have another firewall in the place of the one before."""
        self._ask("put_up", firewall=firewall)

    def wire_bytes(self) -> tuple[int, int]:
        """Bytes sent up and down so far, headers included, lost ones too."""
        return self._counted("bytes_sent")

    def wire_packets(self) -> tuple[int, int]:
        """Datagrams and pieces of streams sent up and down so far, lost ones too."""
        return self._counted("sent")

    def _counted(self, name: str) -> tuple[int, int]:
        counters = self._ask("counters")
        assert isinstance(counters, dict)
        return counters["up"][name], counters["down"][name]

    def describe(self) -> dict[str, object]:
        """Models, counters and lateness as plain values."""
        description = self._ask("describe")
        assert isinstance(description, dict)
        return description

    def _ask(self, method: str, **arguments: object) -> object:
        try:
            self._pipe.send((method, arguments))
            if not self._pipe.poll(_ANSWER_TIMEOUT):
                raise Unavailable(f"the relay's process gave no answer in {_ANSWER_TIMEOUT:.0f} s: try again")
            answer = self._pipe.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            raise Unavailable("the relay's process has ended, its error is above: try again") from error
        if isinstance(answer, NetemError):
            raise answer
        return answer


def _serve(pipe: "Connection[object, tuple[str, dict[str, object]]]", profile: Profile, seed: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the caller, which then closes the pipe
    with Relay(profile, seed=seed) as relay:
        while True:
            try:
                method, arguments = pipe.recv()
            except EOFError:
                return
            try:
                pipe.send(getattr(relay, method)(**arguments))
            except NetemError as error:
                pipe.send(error)
