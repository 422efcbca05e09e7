"""A session's ways to its client's agent and display: made before its shell starts, which is told where they are."""

from collections.abc import Callable, Iterable, Mapping

from rmosh.hello import Hello
from rmosh.lazy_dataclass import dataclass
from rmosh_server.desk.places import Unusable
from rmosh_server.forwarding.agent_socket import AgentSocket, open_agent_socket
from rmosh_server.forwarding.display import ForwardedDisplay, Xauth, open_display


@dataclass(slots=True)
class OpenedWays:
    """Both, None for what there is none of.

    Attributes:
        xauth: what has entered the display's cookie; None where another process had it entered.
    """

    agent: "AgentSocket | None" = None
    display: "ForwardedDisplay | None" = None
    xauth: "Xauth | None" = None

    def open_display(self, environment: Mapping[str, str], home: str, *, waits: bool) -> ForwardedDisplay:
        """Open a display whose cookie the account's programs find; now already, if that is waited for.

        Raises:
            Unusable: none can be had, or there is nowhere to keep its cookie.
        """
        self.xauth = Xauth(environment, home)
        display = open_display()
        try:
            self.xauth.enter(display, waits=waits)
        except Unusable:
            display.close()
            raise
        self.display = display
        return display

    def environment(self) -> dict[str, str]:
        """Return what a program's environment tells of them."""
        told = {}
        if self.agent is not None:
            told["SSH_AUTH_SOCK"] = self.agent.path
        if self.display is not None:
            told["DISPLAY"] = self.display.name
        return told

    def close(self, environment: Mapping[str, str], home: str) -> None:
        """Take them away, and the cookie that was entered."""
        if self.agent is not None:
            self.agent.close()
        if self.display is not None:
            self.display.close()
            try:
                (self.xauth or Xauth(environment, home)).forget(self.display)
            except Unusable:  # a cookie that nothing takes any more
                return


def open_for_shell(
    hello: Hello,
    directories: Iterable[str],
    session_id: bytes,
    environment: Mapping[str, str],
    home: str,
    complain: Callable[[str], None],
) -> OpenedWays:
    """Open what the client will take connections for; of what cannot be, the user is told why.

    Args:
        directories: where the agent's socket may be, the best first.
        environment: this process's own, as sshd gave it.
    """
    opened = OpenedWays()
    if hello.agent:
        try:
            opened.agent = open_agent_socket(directories, session_id)
        except Unusable as problem:
            complain(f"no agent is forwarded: {problem}")
    if hello.x11:
        try:
            opened.open_display(environment, home, waits=True)
        except Unusable as problem:
            complain(f"X11 is not forwarded: {problem}")
    return opened
