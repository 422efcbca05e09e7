"""What all tests share: how hypothesis goes about its examples, and signals as a terminal's programs have them."""

import signal

from hypothesis import HealthCheck, settings

# An example has no deadline, and may take long to make up: on a machine at work both say how busy that is.
settings.register_profile("rmosh", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rmosh")

# A job in a script's background ignores these, and nohup's that one, and so would all that we start.
for number, handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGQUIT, signal.SIG_DFL),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)
