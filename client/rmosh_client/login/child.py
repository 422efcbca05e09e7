"""The login process: runs one errand, says what came of it, and is gone."""

import os
import signal
import socket
import sys
import traceback
from typing import NoReturn

from rmosh.errors import BootstrapError
from rmosh_client.bootstrap.descriptors import too_many_files
from rmosh_client.bootstrap.exit_status import FAILED, signalled
from rmosh_client.bootstrap.login_log import log_login
from rmosh_client.loading import collecting_nothing
from rmosh_client.login.messages import Failed
from rmosh_client.login.parent import Parent, ParentGone
from rmosh_client.systems import forbid_looks


def live_anew(line: int, datagrams: int) -> NoReturn:
    """Live in a fresh Python, which was given the two descriptors."""
    ends = socket.socket(fileno=line), socket.socket(fileno=datagrams)
    for end in ends:
        end.set_inheritable(False)
    live(*ends, is_fresh=True)


def live(line: socket.socket, datagrams: socket.socket, *, is_fresh: bool = False) -> NoReturn:
    """Run the errand that comes along the line, and end the process.

    Args:
        is_fresh: nothing was set up in this process yet, as it is in a fork.
    """
    status = 0
    try:
        _live(Parent(line), datagrams, is_fresh=is_fresh)
    except ParentGone:
        status = FAILED
    except KeyboardInterrupt:
        status = signalled(signal.SIGINT)
    except BaseException:
        traceback.print_exc()
        status = FAILED
    finally:
        _let_go(status)


def _let_go(status: int) -> NoReturn:
    """End at once: no thread is waited for, and nothing that a fork has copied is run."""
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    finally:
        os._exit(status)


def _live(parent: Parent, datagrams: socket.socket, *, is_fresh: bool) -> None:
    errand = parent.errand()
    forbid_looks()
    try:
        if is_fresh:
            log_login(errand.verbosity, errand.log_file)
        with collecting_nothing():
            from rmosh_client.login.errands import run_errand

        run_errand(errand, parent, datagrams)
    except Exception as error:
        told = too_many_files(error) or (error if isinstance(error, BootstrapError) else None)
        if told is None:
            raise
        parent.tell(Failed.by(told))
