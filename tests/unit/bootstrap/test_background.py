import asyncio
import threading
from typing import NoReturn

import pytest

from rmosh_client.bootstrap.background import in_background


def fail() -> NoReturn:
    raise ValueError("on purpose")


def test_result_and_failure_come_back() -> None:
    assert in_background(lambda: 7).result() == 7
    with pytest.raises(ValueError, match="on purpose"):
        in_background(fail).result()


def test_nobody_minds_a_result_that_is_no_longer_waited_for() -> None:
    release, done = threading.Event(), threading.Event()

    def work() -> int:
        release.wait()
        return 7

    async def give_up() -> None:
        waiting = asyncio.wrap_future(future)
        waiting.cancel()
        await asyncio.wait([waiting])

    future = in_background(work)
    future.add_done_callback(lambda _: done.set())
    asyncio.run(give_up())
    release.set()
    assert done.wait(10)
    assert future.result() == 7
