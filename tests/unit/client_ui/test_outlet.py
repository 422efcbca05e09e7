"""What waits for the terminal: all of it arrives, in order, and who waits is told once."""

import random

import pytest

from rmosh_client.showing.outlet import Outlet


class _Device:
    """A terminal that takes what it has room for."""

    def __init__(self) -> None:
        self.room = 0
        self.taken = b""

    def size(self) -> tuple[int, int]:
        return 24, 80

    def write(self, data: bytes) -> int:
        part = data[: self.room]
        self.room -= len(part)
        self.taken += part
        return len(part)

    def write_all(self, data: bytes, *, patience: float) -> None:
        self.taken += data


@pytest.mark.parametrize("seed", range(4))
def test_all_arrives_in_order_however_much_is_taken_at_a_time(seed: int) -> None:
    chance, device, told = random.Random(seed), _Device(), list[bool]()
    outlet = Outlet(device, on_stuck=told.append)
    given = b""
    for _ in range(60):
        device.room = chance.choice((0, 10, 5000, 200_000))
        piece = chance.randbytes(chance.choice((0, 3, 70_000)))
        given += piece
        outlet.put(piece)
        assert device.taken == given[: len(device.taken)]
        assert outlet.is_stuck is (len(device.taken) < len(given))
    outlet.finish(b"end", patience=0.0)
    assert device.taken == given + b"end"
    assert not outlet.is_stuck
    assert told == [number % 2 == 0 for number in range(len(told))]


def test_it_is_told_that_a_terminal_took_the_rest_and_remembered_that_it_did_not_at_once() -> None:
    device, told = _Device(), list[bool]()
    outlet = Outlet(device, on_stuck=told.append)
    outlet.put(b"abc")
    device.room = 10
    outlet.write_rest()
    assert (device.taken, told, outlet.was_stuck) == (b"abc", [True, False], True)
