"""The screen's policy: when a frame is worth taking, and how many are kept. Units are seconds and frames."""

from typing import Final

#: Output since the last frame up to which it counts as an echo, in bytes; more is a redraw.
ECHO_SIZE: Final = 512

#: How long the PTY must be quiet before a frame is taken. Reason: programs write an echo in one to three writes
#: within a fraction of a millisecond; more waiting would be felt on a LAN.
QUIET: Final = 0.0005

#: RTT up to which an echo does not wait for quiet. Reason: on a LAN that wait and the wake-up after it were 0.9 of the
#: 5.3 ms from key to echo (netem bench, lan), and a frame more for a program's second write costs next to nothing.
NEAR_RTT: Final = 0.006

#: How long a frame may wait for that quiet. Reason: a flood is never quiet.
QUIET_LIMIT: Final = 0.005

#: The same for a redraw. Reason: a screenful passes a PTY in pieces of 4 KB, some ms apart on a busy host, and each
#: piece sent as a frame of its own costs several ms at either end: a 160x48 repaint took 62 ms on a LAN instead of 20.
REDRAW_QUIET: Final = 0.003
REDRAW_QUIET_LIMIT: Final = 0.012

#: The same on a LAN, where the wait is felt more than a frame too many: a 160x48 repaint took 18.4 ms instead of 20.1.
NEAR_REDRAW_QUIET: Final = 0.001

#: Frames a second under constant output. Reason: a 50 Hz display; Mosh's cap is the same.
FRAME_INTERVAL: Final = 0.020

#: The same for a while after a key: what a key did to a flood, Ctrl-C above all, shall not wait for the flood's next
#: frame. Unit: seconds. Source: 17.5 ms from Ctrl-C to the stop on a LAN, of which 13 were that wait.
ATTENTIVE_INTERVAL: Final = 0.004
ATTENTION: Final = 0.040

#: Frames that may leave without that spacing. Reason: an editor redraws in a few writes some ms apart and each
#: shall be shown at once.
FRAME_BURST: Final = 5

#: How long a program may hold a synchronized update (mode 2026) open before a frame is taken all the same.
SYNCHRONIZED_LIMIT: Final = 0.150

#: Most frames that the server keeps as possible bases: the newest one shown and those sent since, the oldest given up
#: first. Reason: 2.5 s at full rate; an acknowledgement that takes longer moves the base no more, and no harm is done.
MAX_SENT_FRAMES: Final = 128

#: Most frames that the client keeps as possible bases, the same way. Reason: more than the server keeps, so that it is
#: never the client that lacks one.
MAX_RECEIVED_FRAMES: Final = 2 * MAX_SENT_FRAMES
