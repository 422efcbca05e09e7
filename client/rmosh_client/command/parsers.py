"""What may be typed after `rmosh`: the parsers of the command itself and of its errands, and the values they take."""

import argparse
from functools import partial
from typing import Final, NoReturn

from rmosh import __version__, command_line
from rmosh.command_line import HelpFormatter
from rmosh.compiled import COMPILED
from rmosh.errors import BootstrapError, Stage
from rmosh_client.command.errands import add_guest_options
from rmosh_client.command.option_values import forward_text, running_session_name, session_name, tcp_port
from rmosh_client.command.preferences import add_preferences
from rmosh_client.command.ssh_habits import add_passing_on, add_ssh_habits
from rmosh_client.command.stream_options import add_stream_options
from rmosh_client.forwarding.specification import Flag

#: What `rmosh` does with sessions that run.
ERRANDS: Final = {
    "ls": "List your sessions on a host.",
    "attach": "Get back into a session, or into one that others are in.",
    "detach": "Disconnect a session's clients; the session goes on.",
    "kill": "End a session and what runs in it.",
    "log": "Show what a session's server complained about.",
}

#: What else the first word may be, instead of a host.
OTHER_WORDS: Final = {
    "cp": "Copy files from, to or between hosts, as scp does.",
    "demo": "Try rmosh without a server: a shell behind a simulated bad link.",
    "completion": "Print shell code that makes Tab complete for rmosh.",
}

#: All words that may stand where a host does.
INSTEAD_OF_A_HOST: Final = {**ERRANDS, **OTHER_WORDS}

#: What a client asks of a session's host.
_OF_CLIENTS: Final = ("path", "obscure_typing", "compress")

#: Shells that there is a script for Tab for.
SHELLS: Final = ("bash", "zsh", "fish")

_WORDS_HELP: Final = "\n".join(f"  {word:<11}{what}" for word, what in INSTEAD_OF_A_HOST.items())

_EPILOG: Final = f"""\
instead of a host (rmosh WORD --help says more; a host with such a name is
reached as user@demo):
{_WORDS_HELP}

Example: edit a file on a host whose SSH server listens on port 2222

    rmosh -p 2222 me@example.org vim notes.txt

Defaults of your own go into ~/.config/rmosh/client.toml, for all hosts or
some, or into variables: predict = "never", RMOSH_PREDICT=never. Options
override variables, and variables the file; man rmosh has it all.

Once connected, press Ctrl-^ (Ctrl-6) and then ? for rmosh's own keys.
"""

#: What one sees who types nothing but the name.
SHORT_HELP: Final = """\
usage: rmosh [options] [user@]host [command...]

    rmosh host             log in
    rmosh attach host      get back into a session that is running there
    rmosh demo             try it here, without a server

rmosh --help lists the rest.
"""


class CommandParser(command_line.Parser):
    """Reports mistakes as every other rmosh error."""

    def report(self, message: str, hint: str) -> NoReturn:
        """End with what was wrong and what to do.

        Raises:
            BootstrapError: always.
        """
        raise BootstrapError(Stage.USAGE, message, hint=hint)


def session_parser() -> CommandParser:
    """Return the parser of `rmosh host`; what `split_command` takes for the command is not for it."""
    parser = CommandParser(
        prog="rmosh",
        usage="rmosh [options] [user@]host [command...]\n"
        "       rmosh ls|attach|detach|kill|log [options] [user@]host [session]\n"
        "       rmosh cp [options] SOURCE... TARGET\n"
        "       rmosh demo [--delay TIME] [--loss PERCENT]\n"
        "       rmosh completion bash|zsh|fish",
        description="Work on a remote host over bad links: SSH logs in, encrypted UDP\ncarries the screen.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "host", metavar="[user@]host", nargs="?", help="the host to connect to, or an alias from the SSH configuration"
    )
    parser.add_argument(
        "command",
        nargs="*",
        help="run this instead of your shell; everything after the host belongs to it, as with ssh",
    )
    _add_ssh_options(parser)
    _add_forwards(parser)
    add_stream_options(parser)
    session = parser.add_argument_group("session")
    session.add_argument(
        "-S",
        metavar="NAME",
        type=session_name,
        default="",
        help="attach to the session with this name, or start one",
    )
    add_guest_options(session)
    add_preferences(session, "server", "inject", "install", "port", "share", "idle_timeout", *_OF_CLIENTS)
    add_client_options(session)
    session.add_argument(
        "-O",
        metavar="WORD",
        dest="control",
        help="ask the sessions that are open here and let this login in: check whether there are any, or exit",
    )
    _add_tunnel_options(parser)
    parser.add_argument("-V", "--version", action="version", version=f"rmosh {__version__} ({COMPILED.told})")
    return parser


def _add_tunnel_options(parser: CommandParser) -> None:
    tunnel = parser.add_argument_group("without a shell, roaming all the same")
    tunnel.add_argument(
        "-W",
        metavar="HOST:PORT",
        help="connect standard input and output to a port that the host reaches, or to unix:PATH there; as in"
        " ssh -o ProxyCommand='rmosh -W %%h:%%p jump' host",
    )
    tunnel.add_argument("-N", action="store_true", help="start no shell: for forwards alone")
    tunnel.add_argument("-f", action="store_true", help="with -N: go into the background once the login is done")


#: What an errand does where no session is named.
_WITHOUT_SESSION: Final = {
    "attach": "; not needed if there is only one",
    "detach": "; not needed if there is only one",
    "log": ", also when it has ended (default: the one that has written last)",
}


def errand_parser(errand: str) -> CommandParser:
    """Return the parser of `rmosh ls` and the like."""
    parser = CommandParser(
        prog=f"rmosh {errand}", description=ERRANDS[errand], formatter_class=HelpFormatter, allow_abbrev=False
    )
    parser.add_argument("host", metavar="[user@]host", help="the host, or an alias from the SSH configuration")
    if errand != "ls":
        parser.add_argument(
            "session",
            metavar="SESSION",
            type=running_session_name if errand == "kill" else session_name,
            nargs=None if errand == "kill" else "?",
            default="",
            help="its name, or the first digits of its id" + _WITHOUT_SESSION.get(errand, ""),
        )
    group = parser.add_argument_group("session")
    if errand == "ls":
        group.add_argument("--json", action="store_true", help="print an array of objects, for programs")
    elif errand == "detach":
        group.add_argument("--all", action="store_true", help="all clients, not only the one that typed last")
    elif errand == "attach":
        _add_forwards(parser)
        add_guest_options(group)
        add_preferences(group, "share", *_OF_CLIENTS)
        add_client_options(group)
    add_preferences(group, "server", "inject", "install")
    _add_ssh_options(parser)
    return parser


def completion_parser() -> CommandParser:
    """Return the parser of `rmosh completion`."""
    parser = CommandParser(prog="rmosh completion", description=OTHER_WORDS["completion"], allow_abbrev=False)
    parser.add_argument("shell", choices=SHELLS, help='such as: eval "$(rmosh completion bash)" in ~/.bashrc')
    return parser


def add_client_options(group: argparse._ActionsContainer) -> None:
    """Add what says how the client shall behave."""
    add_preferences(
        group, "predict", "escape", "history", "title", "clipboard", "notifications", "confirm_agent", "trace"
    )


def _add_forwards(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("forwarding, as by ssh; SPEC may begin with udp/ for datagrams")
    for flag, what in (
        (Flag.LOCAL, "let this port or socket here lead to one over there: [bind:]port:host:port, or paths"),
        (Flag.REMOTE, "let one over there lead to one here, or by SOCKS to any: [bind:]port[:host:port]"),
        (Flag.DYNAMIC, "be a SOCKS proxy here, which connects over there: [bind:]port"),
    ):
        group.add_argument(
            flag.value, metavar="SPEC", action="append", default=[], type=partial(forward_text, flag), help=what
        )
    group.add_argument("-g", action="store_true", help="let other machines use the ports that listen here")


def _add_ssh_options(parser: argparse.ArgumentParser) -> None:
    ssh = parser.add_argument_group("SSH login; your SSH configuration and ssh-agent are used, as by ssh")
    ssh.add_argument("-p", metavar="PORT", type=tcp_port, help="connect to this TCP port (default: 22)")
    ssh.add_argument("-l", metavar="USER", help="log in as this user (default: the local name)")
    ssh.add_argument("-i", metavar="FILE", action="append", default=[], help="offer this private key first")
    ssh.add_argument("-J", metavar="HOST,...", help="go through these hosts, each [user@]host[:port]")
    ssh.add_argument("-F", metavar="FILE", help="read this configuration (default: ~/.ssh/config and the system's)")
    ssh.add_argument("-o", metavar="KEY=VALUE", action="append", default=[], help="set an option as in ssh_config(5)")
    family = ssh.add_mutually_exclusive_group()
    family.add_argument("-4", dest="family", action="store_const", const="inet", help="use IPv4 only")
    family.add_argument("-6", dest="family", action="store_const", const="inet6", help="use IPv6 only")
    ssh.add_argument(
        "-v",
        dest="verbose",
        action="count",
        default=0,
        help="tell each stage, after the login in a file; twice for what the SSH library says",
    )
    ssh.add_argument("-E", metavar="FILE", help="append the log to this file instead of showing it")
    add_preferences(ssh, "ssh")
    add_passing_on(ssh)
    add_ssh_habits(parser)
