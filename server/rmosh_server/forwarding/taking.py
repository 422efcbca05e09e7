"""Clients that offer their agent or display to a session's programs."""

from rmosh.forwarding.answers import AnswerStatus
from rmosh.forwarding.requests import ForwardAgent, ForwardX11
from rmosh_server.forwarding.conversation import Conversation
from rmosh_server.forwarding.host import Host

_NO_SESSION = "there is no session whose programs could use it"


def take_agent(_request: ForwardAgent, conversation: Conversation, host: Host) -> None:
    """Let programs use a client's agent."""
    if host.ways is None:
        conversation.refuse(AnswerStatus.NOT_UNDERSTOOD, _NO_SESSION)
    else:
        host.ways.take_agent(conversation, host.permissions, host.waiting)


def take_display(_request: ForwardX11, conversation: Conversation, host: Host) -> None:
    """Let programs use a client's display."""
    if host.ways is None:
        conversation.refuse(AnswerStatus.NOT_UNDERSTOOD, _NO_SESSION)
    else:
        host.ways.take_display(conversation, host.permissions, host.waiting)
