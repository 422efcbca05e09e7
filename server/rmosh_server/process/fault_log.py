"""Where faults that a session survived are written for whoever looks after the host: the system's log."""

import contextlib


def log_fault(line: str) -> None:
    """Write one line, where there is a log."""
    import syslog  # faults are rare

    with contextlib.suppress(OSError):
        syslog.openlog("rmosh-server", syslog.LOG_PID, syslog.LOG_USER)
        syslog.syslog(syslog.LOG_ERR, line)
