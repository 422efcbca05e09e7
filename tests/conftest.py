"""What all tests share: how hypothesis goes about its examples, and signals as a terminal's programs have them."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# An example has no deadline, and may take long to make up: on a machine at work both say how busy that is. Where a
# change is judged (CI is set) the examples are always the same, so that what fails is the change.
settings.register_profile(
    "rmosh", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("rmosh")

# A job in a script's background ignores these, and nohup's that one, and so would all that we start.
for number, handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGQUIT, signal.SIG_DFL),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def packed_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's cache in which the server is packed, which takes seconds: for a copy, as more is noted in one."""
    from rmosh_client.injection.archive import packed_server

    cache = tmp_path_factory.mktemp("packed")
    packed_server({"XDG_CACHE_HOME": str(cache)})
    return cache
