"""The command rmosh-netem: bad links as a relay and as a laboratory, a bench of remote shells, the list of links."""

import argparse
import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

from .addresses import Address, resolved
from .bench.cli import add_action as add_bench_action
from .carried import carried_command, find_destination
from .command_line import NETEM_SHORT_HELP, NetemParser
from .control import HELP, obey
from .errors import EXIT_FAILED, EXIT_USAGE, BadRequest, NetemError, Unavailable, end_by_sigterm
from .lab.cli import add_actions as add_lab_actions
from .left_behind import own_folder
from .profiles import Profile, find_profile, load_profiles, with_profile_settings
from .relay import Relay
from .relay_process import RelayProcess
from .report.cli import add_action as add_report_action
from .session_line import read_session_line
from .status import describe_profile

#: Ports tried where any will do. Reason: one that is free for one protocol may be taken for the other.
_PORT_TRIES: Final = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    words, session = _split_session(sys.argv[1:] if arguments is None else arguments)
    if not words:
        print(NETEM_SHORT_HELP, end="", file=sys.stderr)
        return EXIT_USAGE
    options = build_parser().parse_words(words)
    if session:
        options.session = session
    try:
        profiles = load_profiles(*options.profile_file)
        return int(options.action(options, profiles))
    except NetemError as error:
        print(f"rmosh-netem: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _split_session(words: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Part a relay's own words from the session that it is to carry, which come after two dashes."""
    if "--" not in words or "relay" not in words[: words.index("--")]:
        return words, ()
    at = words.index("--")
    return words[:at], words[at + 1 :]


def list_profiles(options: argparse.Namespace, profiles: dict[str, Profile]) -> int:
    """Print every profile with what it is."""
    width = max(map(len, profiles))
    for profile in profiles.values():
        print(f"{profile.name:<{width}}  {profile.about}")
        if options.sources:
            print(f"{'':<{width}}  source: {profile.source}")
    return 0


def relay(options: argparse.Namespace, profiles: dict[str, Profile]) -> int:
    """Relay until told to quit, obeying lines from standard input."""
    profile = _chosen_profile(options, profiles)
    if options.session:
        return _carry(options, profile)
    if options.listen is None or options.to is None:
        raise BadRequest("a relay needs --listen and --to, or a session to carry: relay wifi -- rmosh host")
    listen = resolved(_address(options.listen, default_host="127.0.0.1"))
    to = resolved(_address(options.to, default_host="127.0.0.1"))
    end_by_sigterm()
    with contextlib.ExitStack() as stack:
        for tries_left in reversed(range(_PORT_TRIES)):
            running = stack.enter_context(Relay(profile, seed=options.seed))
            try:
                listen = _forward(running, options, listen=listen, to=to)
                break
            except Unavailable:
                if listen.port or not tries_left:
                    raise
                stack.close()
        print(f"{describe_profile(profile)} from {listen} to {to}; say help for what can be changed", flush=True)
        _obey_lines(running, profiles)
    return 0


def _carry(options: argparse.Namespace, profile: Profile) -> int:
    """Run a whole session through a relay; return its exit status."""
    line = read_session_line(options.session)
    to = find_destination(line)
    with (
        own_folder() as folder,
        RelayProcess(profile, seed=options.seed) as running,
    ):
        folder.chmod(0o755)
        command = carried_command(
            line,
            to,
            folder=folder,
            forward_tcp=lambda listen, to: running.forward_tcp(listen=listen, to=to),
            forward_udp=lambda listen, to: running.forward_udp(listen=listen, to=to),
        )
        print(f"rmosh-netem: {line.host} over {describe_profile(profile)}", file=sys.stderr)
        before = signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the session
        try:
            status = subprocess.run(command, check=False).returncode  # noqa: S603
        finally:
            signal.signal(signal.SIGINT, before)
        return status if status >= 0 else 128 - status


def _forward(running: Relay, options: argparse.Namespace, *, listen: Address, to: Address) -> Address:
    """Listen on one port for both protocols; TCP first, of whose ports more are taken."""
    if not options.udp_only:
        listen = running.forward_tcp(listen=listen, to=to)
    if not options.tcp_only:
        listen = running.forward_udp(listen=listen, to=to)
    return listen


def _obey_lines(running: Relay, profiles: dict[str, Profile]) -> None:
    """Obey until `quit`; without a standard input, until a signal."""
    for line in sys.stdin:
        if line.strip() == "quit":
            return
        if line.strip():
            try:
                print(obey(line, running, profiles), flush=True)
            except NetemError as error:
                print(f"rmosh-netem: {error}", file=sys.stderr, flush=True)
    threading.Event().wait()


def _chosen_profile(options: argparse.Namespace, profiles: dict[str, Profile]) -> Profile:
    return with_profile_settings(find_profile(options.profile, profiles), options.settings)


def _address(text: str, *, default_host: str) -> Address:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or default_host
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise BadRequest(f"{text!r} is not an address: write HOST:PORT or PORT, such as 127.0.0.1:60001")
    return Address(host, int(port))


def _version() -> str:
    try:
        return metadata.version("rmosh")
    except metadata.PackageNotFoundError:
        return "from a source tree that is not installed"


def build_parser() -> NetemParser:
    """Return the parser of all but the session that a relay carries."""
    root = NetemParser(prog="rmosh-netem", description="Make links bad, and try or measure remote shells over them.")
    parser: argparse.ArgumentParser = root
    parser.add_argument("--version", action="version", version=f"rmosh-netem {_version()}")
    parser.add_argument(
        "--profile-file",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="read more profiles from a TOML file; may be repeated",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add_profiles(actions)
    _add_relay(actions)
    add_bench_action(actions)
    add_report_action(actions)
    add_lab_actions(actions)
    return root


def _add_profiles(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    profiles = actions.add_parser("profiles", help="list the available links")
    profiles.add_argument("--sources", action="store_true", help="tell where each link's values come from")
    profiles.set_defaults(action=list_profiles)


def _add_relay(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = actions.add_parser(
        "relay",
        help="put a bad link between two ports of this machine, for UDP and TCP; needs no root",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"while it runs, lines on standard input change it:\n{HELP}\n\n"
        "examples: rmosh-netem relay wifi -- rmosh host\n"
        "          rmosh-netem relay --listen 2222 --to 127.0.0.1:22 satellite loss=5%",
    )
    parser.add_argument("profile", metavar="PROFILE", help="be this link; see rmosh-netem profiles")
    parser.add_argument(
        "settings", metavar="NAME=VALUE", nargs="*", default=[], help="change the profile, such as loss=30%%"
    )
    parser.add_argument("--listen", metavar="[HOST:]PORT", help="take clients here, 0 for any port")
    parser.add_argument("--to", metavar="[HOST:]PORT", help="pass them on to this server")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="repeat the same losses (default 1)")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--udp-only", action="store_true", help="relay no TCP")
    only.add_argument("--tcp-only", action="store_true", help="relay no UDP")
    parser.set_defaults(action=relay, session=())
