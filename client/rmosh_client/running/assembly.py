"""Puts together what a session on the user's terminal is made of."""

import os
from collections.abc import Callable, Mapping, Sequence

from rmosh.channels.history.policy import DEFAULT_HISTORY_DEPTH
from rmosh.containment import Containment
from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import dataclass, replace
from rmosh.prediction import PredictMode
from rmosh.session.client import ClientSession
from rmosh.traits import Traits
from rmosh.transport.path import Path
from rmosh_client.bootstrap.request import SHOWN_ID_DIGITS, Started
from rmosh_client.link.clocks import monotonic
from rmosh_client.painting.abilities import Abilities, as_told, judge_abilities
from rmosh_client.painting.painter import Painter
from rmosh_client.painting.terminfo import read_keys, read_terminfo
from rmosh_client.painting.width_answers import WidthAnswers
from rmosh_client.reaching.reach import StartingPaths, first_paths, reach
from rmosh_client.running.contained_prediction import ContainedPredictor
from rmosh_client.running.parts import Parts
from rmosh_client.running.session_forwards import SessionForwards
from rmosh_client.showing.company import alone_and_looking_on
from rmosh_client.showing.display import Display
from rmosh_client.showing.notice import Notices
from rmosh_client.showing.scrollback import Scrollback
from rmosh_client.showing.session_window import Footer, rows_for_session
from rmosh_client.tracing.private_file import traces_folder
from rmosh_client.tracing.tracer import Tracer
from rmosh_client.typing.colour_answers import ColourAnswers
from rmosh_client.typing.colour_watch import ColourWatch
from rmosh_client.typing.cursor_answers import CursorAnswers
from rmosh_client.typing.escape import EscapeKey, EscapeMachine
from rmosh_client.typing.foreign_keys import ForeignKeys, key_capabilities
from rmosh_client.typing.interview import Interview, Topic
from rmosh_client.typing.introduction import Introduction, Mailbox
from rmosh_client.typing.local_terminal import HungUp, LocalTerminal
from rmosh_client.typing.traits_answers import TraitsAnswers
from rmosh_client.viewing.bottom_line import BottomLine
from rmosh_client.viewing.reading import HistoryReader


@dataclass(frozen=True, slots=True)
class UserTerminal:
    """The terminal a session will be shown on, looked at before anything else is done.

    Attributes:
        about: what it said of itself.
        told: where that goes.
    """

    device: LocalTerminal
    abilities: Abilities
    foreign_keys: ForeignKeys
    interview: Interview
    introduction: Introduction
    about: TraitsAnswers
    told: Mailbox[Traits]


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the user wants the client to behave.

    Attributes:
        footer: a line below the session's screen.
        black_out: what the demo's key for a tunnel does; None where that is no key.
        traces: trace the session from its start, into this folder.
    """

    escape_key: EscapeKey = EscapeKey()
    predict: PredictMode = PredictMode.ADAPTIVE
    history_depth: int = DEFAULT_HISTORY_DEPTH
    title: bool = True
    clipboard: bool = True
    notifications: bool = True
    confirms_agent: bool = False
    obscures_typing: bool = False
    read_only: bool = False
    footer: Footer | None = None
    black_out: Callable[[], None] | None = None
    traces: str | None = None


def open_terminal(environment: Mapping[str, str]) -> UserTerminal:
    """Open the user's terminal and judge it; changes nothing on it yet.

    Raises:
        BootstrapError: there is none, or it cannot show a screen.
    """
    abilities = judge_abilities(environment, read_terminfo(environment.get("TERM", "")))
    foreign_keys = ForeignKeys(read_keys(key_capabilities()))
    device, interview, told = LocalTerminal.open(), Interview(foreign_keys.sequences), Mailbox[Traits]()
    about = TraitsAnswers(
        told.put,
        size=device.size,
        direct_colour=abilities.promises_direct_colour,
        device_strings=abilities.device_strings,
    )
    introduction = Introduction(device, interview, about, can_be_asked=abilities.strings)
    return UserTerminal(device, abilities, foreign_keys, interview, introduction, about, told)


def put_together(
    started: Started,
    terminal: UserTerminal,
    wishes: Wishes,
    paths: StartingPaths,
) -> Parts:
    """Begin to speak, inside SSH and by UDP, and return all that a session needs.

    Raises:
        BootstrapError: no socket could be opened, or no trace be written where one is wished.
    """
    now = monotonic()
    rows, columns = terminal.device.size()
    rows = rows_for_session(rows, wishes.footer)
    session, reserve = _begin_session(started, wishes, paths, rows=rows, columns=columns, now=now)
    walls = Containment(now=now, passing=(HungUp,))
    predictor = ContainedPredictor(wishes.predict, walls)
    notices = _notices(started, wishes, rows=rows, columns=columns, now=now)
    abilities = _wished(as_told(terminal.abilities, terminal.about.traits), wishes)
    painter, cursor = Painter(abilities), CursorAnswers(terminal.interview)
    scrollback = Scrollback(session.history, viewer_key=f"{wishes.escape_key} [", keeps=abilities.keeps_clears)
    reader = HistoryReader(
        session.history,
        fetch=lambda start, stop: session.fetch_history(start, stop, now=monotonic()),
        copy=lambda text: display.copy(text),
    )
    line = BottomLine("forward: ")
    display = Display(painter, terminal.device, predictor, notices, scrollback, reader, cursor, wishes.footer, line)
    forwards = SessionForwards(session, started.forwarding, walls, started.passed_on)
    forwards.confirms_agent = wishes.confirms_agent
    forwards.ask = None if wishes.escape_key.code is None else notices.ask
    notices.forwards = lambda: forwards.figures
    colours = _colours(painter, session)
    _have_traits_told(terminal, session)
    return Parts(
        walls=walls,
        session=session,
        reach=reach(started, session, paths, reserve=reserve, walls=walls, now=now),
        terminal=terminal.device,
        predictor=predictor,
        display=display,
        reader=reader,
        interview=terminal.interview,
        topics=_still_to_ask(terminal, colours, WidthAnswers(painter.learn, columns=lambda: terminal.device.size()[1])),
        colours=ColourWatch(terminal.interview, colours, ask=display.ask, taken=lambda: painter.colours_taken, now=now),
        notices=notices,
        escape=EscapeMachine(
            wishes.escape_key, with_tunnel=wishes.black_out is not None, with_answers=wishes.confirms_agent
        ),
        foreign_keys=terminal.foreign_keys,
        forwards=forwards,
        forward_line=line,
        tracer=_tracer(session, started, wishes, walls, now=now),
        way_back=started.way_back,
        black_out=wishes.black_out,
    )


def _notices(started: Started, wishes: Wishes, *, rows: int, columns: int, now: float) -> Notices:
    server = f"UDP port {started.announce.port} of {started.addresses[0]}"
    notices = Notices(wishes.escape_key, server=server, now=now, with_tunnel=wishes.black_out is not None)
    if wishes.read_only:
        notices.people = alone_and_looking_on(rows=rows, columns=columns)
    return notices


def _wished(abilities: Abilities, wishes: Wishes) -> Abilities:
    """Return what the terminal can, but for what the user does not want of it."""
    return replace(abilities, title=wishes.title, clipboard=wishes.clipboard, notifications=wishes.notifications)


def _colours(painter: Painter, session: ClientSession) -> ColourAnswers:
    """Return what asks for the terminal's colours, which the painter and the host are told of."""

    def tell(colours: Mapping[int, int]) -> None:
        painter.own_colours(colours)
        session.tell_colours(colours, now=monotonic())

    return ColourAnswers(tell, taken=lambda: painter.colours_taken)


def _have_traits_told(terminal: UserTerminal, session: ClientSession) -> None:
    """Let the host be told of what the terminal said of itself after the login was."""

    def tell(traits: Traits) -> None:
        if traits != terminal.introduction.told:
            session.tell_terminal(traits, now=monotonic())

    terminal.told.connect(tell)


def _begin_session(
    started: Started, wishes: Wishes, start: StartingPaths, *, rows: int, columns: int, now: float
) -> tuple[ClientSession, Sequence[Path]]:
    """Begin to speak inside SSH, where there is a way, and with the likeliest address; return the other paths as well.

    The secret that SSH carried is forgotten.
    """
    paths, reserve = first_paths(started, start)
    session = ClientSession(
        started.announce,
        rows=rows,
        columns=columns,
        paths=paths,
        entropy=os.urandom,
        now=now,
        history_depth=wishes.history_depth,
        obscures_typing=wishes.obscures_typing,
    )
    started.announce.forget_secret()
    return session, reserve


def _tracer(session: ClientSession, started: Started, wishes: Wishes, walls: Containment, *, now: float) -> Tracer:
    """Return what traces the session, already if that is wished."""
    group = started.announce.session_id.hex()[:SHOWN_ID_DIGITS]
    tracer = Tracer(
        session, walls, group=group, folder=wishes.traces or traces_folder(os.environ), at_server=started.announce.trace
    )
    if wishes.traces:
        try:
            tracer.start(now=now)
        except OSError as error:
            what = f"no trace can be written into {wishes.traces}: {error.strerror}"
            raise BootstrapError(Stage.USAGE, what, hint="check --trace and RMOSH_TRACE") from None
    return tracer


def _still_to_ask(terminal: UserTerminal, *topics: Topic) -> tuple[Topic, ...]:
    """Return what the terminal is asked when the session begins."""
    if not terminal.abilities.strings:
        return ()
    return topics if terminal.introduction.was_begun else (terminal.about, *topics)
