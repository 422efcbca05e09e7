"""What a login process does for each errand."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Final

from rmosh_client.bootstrap.channel import carry
from rmosh_client.bootstrap.coroutines import run
from rmosh_client.bootstrap.descriptors import point_at_null
from rmosh_client.bootstrap.login_log import hush
from rmosh_client.bootstrap.prompts import TerminalPrompts
from rmosh_client.bootstrap.request import Launch, OpenedPath, PathWish, PlainLogin, SessionStatus
from rmosh_client.loading import collecting_nothing, interrupts_kept, loading_ssh
from rmosh_client.login.messages import Errand, ErrandKind, FateTold, PathGone, PathOpened, SessionStarted
from rmosh_client.login.parent import Parent, ParentGone
from rmosh_client.sharing.doors import usual_login_doors

if TYPE_CHECKING:
    from rmosh_client.bootstrap.settings import SshSettings

#: Signals at which a login is given up in order: what it has started ends too, and the terminal is given back.
_GIVES_UP: Final = (signal.SIGTERM, signal.SIGHUP)

#: Seconds in which a login that is given up has ended. Reason: it closes a connection, at the far end of a slow link.
_ENDS_WITHIN: Final = 3

#: Standard input, output and error.
_STANDARD_STREAMS: Final = (0, 1, 2)


def run_errand(errand: Errand, parent: Parent, datagrams: socket.socket) -> None:
    """Run it to its end and tell the parent what came of it; `datagrams` is where those of a path come and go.

    Raises:
        BootstrapError: with the stage that failed.
        ParentGone: there is nobody to run it for.
    """
    if errand.request.is_tunnel:
        point_at_null(*_STANDARD_STREAMS[:2])  # they are a connection's, whose ends nobody else may hold open
    if errand.kind is ErrandKind.SESSION:
        hops = None
        if may_be_let_in(errand):
            from rmosh_client.login.letting_in import plan, started_by_another

            hops = plan(errand)
            if started := started_by_another(errand, hops, parent):
                _leave_terminal(errand)
                parent.tell(SessionStarted(started))
                return
        launching = _launch_with_ssh(errand, parent) if errand.ssh is not None else _launch(errand, parent, hops)
        _run_for(parent, _start_session(launching, errand, parent, datagrams))
    elif errand.kind in (ErrandKind.PATH, ErrandKind.PATH_BY_USER):
        _run_for(parent, _open_path(errand, parent, datagrams))
    else:
        _run_for(parent, _ask_for_fate(errand, parent))


def may_be_let_in(errand: Errand) -> bool:
    """Tell whether another session of this user's may stand for a login; what would ask it is not loaded else."""
    request = errand.request
    may_share = request.shares and errand.ssh is None and request.path is not PathWish.SSH
    return may_share and not request.keep_server_as and bool(usual_login_doors(os.environ).found())


def _run_for(parent: Parent, work: Coroutine[None, None, None]) -> None:
    """Run it as long as there is somebody to run it for."""

    async def watched() -> None:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None

        def give_up() -> None:
            signal.alarm(_ENDS_WITHIN)  # which ends it: nobody may be left who would
            loop.remove_reader(parent.fileno())
            task.cancel()

        loop.add_reader(parent.fileno(), give_up)
        os.set_blocking(parent.fileno(), True)  # libuv has it otherwise; an answer is waited for
        for number in _GIVES_UP:
            loop.add_signal_handler(number, give_up)
        try:
            await work
        finally:
            loop.remove_reader(parent.fileno())

    try:
        run(watched())
    except asyncio.CancelledError:
        raise ParentGone from None
    finally:
        work.close()


def _launch(
    errand: Errand, parent: Parent, hops: "tuple[SshSettings, ...] | None"
) -> Coroutine[None, None, Launch | PlainLogin]:
    # The way to the host opens in a thread while the SSH library, the slowest import, loads.
    with collecting_nothing():
        from rmosh_client.bootstrap.route import begin_route

    route = begin_route(errand.request, hops)
    with interrupts_kept(), loading_ssh():
        from rmosh_client.bootstrap.start import start

    return start(errand.request, route=route, prompts=_prompts(parent), asking=parent)


def _launch_with_ssh(errand: Errand, parent: Parent) -> Coroutine[None, None, Launch | PlainLogin]:
    from rmosh_client.bootstrap.system_ssh import start_with_ssh

    assert errand.ssh is not None
    return start_with_ssh(errand.request, errand.ssh, parent, _prompts(parent))


def _prompts(parent: Parent) -> TerminalPrompts:
    return TerminalPrompts(parent.make_way, asker=parent.fileno())


async def _start_session(
    launching: Coroutine[None, None, Launch | PlainLogin], errand: Errand, parent: Parent, datagrams: socket.socket
) -> None:
    launched = await launching
    if isinstance(launched, Launch):
        _leave_terminal(errand)
        parent.tell(SessionStarted(launched.started))
        if launched.channel is not None:
            parent.tell(PathGone(await carry(launched.channel, datagrams)))
        await launched.login.end()
    else:
        await _run_plain(launched, errand, parent)


async def _open_path(errand: Errand, parent: Parent, datagrams: socket.socket) -> None:
    opened = await _opened_path(errand, parent)
    if isinstance(opened, SessionStatus):
        parent.tell(FateTold(opened))
        return
    _leave_terminal(errand)
    parent.tell(PathOpened())
    parent.tell(PathGone(await carry(opened.channel, datagrams)))
    await opened.login.end()


async def _opened_path(errand: Errand, parent: Parent) -> OpenedPath | SessionStatus:
    if errand.ssh is not None:
        from rmosh_client.bootstrap.system_ssh_path import open_path_with_ssh

        return await open_path_with_ssh(
            errand.request, errand.ssh, errand.session_id, by_user=errand.kind is ErrandKind.PATH_BY_USER
        )
    with loading_ssh():
        from rmosh_client.bootstrap.path_opening import open_path, open_path_quietly

    if errand.kind is ErrandKind.PATH:
        return await open_path_quietly(errand.request, errand.session_id)
    return await open_path(errand.request, errand.session_id, prompts=_prompts(parent))


def _leave_terminal(errand: Errand) -> None:
    """Say nothing more on it, and let its signals go to the session alone."""
    hush()
    with contextlib.suppress(OSError):
        if errand.in_background:
            os.setsid()
            point_at_null(*_STANDARD_STREAMS)
        else:
            os.setpgid(0, 0)


async def _run_plain(login: PlainLogin, errand: Errand, parent: Parent) -> None:
    from rmosh_client.login.plain_login import run_plain_login
    from rmosh_client.typing.escape import EscapeMachine, parse_escape_key
    from rmosh_client.typing.local_terminal import LocalTerminal

    parent.make_way()
    hush()
    terminal = LocalTerminal.open()
    try:
        ended = await run_plain_login(login, terminal, EscapeMachine(parse_escape_key(errand.escape)))
    finally:
        terminal.close()
    parent.tell(ended)


async def _ask_for_fate(errand: Errand, parent: Parent) -> None:
    parent.tell(FateTold(await _fate(errand)))


async def _fate(errand: Errand) -> SessionStatus:
    if errand.ssh is not None:
        from rmosh_client.bootstrap.system_ssh import ask_for_fate_with_ssh

        return await ask_for_fate_with_ssh(errand.request, errand.ssh, errand.session_id)
    with loading_ssh():
        from rmosh_client.bootstrap.start import ask_for_fate

    return await ask_for_fate(errand.request, errand.session_id)
