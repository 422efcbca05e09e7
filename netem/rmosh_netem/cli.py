"""The command rmosh-netem: bad links as a relay and as a laboratory, a bench of remote shells, the list of links."""

import argparse
import contextlib
import math
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .addresses import Address, resolved
from .carried import carried_command, find_destination
from .control import HELP, obey
from .errors import BadRequest, NetemError, Unavailable
from .lab.cli import add_actions as add_lab_actions
from .profiles import Profile, find_profile, load_profiles, with_profile_settings
from .relay import Relay
from .relay_process import RelayProcess
from .report.cli import add_action as add_report_action

if TYPE_CHECKING:
    from .bench.results import Results
    from .bench.runner import Request

#: Exit status of our own failures. Source: argparse uses 2 for usage, ssh 255 for its own; this is neither.
EXIT_FAILED: Final = 1

#: Ports tried where any will do. Reason: one that is free for one protocol may be taken for the other.
_PORT_TRIES: Final = 10

DEFAULT_OUTPUT: Final = Path("rmosh-netem.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    words, session = _split_session(sys.argv[1:] if arguments is None else arguments)
    options = _build_parser().parse_args(words)
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
    _end_by_sigterm()
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
        print(f"{profile.name} from {listen} to {to}; say help for what can be changed", flush=True)
        _obey_lines(running, profiles)
    return 0


def _carry(options: argparse.Namespace, profile: Profile) -> int:
    """Run a whole session through a relay; return its exit status."""
    to = find_destination(options.session)
    with (
        tempfile.TemporaryDirectory(prefix="rmosh-netem-") as name,
        RelayProcess(profile, seed=options.seed) as running,
    ):
        command = carried_command(
            options.session,
            to,
            folder=Path(name),
            forward_tcp=lambda listen, to: running.forward_tcp(listen=listen, to=to),
            forward_udp=lambda listen, to: running.forward_udp(listen=listen, to=to),
        )
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


def bench(options: argparse.Namespace, profiles: dict[str, Profile]) -> int:
    """Measure and print tables; 1 where a run failed."""
    from .bench.runner import run_bench

    request = _bench_request(options, profiles)
    _require_rich()
    _end_by_sigterm()
    with _progress_bar() as (tell, on_progress):
        results = run_bench(request, tell, on_progress)
    _print_tables(results)
    print(f"results are in {options.output}", file=sys.stderr)
    return EXIT_FAILED if any(run.error for run in results.runs) else 0


def _bench_request(options: argparse.Namespace, profiles: dict[str, Profile]) -> "Request":
    from .bench.keystrokes import read_trace
    from .bench.measurement import Plan
    from .bench.runner import Request
    from .bench.tools import TOOLS, UsersCommand, installed_tools
    from .bench.workloads import WORKLOADS

    for name in (
        "keys",
        "rounds",
        "repeats",
        "repaints",
        "blackout",
        "long_blackout",
        "idle",
        "outage",
        "sleep",
        "limit",
    ):
        if not 0 < getattr(options, name) < math.inf:
            raise BadRequest(
                f"--{name.replace('_', '-')} {getattr(options, name):g} measures nothing: give more than 0"
            )
    chosen = [profiles[name] for name in _choice(options.profiles, profiles, "profile")]
    without = () if options.keys_file else ("trace",)
    usual = ",".join(name for name in WORKLOADS if name not in without)
    workloads = _choice(options.workloads or usual, WORKLOADS, "workload")
    if options.keys_file:
        read_trace(options.keys_file)
    elif "trace" in workloads:
        raise BadRequest("the workload trace types your own keys: name their file with --keys-file")
    if options.congestion and options.driver != "lab":
        raise BadRequest("--congestion is for a laboratory's own TCP: add --driver lab, or leave it out")
    if options.tools is None:
        tools = installed_tools(lambda line: print(f"rmosh-netem: {line}", file=sys.stderr))
    else:
        tools = [TOOLS[name] for name in _choice(options.tools, TOOLS, "tool")] if options.tools else []
    return Request(
        profiles=chosen,
        tools=[*tools, *map(UsersCommand, options.command)],
        workloads=workloads,
        plan=Plan(
            profile=chosen[0],
            seed=options.seed,
            keys=options.keys,
            repeats=options.repeats,
            repaints=options.repaints,
            blackout=options.blackout,
            long_blackout=options.long_blackout,
            idle=options.idle,
            outage=options.outage,
            sleep=options.sleep,
            trace=options.keys_file,
        ),
        limit=options.limit,
        output=options.output,
        driver=options.driver,
        resume=options.resume,
        congestion_control=options.congestion,
        rounds=options.rounds,
        replace=options.replace,
    )


def _choice(text: str, known: Mapping[str, object], kind: str) -> list[str]:
    """Read names parted by commas; each must be known.

    Raises:
        BadRequest: there is none, or an unknown one.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise BadRequest(f"there is no {kind} {name!r}: choose from {', '.join(known)}")
    if not names:
        raise BadRequest(f"{text!r} names no {kind}: choose from {', '.join(known)}")
    return names


def _end_by_sigterm() -> None:
    """Let SIGTERM end us by way of every context manager, so that nothing we started stays behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _require_rich() -> None:
    try:
        import rich  # noqa: F401
    except ModuleNotFoundError as error:
        raise Unavailable("tables need the package rich: pip install '.[netem]' where rmosh's source is") from error


@contextlib.contextmanager
def _progress_bar() -> Iterator[tuple[Callable[[str], None], Callable[[int, int], None]]]:
    """Yield what tells lines and what moves the bar; without a terminal there are only the lines."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True, soft_wrap=True)
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        "runs,",
        TimeElapsedColumn(),
        "so far,",
        TimeRemainingColumn(),
        "left",
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("bench", total=None)
        yield (
            lambda line: console.print(line, markup=False, highlight=False),
            lambda done, total: bar.update(task, completed=done, total=total),
        )


def _print_tables(results: "Results") -> None:
    from rich.console import Console

    from .bench.table import print_results

    print_results(results, Console())


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


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rmosh-netem", description="Feel and measure remote shells over bad links.", allow_abbrev=False
    )
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
    _add_bench(actions)
    add_report_action(actions)
    add_lab_actions(actions)
    return parser


def _add_profiles(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    profiles = actions.add_parser("profiles", help="list the links there are")
    profiles.add_argument("--sources", action="store_true", help="tell where each link's values come from")
    profiles.set_defaults(action=list_profiles)


def _add_relay(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = actions.add_parser(
        "relay",
        help="be a bad link for UDP and TCP between two ports of this machine; needs no root",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"while it runs, lines on standard input change it:\n{HELP}\n\n"
        "examples: rmosh-netem relay wifi -- rmosh host\n"
        "          rmosh-netem relay --listen 2222 --to 127.0.0.1:22 satellite loss=5%",
    )
    parser.add_argument("profile", metavar="PROFILE", help="be this link; see rmosh-netem profiles")
    parser.add_argument("settings", metavar="NAME=VALUE", nargs="*", help="change the profile, such as loss=30%%")
    parser.add_argument("--listen", metavar="[HOST:]PORT", help="take clients here, 0 for any port")
    parser.add_argument("--to", metavar="[HOST:]PORT", help="pass them on to this server")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="repeat the same losses (default 1)")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--udp-only", action="store_true", help="relay no TCP")
    only.add_argument("--tcp-only", action="store_true", help="relay no UDP")
    parser.set_defaults(action=relay, session=())


def _add_bench(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = actions.add_parser(
        "bench",
        help="measure ssh, mosh and rmosh over links, against a real sshd on loopback",
        epilog="example: rmosh-netem bench --profiles transoceanic,evdo --tools mosh,rmosh --workloads key,bash",
    )
    numbers = [
        ("--seed", int, 1, "N", "repeat the same losses and the same keys"),
        ("--keys", int, 200, "N", "type so many keys in each typing workload"),
        ("--rounds", int, 1, "N", "make each run so often, each time with the next seed: reports then give intervals"),
        ("--repeats", int, 3, "N", "start, interrupt, roam and black out so often"),
        ("--repaints", int, 15, "N", "paint so many full screens"),
        ("--blackout", float, 5.0, "SECONDS", "black out for so long while typing"),
        ("--long-blackout", float, 30.0, "SECONDS", "the same in the workload long-blackout"),
        ("--idle", float, 30.0, "SECONDS", "count bytes for so long, after a rest of twice that"),
        ("--outage", float, 20.0, "SECONDS", "black out for so long with nobody typing"),
        ("--sleep", float, 60.0, "SECONDS", "stop the client for so long"),
        ("--limit", float, 300.0, "SECONDS", "give a single run up after this time"),
    ]
    parser.add_argument(
        "--profiles",
        default="lan,transoceanic",
        metavar="A,B",
        help="measure on these links (default lan,transoceanic)",
    )
    parser.add_argument(
        "--tools", metavar="A,B", help="measure these tools (default those of ssh, mosh and rmosh that are installed)"
    )
    parser.add_argument(
        "--workloads",
        metavar="A,B",
        help="measure any of key, bash, cat, edit, vim (both also with -confirmed), trace, flood, yes, colours,"
        " blackout, long-blackout, roam, roam-nat, silent-roam, silent-move, outage, sleep, start, idle, repaint"
        " (default all)",
    )
    parser.add_argument(
        "--command",
        action="append",
        default=[],
        metavar="NAME=COMMAND",
        help="measure this command as well, such as 'plain=ssh -F {config} -tt {host} {remote}'; may be repeated",
    )
    parser.add_argument(
        "--keys-file",
        type=Path,
        metavar="FILE",
        help="type these keys in the workload trace: in each line seconds since the key before, and the key",
    )
    parser.add_argument(
        "--driver",
        choices=("relay", "lab"),
        default="relay",
        help="cross a relay on loopback (default), or a laboratory, where ssh's TCP meets loss too; that needs root",
    )
    parser.add_argument(
        "--congestion",
        metavar="NAME",
        help="congestion control of a laboratory's TCP, such as bbr (default cubic); told with the results",
    )
    former = parser.add_mutually_exclusive_group()
    former.add_argument("--resume", action="store_true", help="leave out what --output has from an earlier bench")
    former.add_argument("--replace", action="store_true", help="lose what --output has from an earlier bench")
    for option, kind, default, unit, words in numbers:
        parser.add_argument(option, type=kind, default=default, metavar=unit, help=f"{words} (default {default:g})")
    parser.add_argument(
        "--output",
        type=Path,
        default=DEFAULT_OUTPUT,
        metavar="FILE",
        help=f"write results as JSON here (default {DEFAULT_OUTPUT})",
    )
    parser.set_defaults(action=bench)
