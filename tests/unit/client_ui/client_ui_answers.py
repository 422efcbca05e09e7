"""What real terminals answer to the client's questions about themselves, as recorded from them.

Each was run under Xvfb, foot under a headless compositor, and asked one question at a time with DA1 behind it.
"""

from dataclasses import dataclass

from rmosh.traits import Traits


@dataclass(frozen=True)
class RecordedTerminal:
    """One of them.

    Attributes:
        attributes: its answer to DA1, the fence.
        answers: to what else it answers, by the question.
        term, colour_term: what it sets in the environment.
        traits: what is to be concluded, with a window of 24 x 80.
    """

    name: str
    attributes: bytes
    answers: dict[bytes, bytes]
    traits: Traits
    term: str = "xterm-256color"
    colour_term: str = ""

    def answer_all(self, questions: bytes) -> bytes:
        """Return its answers to questions, in their order; anything else is passed over."""
        known = {b"\x1b[c": self.attributes, **self.answers}
        found = sorted((questions.find(question), question) for question in known if question in questions)
        return b"".join([known[question] for _, question in found])


KITTY_KEYS, MODIFIERS, VERSION, SECOND = b"\x1b[?u", b"\x1b[?4m", b"\x1b[>0q", b"\x1b[>c"
CELL, WINDOW, READ_BACK, RGB = b"\x1b[16t", b"\x1b[14t", b"\x1bP$qm\x1b\\", b"\x1bP+q524742\x1b\\"

RECORDED = (
    RecordedTerminal(
        "xterm 412",
        b"\x1b[?64;1;2;6;9;15;17;18;21;22;28c",
        {
            MODIFIERS: b"\x1b[>4;0m",
            VERSION: b"\x1bP>|XTerm(412)\x1b\\",
            SECOND: b"\x1b[>41;412;0c",
            CELL: b"\x1b[6;17;8t",
            WINDOW: b"\x1b[4;408;640t",
            READ_BACK: b"\x1bP1$r0;48:2::1:2:3m\x1b\\",
        },
        Traits(False, True, True, "XTerm(412)", "41;412;0", (17, 8)),
        term="xterm",
    ),
    RecordedTerminal(
        "VTE 0.84",
        b"\x1b[?61;1;21;22;28c",
        {
            VERSION: b"\x1bP>|VTE(8401)\x1b\\",
            SECOND: b"\x1b[>61;8401;1c",
            WINDOW: b"\x1b[4;408;640t",
            READ_BACK: b"\x1bP1$r0;48:2::1:2:3m\x1b\\",
            RGB: b"\x1bP1+r524742=38\x1b\\",
        },
        Traits(False, False, True, "VTE(8401)", "61;8401;1", (17, 8)),
        colour_term="truecolor",
    ),
    RecordedTerminal(
        "kitty 0.48.2",
        b"\x1b[?62;52;c",
        {
            KITTY_KEYS: b"\x1b[?0u",
            VERSION: b"\x1bP>|kitty(0.48.2)\x1b\\",
            SECOND: b"\x1b[>1;4000;48c",
            CELL: b"\x1b[6;18;9t",
            WINDOW: b"\x1b[4;432;720t",
            READ_BACK: b"\x1bP1$r0;48:2:1:2:3m\x1b\\",
            RGB: b"\x1bP0+r524742\x1b\\",
        },
        Traits(True, False, True, "kitty(0.48.2)", "1;4000;48", (18, 9)),
        term="xterm-kitty",
        colour_term="truecolor",
    ),
    RecordedTerminal(
        "alacritty 0.17 (2600)",
        b"\x1b[?6c",
        {KITTY_KEYS: b"\x1b[?0u", SECOND: b"\x1b[>0;2600;1c", WINDOW: b"\x1b[4;432;720t"},
        Traits(True, False, True, "", "0;2600;1", (18, 9)),
        term="alacritty",
        colour_term="truecolor",
    ),
    RecordedTerminal(
        "foot 1.28.0",
        b"\x1b[?62;4;22;28;52c",
        {
            KITTY_KEYS: b"\x1b[?0u",
            MODIFIERS: b"\x1b[>4;1m",
            VERSION: b"\x1bP>|foot(1.28.0)\x1b\\",
            SECOND: b"\x1b[>1;012800;0c",
            CELL: b"\x1b[6;17;8t",
            READ_BACK: b"\x1bP1$r0;48:2::1:2:3m\x1b\\",
            RGB: b"\x1bP1+r524742=38\x1b\\",
        },
        Traits(True, True, True, "foot(1.28.0)", "1;012800;0", (17, 8)),
        term="foot",
        colour_term="truecolor",
    ),
    RecordedTerminal(
        "konsole 26.08",
        b"\x1b[?62;1;4c",
        {
            KITTY_KEYS: b"\x1b[?0u",
            VERSION: b"\x1bP>|Konsole 26.08.2\x1b\\",
            SECOND: b"\x1b[>1;115;0c",
            CELL: b"\x1b[6;14;7t",
        },
        Traits(True, False, True, "Konsole 26.08.2", "1;115;0", (14, 7)),
        colour_term="truecolor",
    ),
    RecordedTerminal(
        "urxvt 9.31",
        b"\x1b[?1;2c",
        {SECOND: b"\x1b[>85;95;0c", WINDOW: b"\x1b[4;408;640t"},
        Traits(False, False, False, "", "85;95;0", (17, 8)),
        term="rxvt-unicode-256color",
        colour_term="rxvt-xpm",
    ),
    RecordedTerminal("st 0.9", b"\x1b[?6c", {}, Traits(), term="st-256color"),
    RecordedTerminal(
        "mlterm 3.9.4",
        b"\x1b[?63;1;2;3;4;6;7;15;18;22;29c",
        {
            VERSION: b"\x1bP>|mlterm(3.9.4)\x1b\\",
            SECOND: b"\x1b[>24;279;0c",
            CELL: b"\x1b[6;19;10t",
            READ_BACK: b"\x1bP1$r0;48;5;16m\x1b\\",
            RGB: b"\x1bP0+r\x1b\\",
        },
        Traits(False, False, False, "mlterm(3.9.4)", "24;279;0", (19, 10)),
        term="mlterm",
    ),
    RecordedTerminal(
        "terminology 1.14",
        b"\x1b[?64;1;9;15;18;21;22c",
        {VERSION: b"\x1bP>|terminology(1.14.0)\x1b\\", SECOND: b"\x1b[>61;337;0c"},
        Traits(False, False, False, "terminology(1.14.0)", "61;337;0", (0, 0)),
    ),
    RecordedTerminal(
        "tmux 3.3a",
        b"\x1b[?1;2c",
        {VERSION: b"\x1bP>|tmux 3.3a\x1b\\", SECOND: b"\x1b[>84;0;0c"},
        Traits(False, False, False, "tmux 3.3a", "84;0;0", (0, 0)),
        term="tmux-256color",
    ),
    RecordedTerminal(
        "tmux 3.8, extended-keys on",
        b"\x1b[?1;2;4c",
        {
            VERSION: b"\x1bP>|tmux 3.8\x1b\\",
            SECOND: b"\x1b[>84;0;0c",
            CELL: b"\x1b[6;32;16t",
            WINDOW: b"\x1b[4;768;1280t",
            READ_BACK: b"\x1bP0$r\x1b\\",
        },
        Traits(False, False, True, "tmux 3.8", "84;0;0", (32, 16)),
        term="tmux-256color",
        colour_term="truecolor",
    ),
)
