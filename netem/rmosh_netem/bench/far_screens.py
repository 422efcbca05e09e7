"""Programs that the far side runs to keep a screen busy; small, and of Python's own library."""

from typing import Final

#: A coding agent's screen, so many times a second: erased and written whole, as one update (mode 2026), though hardly
#: more than a spinner, a clock and a word change. Its transcript moves up by a row when a line is full.
AGENT: Final = r"""
import os, sys, time
pause, (columns, rows) = 1 / float(sys.argv[1]), os.get_terminal_size(0)
words = "the test reads a value that was never set so it fails before the session starts".split()
width, log, line = columns - 4, [], "\033[1m*\033[0m"
def said(number):
    kinds = ("\033[32m+ %3d\033[0m ", "\033[31m- %3d\033[0m ", "\033[2m  %3d\033[0m ", "\033[36m> %3d\033[0m ")
    text = " ".join(words[(number * 7 + each) % len(words)] for each in range(40))
    return kinds[number % 4] % (number % 1000) + text[:width - 6]
log = [said(number) for number in range(rows)]
number, due, bar = rows, time.monotonic(), "\033[90m" + "\u2500" * (columns - 2)
tick = 0
while True:
    line += " " + words[tick % len(words)]
    if len(line) > width:
        log, number, line = log[1:] + [said(number)], number + 1, "\033[1m*\033[0m"
    spinner = "\033[35m%s\033[0m Thinking... \033[2m(%ds, esc to interrupt)\033[0m" % ("|/-\\"[tick % 4], tick * pause)
    box = [bar + "\033[0m", "> write the test first", bar + "\033[0m", "\033[2m  ? for shortcuts\033[0m"]
    shown = log[6 - rows:] + [line, spinner] + box
    frame = "\033[?2026h\033[2J\033[H" + "\r\n".join(shown) + "\033[?2026l"
    os.write(1, frame.encode())
    tick, due = tick + 1, due + pause
    time.sleep(max(0.0, due - time.monotonic()))
"""
