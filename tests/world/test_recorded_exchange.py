"""The wire stays the same byte for byte: what was recorded of an earlier build, this one says again."""

import pytest

from tests.world.recorded_exchange import EXCHANGES, performed, recorded

RECORDED = recorded()


@pytest.mark.slow
@pytest.mark.parametrize("name", EXCHANGES)
def test_what_is_sent_is_what_the_recorded_build_sent(name: str) -> None:
    sent = performed(name)
    for place, (here, there) in enumerate(zip(sent, RECORDED[name], strict=False)):
        assert here == there, f"datagram {place} differs: seconds since the one before, way, bytes, digest"
    assert len(sent) == len(RECORDED[name])


def test_the_recording_holds_each_exchange_and_both_ways() -> None:
    assert list(RECORDED) == list(EXCHANGES)
    for lines in RECORDED.values():
        assert {line.split()[1][:2] for line in lines} == {"up", "do"}
