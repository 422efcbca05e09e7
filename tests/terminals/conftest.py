"""Which kinds of terminal are driven."""

import pytest

from tests.terminals.real_terminals import KINDS, why_not


@pytest.fixture(scope="module", params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    """A kind of terminal that can be driven here."""
    kind: str = request.param
    reason = why_not(kind)
    if reason is not None:
        pytest.skip(f"{kind} is not driven: {reason}")
    return kind
