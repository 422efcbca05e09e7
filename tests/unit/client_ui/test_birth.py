"""How a login process comes into being."""

import os

import pytest

from rmosh_client.login.birth import _fork_and


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ImportError, SystemExit])
def test_a_child_that_fails_before_it_lives_ends_and_does_nothing_of_its_parents(fault: type[BaseException]) -> None:
    def fail() -> None:
        raise fault

    _, status = os.waitpid(_fork_and(fail), 0)
    assert os.waitstatus_to_exitcode(status) == 127
