"""Options that may be a habit: each has a line in the user's file and a variable too, for all hosts or for some.

The command line wins over the environment, the environment over the file, the file over what is so otherwise.
"""

import argparse
from collections.abc import Callable, Mapping
from typing import Any, Final

from rmosh.channels.history.policy import DEFAULT_HISTORY_DEPTH
from rmosh.compression import Compression
from rmosh.errors import BootstrapError
from rmosh.lazy_dataclass import dataclass
from rmosh.near_words import did_you_mean, nearest
from rmosh.session_name import SESSION_VARIABLE
from rmosh.settings_file import shown
from rmosh_client.bootstrap.request import DEFAULT_UDP_PORTS, PathWish
from rmosh_client.bootstrap.stages import tell_preference
from rmosh_client.command.option_values import (
    command_line,
    escape_key,
    folder,
    line_count,
    server_path,
    span,
    udp_ports,
)
from rmosh_client.command.preference_file import read_file

#: What the name of every variable begins with.
_PREFIX: Final = "RMOSH_"

#: Variables of such a name that are no preferences: a session's own id, and where a host keeps its sessions.
_OTHER_VARIABLES: Final = frozenset({SESSION_VARIABLE, "RMOSH_RUNTIME_DIR"})

#: What a variable may say of a switch.
_YES: Final = ("yes", "true", "on", "1")
_NO: Final = ("no", "false", "off", "0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """One of them.

    Attributes:
        name: in the file, and of the parsed option.
        default: what is so where nobody says anything; a bool makes it a switch.
        read: reads its value as an option takes it.
        letter: its short option, "" for none.
    """

    name: str
    default: str | int | bool | None
    help: str
    read: Callable[[str], Any] = str
    metavar: str | None = None
    choices: tuple[str, ...] | None = None
    letter: str = ""

    @property
    def option(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return _PREFIX + self.name.upper()

    @property
    def is_switch(self) -> bool:
        return isinstance(self.default, bool)

    @property
    def shown_default(self) -> str:
        """What is so otherwise, as the file would say it; "" for nothing in particular."""
        if isinstance(self.default, bool):
            return "yes" if self.default else "no"
        return "" if self.default is None else str(self.default)

    def add_to(self, group: argparse._ActionsContainer) -> None:
        """Add the option, which leaves nothing behind where it is not typed."""
        about = self.help + (f" (default: {self.shown_default})" if self.shown_default else "")
        if self.is_switch:
            switch = argparse.BooleanOptionalAction
            group.add_argument(self.option, action=switch, default=argparse.SUPPRESS, help=about)
            return
        group.add_argument(
            *filter(None, [self.letter, self.option]),
            type=self.read,
            metavar=self.metavar,
            choices=self.choices,
            default=argparse.SUPPRESS,
            help=about,
        )

    def of_text(self, text: str) -> object:
        """Read what a variable says.

        Raises:
            ValueError: it says nothing of use.
        """
        if self.is_switch:
            if text.lower() not in _YES + _NO:
                raise ValueError(f"{text!r} is neither yes nor no")
            return text.lower() in _YES
        try:
            value: object = self.read(text)
        except (argparse.ArgumentTypeError, BootstrapError) as error:
            raise ValueError(str(error)) from None
        if self.choices and value not in self.choices:
            raise ValueError(f"{text!r} is none of {', '.join(self.choices)}{did_you_mean(text, self.choices)}")
        return value

    def of_file(self, value: object) -> object:
        """Read what the file says; an empty text stands for what is so otherwise.

        Raises:
            ValueError: it says nothing of use.
        """
        if self.is_switch:
            if not isinstance(value, bool):
                raise ValueError(f"it is true or false, not {shown(value)}")
            return value
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ValueError(f"it is a text in quotes, not {shown(value)}")
        return self.of_text(str(value)) if value != "" else self.default


_ALL: Final = (
    Preference(
        name="predict",
        metavar="WHEN",
        choices=("always", "never", "adaptive"),
        default="adaptive",
        help="show keys before the host answers: always, never, or adaptive, when the link is slow",
    ),
    Preference(
        name="escape",
        letter="-e",
        metavar="KEY",
        read=escape_key,
        default="^^",
        help="the key that begins a command to rmosh: ^X for Ctrl-X, none for no key",
    ),
    Preference(
        name="history",
        metavar="N",
        read=line_count,
        default=DEFAULT_HISTORY_DEPTH,
        help="put the last N lines of a session's history into the scrollback when attaching",
    ),
    Preference(name="title", default=True, help="let programs set the window's title"),
    Preference(name="clipboard", default=True, help="let programs, and your own copies, write to the clipboard"),
    Preference(name="notifications", default=True, help="show programs' notifications"),
    Preference(
        name="confirm_agent", default=False, help="with -A: ask before each use of a key, naming it and who asks"
    ),
    Preference(
        name="obscure_typing",
        default=False,
        help="hide from eavesdroppers when you type; costs 6 kB/s each way meanwhile, and up to 40 ms a key",
    ),
    Preference(
        name="compress",
        metavar="WHAT",
        choices=tuple(compression.value for compression in Compression),
        default=Compression.LAYOUT.value,
        help="compress no, layout (not text), or all, which is quicker over slow links but tells an eavesdropper "
        "whether texts repeat",
    ),
    Preference(
        name="server",
        metavar="PATH",
        read=server_path,
        default=None,
        help="run this rmosh-server there (default: none, look in $PATH and the usual places)",
    ),
    Preference(name="inject", default=True, help="send rmosh-server to a host that has none, to run from memory"),
    Preference(name="install", default=False, help="have such a host keep it below ~/.local for the next time"),
    Preference(
        name="port",
        metavar="N[:M]",
        read=udp_ports,
        default=DEFAULT_UDP_PORTS,
        help="let the server listen on one of these UDP ports",
    ),
    Preference(
        name="path",
        metavar="WAY",
        choices=tuple(wish.value for wish in PathWish),
        default=PathWish.AUTO.value,
        help="carry the session by udp, inside the ssh connection, or auto: by udp where it goes, else inside ssh",
    ),
    Preference(
        name="share",
        default=True,
        help="let a session that is open here, to the same host as the same user, stand for the login",
    ),
    Preference(
        name="idle_timeout",
        metavar="TIME",
        read=span,
        default="",
        help="end the session once nobody has been attached for this long, such as 3d",
    ),
    Preference(
        name="trace",
        metavar="DIR",
        read=folder,
        default=None,
        help="write what goes over the link, and how it fares, into files in DIR; never what is typed or shown",
    ),
    Preference(
        name="ssh",
        metavar="CMD",
        read=command_line,
        default=None,
        help='log in with this command, such as "ssh" or "ssh -o ControlPath=..." (default: none)',
    ),
)

#: Name -> preference.
PREFERENCES: Final[Mapping[str, Preference]] = {preference.name: preference for preference in _ALL}


def add_preferences(group: argparse._ActionsContainer, *names: str) -> None:
    """Add the options of these names."""
    for name in names:
        PREFERENCES[name].add_to(group)


def settle(arguments: argparse.Namespace, environ: Mapping[str, str], *, host: str) -> list[str]:
    """Fill in what was not typed; return what to tell the user of mistakes, which count for nothing.

    Args:
        host: as it was typed, with the user or without.
    """
    readers = {name: preference.of_file for name, preference in PREFERENCES.items()}
    file, complaints = read_file(environ, readers)
    of_host = file.values_for(host.rpartition("@")[2])
    for name, preference in PREFERENCES.items():
        if hasattr(arguments, name):
            continue
        value, source = of_host.get(name, preference.default), file.path if name in of_host else ""
        if text := environ.get(preference.variable):
            try:
                value, source = preference.of_text(text), preference.variable
            except ValueError as error:
                complaints.append(f"{preference.variable}: {error} (left out)")
        setattr(arguments, name, value)
        if source:
            tell_preference(name, shown(value) if preference.is_switch else value, source)
    return complaints + _misspelt(environ)


def _misspelt(environ: Mapping[str, str]) -> list[str]:
    """Return what to tell of variables that are called nearly like one of these; others are somebody else's."""
    known = {preference.variable.removeprefix(_PREFIX) for preference in PREFERENCES.values()}
    complaints = []
    for name in sorted(environ):
        bare = name.removeprefix(_PREFIX)
        if name.startswith(_PREFIX) and bare not in known and name not in _OTHER_VARIABLES:
            near = nearest(bare, known)
            complaints += [f"there is no variable {name!r}, did you mean {_PREFIX}{near}?"] if near else []
    return complaints
