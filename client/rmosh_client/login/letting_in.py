"""A session started without SSH: another session of this user's to the same host, logged in alike, asks for it there.

What the other says is believed as far as a host's own announce line is. Wherever anything is in the way the login goes
by SSH, which has the last word.
"""

import os
from typing import Final

from rmosh.errors import BootstrapError, Malformed
from rmosh.hello import format_hello
from rmosh_client.bootstrap.announcement import AnnounceReader, accept_announce
from rmosh_client.bootstrap.likeness import likeness
from rmosh_client.bootstrap.prompts import say
from rmosh_client.bootstrap.remote_command import server_words, with_remote_command
from rmosh_client.bootstrap.request import Started
from rmosh_client.bootstrap.route import plan_hops
from rmosh_client.bootstrap.settings import SshSettings
from rmosh_client.bootstrap.stages import tell_ssh
from rmosh_client.bootstrap.started import started_session
from rmosh_client.bootstrap.tries import hello_from_here
from rmosh_client.bootstrap.uncarried import told
from rmosh_client.login.messages import Errand
from rmosh_client.login.parent import Parent
from rmosh_client.sharing.asking import ask_any
from rmosh_client.sharing.doors import usual_login_doors
from rmosh_client.sharing.messages import DoorQuestion, Refused, Served, Wish

#: Seconds in which another session's host starts a server for us. Reason: a slow one takes three; SSH has its chance
#: before anybody gives up.
_SERVED_WITHIN: Final = 8.0


def plan(errand: Errand) -> tuple[SshSettings, ...]:
    """Return the way to the host, which tells the login's likeness.

    Raises:
        BootstrapError: the SSH configuration is wrong.
    """
    return plan_hops(errand.request, os.environ)


def started_by_another(errand: Errand, hops: tuple[SshSettings, ...], parent: Parent) -> Started | None:
    """Return the session that another has started for us; None where none did."""
    doors, alike, target = usual_login_doors(os.environ), likeness(hops, errand.request), hops[-1]
    if target.forwarded_agent is not None or target.display is not None:
        return None  # an agent wants a login's own proof of its host
    if not doors.found(alike):
        return None
    request = with_remote_command(errand.request, target)
    # Nothing goes on in a channel that SSH has closed.
    hello = hello_from_here(target.environment, parent.await_traits(), request, stream=False)
    question = DoorQuestion(Wish.SERVE, tuple(server_words(request)), format_hello(hello))
    answer = ask_any(doors, alike, question, within=_SERVED_WITHIN)
    if not isinstance(answer, Served):
        tell_ssh(f"no session that is open here lets us in: {answer.why if isinstance(answer, Refused) else ''}")
        return None
    reader = AnnounceReader(hello)
    try:
        reader.feed(answer.output.encode())
        if reader.line is None:
            return None
        announce = accept_announce(reader.line, target.alias, request, hello)
    except (BootstrapError, Malformed):
        return None
    if missing := told(target.uncarried):
        say(missing)
    tell_ssh("another session that is open here has let us in")
    return started_session(announce, answer.addresses, request, hops)
