"""A session on the user's terminal, as the command line wishes it."""

import os
from typing import TYPE_CHECKING, Any

from rmosh.lazy_dataclass import dataclass, field_names
from rmosh_client.loading import interrupts_kept
from rmosh_client.login.process import LoginProcess

if TYPE_CHECKING:
    from rmosh_client.demo.demonstration import Demo


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How the client is to behave, each by the name of its option and in the plain value that this has."""

    escape: str
    predict: str
    history: int
    obscure_typing: bool
    read_only: bool
    title: bool
    clipboard: bool
    notifications: bool
    confirm_agent: bool
    trace: str | None

    @classmethod
    def of(cls, arguments: Any) -> "SessionOptions":
        """Return those among a line's options."""
        return cls(**{name: getattr(arguments, name) for name in field_names(cls)})

    def values(self) -> dict[str, Any]:
        """Return them by their names."""
        return {name: getattr(self, name) for name in field_names(SessionOptions)}


def run_in_terminal(login: LoginProcess, options: SessionOptions, *, demo: "Demo | None" = None) -> int:
    """Run the session that a login starts in this terminal; returns the exit status.

    Args:
        demo: what it is a demo of.

    Raises:
        RmoshError: it could not be started.
    """
    try:
        with interrupts_kept():  # the login loads the SSH library meanwhile
            from rmosh.prediction import PredictMode
            from rmosh_client.running.app import drive
            from rmosh_client.running.assembly import Wishes, open_terminal
            from rmosh_client.typing.escape import parse_escape_key

        wishes = Wishes(
            escape_key=parse_escape_key(options.escape),
            predict=PredictMode(options.predict),
            history_depth=options.history,
            obscures_typing=options.obscure_typing,
            read_only=options.read_only,
            title=options.title,
            clipboard=options.clipboard,
            notifications=options.notifications,
            confirms_agent=options.confirm_agent,
            footer=demo if demo is not None and demo.has_meter else None,
            black_out=None if demo is None else demo.enter_tunnel,
            traces=options.trace,
        )
        return drive(login, open_terminal(os.environ), wishes)
    finally:
        login.close()
