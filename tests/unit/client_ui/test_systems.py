"""What the client does on systems other than Linux, as far as one Linux can tell."""

import contextlib
import errno
import inspect
import os
import select
import socket
import sys
import time

import pytest

from rmosh_client.bootstrap import coroutines
from rmosh_client.link import clocks
from rmosh_client.link.boot_timer import BootTimer
from rmosh_client.link.network_watch import NetworkWatch
from rmosh_client.systems import BOOT_CLOCK, NAMELESS_TERMINAL, bsd, darwin


async def _loop_name() -> str:
    import asyncio

    return type(asyncio.get_running_loop()).__module__


def test_without_uvloop_a_login_runs_on_asyncios_own_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert coroutines.run(_loop_name()).startswith("asyncio")


def test_with_uvloop_a_login_runs_on_its_loop() -> None:
    pytest.importorskip("uvloop", reason="no wheel for this system")
    assert coroutines.run(_loop_name()).startswith("uvloop")


def test_a_loop_that_cannot_be_made_leaves_nothing_of_a_login_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_descriptors(_main: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setitem(sys.modules, "uvloop", None)
    monkeypatch.setattr("asyncio.run", no_descriptors)
    login = _loop_name()
    with pytest.raises(OSError, match="Too many"):
        coroutines.run(login)
    assert inspect.getcoroutinestate(login) == inspect.CORO_CLOSED


def test_where_kqueue_waits_for_the_terminal_it_is_not_opened_by_the_name_that_kqueue_refuses() -> None:
    assert (NAMELESS_TERMINAL == "/dev/tty") is (os.uname().sysname == "Linux")


def test_a_routing_socket_tells_of_a_change_by_being_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, kernels = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with kernels:
        monkeypatch.setattr("rmosh_client.link.network_watch.open_route_socket", lambda: ours)
        watch = NetworkWatch()
        assert not watch.drain()
        kernels.send(b"\x5c\x00\x05\x0c" + bytes(88))  # RTM_NEWADDR, as <net/route.h> of macOS lays it out
        assert watch.descriptor is not None
        assert select.select([watch.descriptor], [], [], 0)[0]
        assert watch.drain()
        assert not watch.drain()
        watch.close()


def test_this_system_tells_of_changes() -> None:
    watch = NetworkWatch()
    assert watch.descriptor is not None
    watch.close()


@pytest.mark.skipif(os.uname().sysname not in ("Linux", "Darwin"), reason="others have no clock that counts sleep")
def test_this_system_has_a_clock_that_counts_sleep() -> None:
    assert BOOT_CLOCK is not None
    assert clocks.boot_time() != pytest.approx(time.time(), abs=5.0)


def test_a_system_that_denies_such_a_socket_is_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> socket.socket:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("rmosh_client.link.network_watch.open_route_socket", refuse)
    assert NetworkWatch().descriptor is None


def test_a_system_without_a_clock_that_counts_sleep_takes_the_time_of_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "BOOT_CLOCK", bsd.BOOT_CLOCK)
    assert abs(clocks.boot_time() - time.time()) < 5.0


def test_macos_counts_sleep_by_its_raw_monotonic_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "BOOT_CLOCK", darwin.BOOT_CLOCK)
    assert abs(clocks.boot_time() - time.clock_gettime(time.CLOCK_MONOTONIC_RAW)) < 5.0


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="others have no timer that counts sleep")
@pytest.mark.parametrize("by_python", [True, False])
def test_this_systems_timer_goes_off_once_and_tells_so(monkeypatch: pytest.MonkeyPatch, *, by_python: bool) -> None:
    if not by_python:
        monkeypatch.delattr(os, "timerfd_create", raising=False)
        monkeypatch.delattr(os, "timerfd_settime", raising=False)
    with contextlib.closing(BootTimer()) as timer:
        timer.open()
        assert timer.descriptor is not None
        assert timer.set(3600.0)
        assert timer.set(0.001)
        assert select.select([timer.descriptor], [], [], 10.0)[0]
        timer.drain()
        assert not select.select([timer.descriptor], [], [], 0)[0]
        timer.drain()


def test_a_system_without_a_timer_that_counts_sleep_sets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rmosh_client.link.boot_timer.open_boot_timer", bsd.open_boot_timer)
    with contextlib.closing(BootTimer()) as timer:
        timer.open()
        assert timer.descriptor is None
        assert not timer.set(1.0)
