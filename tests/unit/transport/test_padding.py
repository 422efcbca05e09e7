"""Datagrams of a few sizes, within the path's room, at a price that is known."""

from hypothesis import given
from hypothesis import strategies as st

from rmosh.transport.padding import padded, unpadded
from rmosh.transport.policy import (
    BACKGROUND_DATAGRAM_FLOOR,
    CEILING_MTU,
    FLOOR_MTU,
    PADDED_SIZES,
    SMALLEST_TO_CLIENT,
    SMALLEST_TO_SERVER,
)

ROOMS = st.integers(FLOOR_MTU - 40, CEILING_MTU - 31)
FLOORS = st.sampled_from([0, SMALLEST_TO_SERVER, SMALLEST_TO_CLIENT])


@given(ROOMS, FLOORS, st.data())
def test_what_fits_the_room_is_padded_to_a_step_or_to_the_room(room: int, floor: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, room))
    made = padded(size, floor=floor, room=room)
    assert size <= made <= room
    assert made in PADDED_SIZES or made == room
    assert made >= floor
    assert padded(made, floor=floor, room=room) == made


@given(st.integers(129, 1400))
def test_what_is_larger_than_a_line_grows_by_half_at_most(size: int) -> None:
    assert padded(size, floor=0, room=1421) <= 1.5 * size


@given(st.integers(1, 3000), ROOMS)
def test_what_is_larger_than_the_room_is_left_alone(more: int, room: int) -> None:
    assert padded(room + more, floor=32, room=room) == room + more


@given(st.integers(BACKGROUND_DATAGRAM_FLOOR, 2000))
def test_what_is_made_to_a_limit_is_not_padded_beyond(limit: int) -> None:
    assert 0.5 * limit < unpadded(limit) <= limit
    assert padded(unpadded(limit), floor=32, room=3000) == unpadded(limit)


def test_the_steps_ascend() -> None:
    assert list(PADDED_SIZES) == sorted(set(PADDED_SIZES))
