"""The terminal under pyte's names, for programs written for `pyte.Screen` or `pyte.HistoryScreen`.

`Screen` and `HistoryScreen` are driven by pyte's streams, or called. An emulator does what they are asked for, so pyte
0.8.2 differs in these things.

Text, where programs count on what xterm 412 shows:
- Characters that have no column, as a zero-width joiner, join the cell before; pyte drops the text behind them.
- A character and its marks stay the code points that were written; pyte composes them (NFC).
- A mark behind a wide character joins it; pyte puts it into the wide character's right half.
- A wide character that does not fit into the line stands in the next one; pyte draws its left half.
- Without autowrap a wide character that does not fit is left out; pyte draws it over what stands there.
- Writing over half of a wide character blanks the other half; pyte's `display` fails then.
- A pending wrap ends with a line feed or an edit; pyte's cursor stays behind the last column.

Cursor and margins, where xterm 412 was asked:
- One cursor is saved; pyte keeps a stack.
- A reset forgets the saved cursor; pyte keeps it.
- A position outside of the margins in origin mode is the nearest inside; pyte ignores it.
- A cursor above the top margin or below the bottom one stays there as it moves; pyte takes it to the margin.
- Margins 0 and 0 are those of the screen; pyte ignores them.

Erasing and scrolling, where full-screen programs count on an xterm, and a window has a size of its own:
- There is an alternate screen; pyte has none.
- What is erased, inserted or scrolled in has the background and nothing else; pyte gives it all attributes, or none.
- Erasing the history (ED 3) leaves the screen; pyte erases it.
- Only lines that leave the screen's top are history; pyte keeps those that leave the margins too.
- A resize wraps soft-wrapped lines again, and keeps what is above the cursor; pyte cuts.
- The width is the user's, DECCOLM leaves it; pyte changes it.

Answers and colours, where TERM is xterm-256color and a palette's colours are the user's:
- Device attributes are a VT420's; pyte's are a VT102's.
- A background named by its index is one of 16 names up to 15; pyte gives its value.
- A bright magenta background is "brightmagenta"; pyte spells it "bfightmagenta".
- Faint, hidden and overlined text, links and underline shapes are in `frame()`; neither has them in its characters.

Objects, which are views of an emulator that keeps lines as they were written:
- The buffer holds every row and column; pyte's those that were written.
- `mode` and `tabstops`, `lines` and `columns` are told as they are, to be changed by operations; pyte's can be set.
- No `before_event` and `after_event` are called, though a page of history is left as there; pyte calls both.
- Operations do not call one another; override those that a stream calls.
- They are no subclasses of pyte's.

A stream of pyte's prints some control strings, sub-parameters and C1 controls, takes NEL for a line feed, VPR for CUD
and what begins with CSI > for what begins with CSI, and knows no character sets in UTF-8. Feed an `Emulator` where that
matters.
"""
