"""What a login finds to pass on: nothing that was not asked for, and a word where what was typed is not there."""

import asyncio
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmosh_client.bootstrap.openssh_config import parse_evaluated
from rmosh_client.bootstrap.passing_on import look_for_what_is_passed_on, with_proof
from rmosh_client.bootstrap.request import Request, SessionWish
from rmosh_client.bootstrap.settings import settings_from
from rmosh_client.forwarding.passed_on import AgentAccess, LoginProof, PassedOn


@pytest.fixture
def agent() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="rmosh-") as place, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{place}/agent")
        yield f"{place}/agent"


def found(
    *lines: str, typed: tuple[str, ...] = (), read_only: bool = False, agent: str = ""
) -> tuple[PassedOn, list[str]]:
    """Return what is passed on, and what was said."""
    said: list[str] = []
    settings = settings_from(parse_evaluated("\n".join(lines)), alias="box", environ={"SSH_AUTH_SOCK": agent})
    request = Request("box", typed, wish=SessionWish(read_only=read_only))
    return asyncio.run(look_for_what_is_passed_on(request, settings, say=said.append)), said


def test_nothing_is_passed_on_that_was_not_asked_for(agent: str) -> None:
    assert found(agent=agent) == (PassedOn(), [])


def test_the_agent_is_passed_on_where_it_is_there(agent: str) -> None:
    assert found("forwardagent yes", agent=agent) == (PassedOn(AgentAccess(agent)), [])
    assert found(f"forwardagent {agent}") == (PassedOn(AgentAccess(agent)), [])


def test_who_only_looks_on_passes_nothing_on(agent: str) -> None:
    assert found("forwardagent yes", agent=agent, read_only=True) == (PassedOn(), [])


@pytest.mark.parametrize("where", ["", "/no/such/agent", os.devnull])
def test_an_agent_that_is_not_there_is_told_to_who_typed_the_option_alone(where: str, tmp_path: Path) -> None:
    # OpenSSH 9.2 forwards none then, without a word.
    assert found("forwardagent yes", agent=where) == (PassedOn(), [])
    nothing, said = found("forwardagent yes", typed=("ForwardAgent=yes",), agent=where)
    assert nothing == PassedOn() and "no agent is forwarded" in said[0] and (where or "SSH_AUTH_SOCK") in said[0]


def test_a_display_that_is_not_there_is_told_to_who_typed_the_option_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert found("forwardx11 yes") == (PassedOn(), [])
    nothing, said = found("forwardx11 yes", typed=("ForwardX11=yes",))
    assert nothing == PassedOn() and "DISPLAY is not set" in said[0]


def test_the_login_s_proof_goes_with_the_agent_alone() -> None:
    proof = LoginProof(b"key", b"session", b"signature")
    assert with_proof(PassedOn(), proof) == PassedOn()
    assert with_proof(PassedOn(AgentAccess("/a")), proof) == PassedOn(AgentAccess("/a", proof))
