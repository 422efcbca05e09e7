"""Programs that run for streams, as part of the room: `programs.py` starts them."""

from rmosh.forwarding.requests import OutputBroken, RunProgram
from rmosh_server.forwarding.conversation import Conversation
from rmosh_server.forwarding.host import Host
from rmosh_server.forwarding.programs import NotStarted


def run_program(request: RunProgram, conversation: Conversation, host: Host) -> None:
    """Run a program for as long as its stream lives."""
    try:
        running = host.programs.start(
            request,
            conversation.stream,
            client=conversation.client,
            ways_to_client={} if host.ways is None else host.ways.environment(),
            on_end=conversation.end,
        )
    except NotStarted as reason:
        conversation.refuse(reason.status, str(reason))
        return
    conversation.done()
    conversation.served = running
    running.stream_changed()


def break_output(request: OutputBroken, conversation: Conversation, host: Host) -> None:
    """Do what a stream was opened to say."""
    host.programs.output_broken(request, client=conversation.client)
    conversation.done()
    conversation.stream.finish()
    conversation.end()
