"""Makes this folder's drivers and the models of `tests/unit/client_ui` importable; which terminals are driven."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "unit" / "client_ui")]

from tests.terminals.real_terminals import KINDS, why_not  # noqa: E402 - found by the path above


@pytest.fixture(scope="module", params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    """A kind of terminal that can be driven here."""
    kind: str = request.param
    reason = why_not(kind)
    if reason is not None:
        pytest.skip(f"{kind} is not driven: {reason}")
    return kind
