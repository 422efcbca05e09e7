"""The process that is a laboratory: it owns namespaces, devices and packets, and outlives nobody.

It ends with its caller, however that one ends: it then reads the end of the pipe, and cleans up.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Final

from ..errors import NetemError
from ..profiles import Profile
from .commands import obey_lab
from .control_socket import control_socket
from .running import RunningLab, Setup

#: Priority of the process that moves packets, above those it carries them for. Source: setpriority(2).
_NICE: Final = -10


def serve(
    pipe: "Connection[object, tuple[str, dict[str, object]]]",
    setup: Setup,
    profiles: Mapping[str, Profile],
    private: bool,
) -> None:
    """Be a laboratory until the pipe ends. First sends its owner or the error, then answers calls of its methods.

    A private one has no control socket: only who holds the pipe can change its link.
    """
    for ignored in (signal.SIGINT, signal.SIGHUP):  # they are for the caller, which then closes the pipe
        signal.signal(ignored, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
    try:
        with RunningLab(setup) as lab, contextlib.ExitStack() as ending:
            if not private:
                ending.enter_context(control_socket(lab.owner, lambda line: obey_lab(line, lab, profiles)))
            pipe.send(lab.owner)
            _answer_calls(pipe, lab, profiles)
    except NetemError as error:
        pipe.send(error)


def _answer_calls(
    pipe: "Connection[object, tuple[str, dict[str, object]]]", lab: RunningLab, profiles: Mapping[str, Profile]
) -> None:
    while True:
        try:
            method, arguments = pipe.recv()
        except (EOFError, ConnectionResetError):
            return
        try:
            if method == "obey":
                pipe.send(obey_lab(str(arguments["line"]), lab, profiles))
            else:
                pipe.send(getattr(lab, method)(**arguments))
        except NetemError as error:
            pipe.send(error)
