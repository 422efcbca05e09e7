"""What serves which request: a further kind is a line of the table.

Each is loaded by the request that needs it: a session that forwards a port does without what runs programs.
"""

from collections.abc import Callable
from typing import Any, Final

from rmosh.forwarding.requests import (
    ConnectTcp,
    ConnectUdp,
    ConnectUnix,
    ForwardAgent,
    ForwardX11,
    Linger,
    ListenTcp,
    ListenUdp,
    ListenUnix,
    OutputBroken,
    RunProgram,
    Serve,
)
from rmosh_server.forwarding.conversation import Conversation
from rmosh_server.forwarding.host import Host


def _connect_tcp(request: ConnectTcp, conversation: Conversation, host: Host) -> None:
    from rmosh_server.forwarding.connecting import connect_tcp

    connect_tcp(request, conversation, host)


def _connect_unix(request: ConnectUnix, conversation: Conversation, host: Host) -> None:
    from rmosh_server.forwarding.connecting import connect_unix

    connect_unix(request, conversation, host)


def _connect_udp(request: ConnectUdp, conversation: Conversation, host: Host) -> None:
    from rmosh_server.forwarding.connecting import connect_udp

    connect_udp(request, conversation, host)


def _listen_tcp(request: ListenTcp, conversation: Conversation, host: Host) -> None:
    from rmosh_server.forwarding.listening import listen_tcp

    listen_tcp(request, conversation, host)


def _listen_unix(request: ListenUnix, conversation: Conversation, host: Host) -> None:
    from rmosh_server.forwarding.unix_listening import listen_unix

    listen_unix(request, conversation, host)


def _listen_udp(request: ListenUdp, conversation: Conversation, host: Host) -> None:
    from rmosh_server.forwarding.udp_listening import listen_udp

    listen_udp(request, conversation, host)


def _run_program(request: RunProgram, conversation: Conversation, host: Host) -> None:
    from rmosh_server.forwarding.program_streams import run_program

    run_program(request, conversation, host)


def _break_output(request: OutputBroken, conversation: Conversation, host: Host) -> None:
    from rmosh_server.forwarding.program_streams import break_output

    break_output(request, conversation, host)


def _serve_another(request: Serve, conversation: Conversation, host: Host) -> None:
    from rmosh_server.forwarding.another_server import serve_another

    serve_another(request, conversation, host)


def _take_agent(request: ForwardAgent, conversation: Conversation, host: Host) -> None:
    from rmosh_server.forwarding.taking import take_agent

    take_agent(request, conversation, host)


def _take_display(request: ForwardX11, conversation: Conversation, host: Host) -> None:
    from rmosh_server.forwarding.taking import take_display

    take_display(request, conversation, host)


#: Request -> what answers it: it sets what serves the conversation, or refuses.
SERVICES: Final[dict[type, Callable[[Any, Conversation, Host], None]]] = {
    ConnectTcp: _connect_tcp,
    ConnectUnix: _connect_unix,
    ConnectUdp: _connect_udp,
    ListenTcp: _listen_tcp,
    ListenUnix: _listen_unix,
    ListenUdp: _listen_udp,
    RunProgram: _run_program,
    OutputBroken: _break_output,
    Serve: _serve_another,
    ForwardAgent: _take_agent,
    ForwardX11: _take_display,
    Linger: lambda request, conversation, host: host.lingering.begin(request, conversation),
}
