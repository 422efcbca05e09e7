"""Starts sessions in the virtual world."""

from collections.abc import Callable

import pytest

from rmosh_netem.link import LinkModel
from tests.world.virtual_session import EchoingSession, make_virtual_session


@pytest.fixture
def make_session() -> Callable[..., EchoingSession]:
    """Return a maker of sessions over a given link that prints what would repeat the run."""

    def make(link: LinkModel, *, seed: int, **options: object) -> EchoingSession:
        print(f"seed {seed}, link {link}, {options}")
        return make_virtual_session(link, seed=seed, **options)  # type: ignore[arg-type]  # as the caller names them

    return make
