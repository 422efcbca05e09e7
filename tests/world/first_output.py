"""First outputs, as a test and a benchmark want them: after a login, an attach, or a move to another link."""

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass

from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.terminal.scrolled import ScrolledLine
from rmosh_netem.link import LinkModel
from tests.world.virtual_session import START, EchoingSession, make_virtual_session

NEAR = LinkModel(delay=0.005, rate=100e6)


@dataclass(frozen=True)
class End:
    """How a command's session ended: seconds from its last line on the screen to its end, and lines missing then."""

    after: float
    missing: int


def text(kilobytes: int) -> bytes:
    """Return lines that hardly deflate."""
    return base64.encodebytes(random.Random(1).randbytes(750 * kilobytes)).replace(b"\n", b"\r\n")


def command(link: LinkModel, seed: int) -> End:
    """Let a command print 16 KB and end, the client being on its way."""
    return _ended(make_virtual_session(LinkModel(delay=link.delay, loss=link.loss), seed=seed, down=link), text(16))


def long(link: LinkModel, seed: int) -> End:
    """Let a command print 135 KB and end."""
    return _ended(make_virtual_session(LinkModel(delay=link.delay, loss=link.loss), seed=seed, down=link), text(135))


def later(link: LinkModel, seed: int) -> End:
    """Let a command print 16 KB and end when the client has been there for 3 s."""
    session = make_virtual_session(LinkModel(delay=link.delay, loss=link.loss), seed=seed, down=link)
    session.world.run(3)
    return _ended(session, text(16))


def moved(link: LinkModel, seed: int) -> End:
    """Let the client move to the link from a near one, and a command print 16 KB and end half a second later."""
    session = make_virtual_session(NEAR, seed=seed)
    session.output(_lines(200))
    session.world.run(3)
    session.world.up.model, session.world.down.model = LinkModel(delay=link.delay, loss=link.loss), link
    session.world.roam()
    session.client.network_changed(now=session.world.now)
    session.world.run(2 * link.delay + 0.5)
    return _ended(session, text(16))


def grown_longer(link: LinkModel, seed: int) -> End:
    """Let the path become that link unannounced, and a command print 16 KB and end two seconds later."""
    session = make_virtual_session(NEAR, seed=seed)
    session.output(_lines(200))
    session.world.run(3)
    session.world.up.model, session.world.down.model = LinkModel(delay=link.delay, loss=link.loss), link
    session.world.run(2)
    return _ended(session, text(16))


def _ended(session: EchoingSession, output: bytes) -> End:
    session.output(output)
    session.server.shell_ended(Close(CloseKind.EXITED, 0), now=session.world.now)
    last = session.server.screen
    _reach(session, lambda: session.client.frame == last)
    shown_at = session.world.now
    _reach(session, lambda: bool(session.closed))
    end = session.client.frame.history
    lines = session.client.history.archive.lines(0, end)
    return End(session.world.now - shown_at, lines.count(None))


def attach(link: LinkModel, lines: int, seed: int) -> tuple[float, float]:
    """Attach to a session of so many lines; return when the screen is there, and when all lines are."""
    up = LinkModel(delay=link.delay, loss=link.loss)
    session = make_virtual_session(up, seed=seed, down=link, before=_lines(lines), history_depth=lines)
    _reach(session, session.same_screen)
    screen_at = session.world.now
    _reach(session, lambda: session.client.history.is_complete(session.client.frame.history))
    (first,) = session.client.history.archive.lines(0, 1)
    assert isinstance(first, ScrolledLine)
    return screen_at - START, session.world.now - START


def _lines(count: int) -> bytes:
    chance = random.Random(2)
    return b"".join([b"%06d connection from %d\r\n" % (number, chance.getrandbits(64)) for number in range(count)])


def _reach(session: EchoingSession, condition: Callable[[], bool]) -> None:
    assert session.world.run_until(condition, limit=120)
