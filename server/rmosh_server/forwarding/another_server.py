"""A server of its own for somebody whom a session's client lets in: started as that client's login started this one.

It hears its hello and announces itself through the stream, and serves on when that is gone. This process knows the
secret for as long as the line passes through.
"""

import contextlib
import os
import socket

from rmosh.forwarding.answers import AnswerStatus
from rmosh.forwarding.requests import Serve
from rmosh_server.forwarding.conversation import Conversation
from rmosh_server.forwarding.host import Host
from rmosh_server.forwarding.joined import Joined
from rmosh_server.process.descriptor_limit import descriptor_limit_of_login
from rmosh_server.systems import start_on_streams
from rmosh_server.systems.program import ChildStreams, Program


def serve_another(request: Serve, conversation: Conversation, host: Host) -> None:
    """Start a server, and have it speak through the stream."""
    program = host.own_program
    if not program:
        conversation.refuse(AnswerStatus.NOT_THERE, "this server is in memory alone, and starts no other")
        return
    if "\n" in request.hello or any("\0" in word for word in request.words):
        conversation.refuse(AnswerStatus.FAILED, "these are no words of a command")
        return
    ours, theirs = socket.socketpair()
    try:
        with theirs, open(os.devnull, "wb") as nowhere, descriptor_limit_of_login():
            streams = ChildStreams(theirs.fileno(), theirs.fileno(), nowhere.fileno())
            start_on_streams(Program(program[0], (*program, *request.words)), os.environ, streams)
        ours.sendall(request.hello.encode() + b"\n")
    except OSError as error:
        ours.close()
        conversation.refuse(AnswerStatus.FAILED, f"{program[0]} could not be started: {error.strerror}")
        return
    with contextlib.suppress(OSError):
        ours.shutdown(socket.SHUT_WR)
    ours.setblocking(False)
    host.lingering.used()
    conversation.done()
    Joined(conversation, host.waiting, ours)
