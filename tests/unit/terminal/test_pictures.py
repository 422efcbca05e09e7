"""Pictures that cannot be shown leave their room and a word. Sizes as xterm 379, foot 1.28 and kitty 0.48 take them."""

import base64
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.emulator import Emulator
from rmosh.terminal.history import lines_of
from rmosh.terminal.pictures import Pictures, Room, Scale
from rmosh.terminal.tokenizer import MAX_STRING
from rmosh.traits import Traits
from tests.unit.terminal.terminal_screens import position_of, text_of

#: A cell of 20 x 10 pixels on a screen of 10 x 40 cells.
SCALE = Scale(20, 10, 10, 40)


def png(width: int, height: int) -> str:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    image = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return base64.b64encode(image).decode()


def jpeg(width: int, height: int) -> str:
    preview = b"\xff\xe0" + struct.pack(">H", 2 + 300) + bytes(300)
    frame = b"\xff\xc2" + struct.pack(">HBHH", 17, 8, height, width) + bytes(10)
    return base64.b64encode(b"\xff\xd8" + preview + frame).decode()


def gif(width: int, height: int) -> str:
    return base64.b64encode(b"GIF89a" + struct.pack("<HH", width, height) + bytes(20)).decode()


def after(output: str, *, rows: int = 10, columns: int = 40, cell: tuple[int, int] = (20, 10)) -> Emulator:
    emulator = Emulator(rows=rows, columns=columns)
    emulator.use_traits(Traits(cell=cell))
    emulator.feed(output.encode())
    return emulator


def shown(emulator: Emulator) -> list[str]:
    return text_of(emulator.frame())


@pytest.mark.parametrize(
    ("sixels", "room"),
    [
        ('q"1;1;100;60#0!100~-!100~', Room(3, 10, 2)),
        ("q#1!50~-!50~-!50~-", Room(1, 5, 0)),
        ("0;1;0q#1!50~-!50~-!50~-!50~-", Room(2, 5, 1)),
        ("q!10~$!25~", Room(1, 3, 0)),
        ("q", Room(1, 1, 0)),
    ],
)
def test_sixels_take_the_room_of_their_bands_or_of_their_raster(sixels: str, room: Room) -> None:
    assert Pictures().sixel(sixels, SCALE) == room


@pytest.mark.parametrize("question", ["$qm", "+q544e", "1$r0m", "!|0000"])
def test_other_device_control_strings_are_no_pictures(question: str) -> None:
    assert Pictures().sixel(question, SCALE) is None


@pytest.mark.parametrize(
    ("command", "room"),
    [
        (f"Ga=T,f=100;{png(95, 61)}", Room(4, 10, 3, 10)),
        ("Ga=T,f=32,s=40,v=40;AAAA", Room(2, 4, 1, 4)),
        ("Ga=T,f=24,s=40,v=40,c=8;AAAA", Room(4, 8, 3, 8)),
        ("Ga=T,f=24,s=40,v=40,c=3,r=5;AAAA", Room(5, 3, 4, 3)),
        ("Ga=T,f=24,s=40,v=40,C=1;AAAA", Room(2, 4, 0)),
        ("Ga=T,t=f,f=100;L3RtcC9hLnBuZw==", Room(1, 1, 0, 1)),
        ("Ga=T,U=1,f=24,s=40,v=40;AAAA", None),
        ("Ga=q,i=31,s=1,v=1,f=24;AAAA", None),
        ("Ga=d,d=A", None),
        ("Xsomething", None),
    ],
)
def test_a_picture_in_kittys_protocol_takes_its_own_size_or_the_one_told(command: str, room: Room | None) -> None:
    assert Pictures().kitty(command, SCALE) == room


def test_a_picture_in_parts_takes_its_room_with_the_last_part() -> None:
    pictures, data = Pictures(), png(40, 40)
    assert pictures.kitty(f"Ga=T,f=100,m=1;{data[:40]}", SCALE) is None
    assert pictures.kitty("Gm=1;AAAA", SCALE) is None
    assert pictures.kitty("Gm=0;AAAA", SCALE) == Room(2, 4, 1, 4)


def test_a_picture_sent_before_takes_its_room_where_it_is_put() -> None:
    pictures = Pictures()
    assert pictures.kitty("Ga=t,i=7,f=24,s=40,v=40;AAAA", SCALE) is None
    assert pictures.kitty("Ga=p,i=7", SCALE) == Room(2, 4, 1, 4)


@pytest.mark.parametrize(
    ("arguments", "room"),
    [
        (f"inline=1:{png(100, 60)}", Room(3, 10, 2, 10)),
        (f"inline=1:{gif(100, 60)}", Room(3, 10, 2, 10)),
        (f"inline=1:{jpeg(100, 60)}", Room(3, 10, 2, 10)),
        (f"inline=1;width=20:{png(100, 60)}", Room(6, 20, 5, 20)),
        (f"inline=1;height=60px;width=auto:{png(100, 60)}", Room(3, 10, 2, 10)),
        (f"inline=1;width=50%;height=2:{png(100, 60)}", Room(2, 20, 1, 20)),
        (f"name=YQ==;size=99:{png(100, 60)}", None),
    ],
)
def test_a_picture_in_iterms_protocol_takes_its_own_size_or_the_one_told(arguments: str, room: Room | None) -> None:
    assert Pictures().iterm(f"File={arguments}", SCALE) == room


def test_what_comes_after_a_picture_stands_below_it() -> None:
    emulator = after('one\r\n\x1bPq"1;1;200;60#0!200~\x1b\\\r\ntwo')
    assert shown(emulator)[:5] == ["one", "[picture]", "", "", "two"]


def test_what_comes_after_a_picture_of_kitty_stands_beside_its_last_row() -> None:
    emulator = after("\x1b_Ga=T,f=24,s=120,v=40;AAAA\x1b\\next")
    assert shown(emulator)[:2] == ["[picture]", "            next"]


def test_room_is_made_by_scrolling_and_what_stood_there_is_kept() -> None:
    emulator = after("\r\n".join(f"line {n}" for n in range(9)) + '\r\n\x1bPq"1;1;200;60\x1b\\')
    assert shown(emulator)[-1] == "[picture]"
    assert [line.text for line in lines_of(emulator.take_history())] == ["line 0", "line 1"]


def test_a_picture_that_moves_no_cursor_scrolls_nothing() -> None:
    emulator = after("\x1b[9;5H\x1b_Ga=T,C=1,f=24,s=100,v=200;AAAA\x1b\\")
    assert position_of(emulator.frame()) == (8, 4)
    assert shown(emulator)[8] == "    [picture]"
    assert emulator.history_count == 0


def test_a_narrow_picture_cuts_the_word() -> None:
    assert shown(after('\x1bPq"1;1;30;20\x1b\\'))[0] == "[pi"


def test_a_picture_covers_what_stood_in_its_room_and_nothing_beside() -> None:
    emulator = after('xxxxxxxxxxxxxxxx\r\x1b[3C\x1bPq"1;1;100;20\x1b\\')
    assert shown(emulator)[0] == "xxx[picture] xxx"


@pytest.mark.parametrize(
    "beginning", ['\x1bPq"1;1;200;60', f"\x1b]1337;File=inline=1:{png(200, 60)}", "\x1b]1337;File=inline=1;height=3:"]
)
def test_a_picture_longer_than_any_string_leaves_its_room_too(beginning: str) -> None:
    emulator = after(beginning + "A" * (MAX_STRING + 5) + "\x1b\\\r\nbelow")
    assert shown(emulator)[0].startswith("[")
    assert shown(emulator)[3] == "below"


@given(st.text(st.sampled_from('Gq"1;0#!~-$=a=TpimfstvcrCU,%x:File'), max_size=60))
def test_no_command_takes_more_than_a_screens_worth_of_cells(text: str) -> None:
    pictures = Pictures()
    for room in (pictures.sixel(text, SCALE), pictures.kitty(text, SCALE), pictures.iterm(text, SCALE)):
        if room is not None:
            assert 1 <= room.rows <= 65535
            assert 1 <= room.columns <= 65535
            assert room.descends >= 0


@given(st.lists(st.sampled_from(['\x1bPq"1;1;', "\x1b_Ga=T,", "99", ";", "9999;", "\x1b\\", "m=1", "v=", "A"])))
def test_pictures_of_any_size_leave_the_cursor_on_the_screen(parts: list[str]) -> None:
    row, column = position_of(after("".join(parts)).frame())
    assert 0 <= row < 10
    assert 0 <= column < 40
