"""`rmosh -O check host` and the like: what the sessions that are open here and share their logins say of themselves."""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.exit_status import FAILED
from rmosh_client.bootstrap.request import Request
from rmosh_client.sharing.asking import ask
from rmosh_client.sharing.doors import usual_login_doors
from rmosh_client.sharing.messages import DoorQuestion, Here, Wish

#: Seconds in which somebody answers.
_WITHIN: Final = 2.0

#: Word -> what is asked, and what is told of whoever answers. Source: ssh(1), -O.
_WORDS: Final[Mapping[str, tuple[Wish, Callable[[int], str]]]] = {
    "check": (Wish.CHECK, lambda process: f"process {process} lets others in"),
    "exit": (Wish.STOP, lambda process: f"process {process} lets nobody in any more; its session, if any, goes on"),
    "stop": (Wish.STOP, lambda process: f"process {process} lets nobody in any more; its session, if any, goes on"),
}

#: What may be asked.
CONTROL_WORDS: Final = tuple(_WORDS)

#: Words of ssh's that are none here, and what to do instead.
_ELSEWHERE: Final[Mapping[str, str]] = {
    "forward": "in the session: Ctrl-^ C, then -L, -R or -D; or rmosh -N -L ... host",
    "cancel": "in the session: Ctrl-^ C, then -KL, -KR or -KD",
    "proxy": "rmosh -W HOST:PORT host",
}


def run_control(word: str, request: Request, *, ssh: str | None) -> int:
    """Ask all that would let a login of this kind in; return the exit status: 0 where somebody answers.

    Raises:
        BootstrapError: there is no such word, or the SSH configuration is wrong.
    """
    if word not in _WORDS:
        hint = _ELSEWHERE.get(word, f"there are {', '.join(_WORDS)}")
        raise BootstrapError(Stage.USAGE, f"-O {word} is not known here", hint=hint)
    if ssh is not None:
        raise BootstrapError(
            Stage.USAGE, "a login by --ssh is not shared by rmosh", hint=f"ask ssh itself: {ssh} -O {word} host"
        )
    from rmosh_client.bootstrap.likeness import likeness
    from rmosh_client.bootstrap.route import plan_hops

    wish, tell = _WORDS[word]
    alike = likeness(plan_hops(request, os.environ), request)
    answers = [ask(door, DoorQuestion(wish), within=_WITHIN) for door in usual_login_doors(os.environ).found(alike)]
    here = [answer.process for answer in answers if isinstance(answer, Here)]
    for process in here:
        print(f"rmosh: {tell(process)}", file=sys.stderr)
    if not here:
        print(f"rmosh: no session that is open here lets others in to {request.destination}", file=sys.stderr)
    return 0 if here else FAILED
