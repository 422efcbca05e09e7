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

#: Messages that a picture is sent in, rather than a page: from so many bytes on. Reason: a page of 960 pairs of colours
#: at 160x48 has 11.6 kB, and costs either end less than a round trip on most links.
PICTURE_SIZE: Final = 1 << 14

#: The same as REDRAW_QUIET and its limit while such a message is not shown yet; the first on links whose round trip is
#: no longer. Reason: the next starts from what is shown, so whatever the last one has would be sent and painted twice,
#: and programs that draw pictures pause for some ms on a busy host. Unit: seconds.
PICTURE_QUIET: Final = 0.020
PICTURE_QUIET_LIMIT: Final = 0.100

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

#: Probability with which a message of several symbols shall arrive in its first flight, above IMPATIENT_ABOVE_LOSS;
#: below, where nines are cheap, it is ARRIVAL_GOAL. Reason: the next is a round trip later, and its last nines cost
#: most: at 29 % loss 0.99 is 32.8 kB a page and p50/p90/p99 130/146/372, this 26.0 kB and 130/146/269. What is missing
#: after the first flight is little, and has been waited for: of that they are worth it.
#: Source: tests/benchmarks/lossy_pages.py.
MESSAGE_GOAL: Final = 0.93

#: The same by what is on its way, below which more of it leaves. Reason: each loss that shows makes it less and each
#: arrival more, so that the first is missed by chance at some moment of nearly every flight.
REFILL_BELOW: Final = 0.8

#: How long a client may take to show a large message before it acknowledges it, in seconds. Reason: 15 ms for 960
#: pairs of colours on a busy host; what seems missing before would be repeated in vain.
TIME_TO_SHOW: Final = 0.030

#: Loss above which every frame is acknowledged at once. Reason: one loss among the last 60 packets or so is above it,
#: and what waits for an acknowledgement that is late anyway is repeated as much later.
CALM_LOSS: Final = 0.005

#: Seconds after a key for which they are, and the fewest frames that must have followed each other closely before one
#: may wait. Reason: what a key did shall be known to have arrived; a command's output is a few frames, and then none
#: comes that would be acknowledged with the last.
UNHURRIED_AFTER_KEY: Final = 1.0
STEADY_FRAMES: Final = 5

#: How much larger than the frame before one may be that says it again, as a factor or in bytes, whichever is more, and
#: for how many frames none waits where it is larger. Reason: a clock's or a spinner's next state replaces the last and
#: is as long; text that grows is sent twice, which is cheaper than the acknowledgement that it saves (24 bytes, 16 of
#: authentication, 28 of headers) while it grows by a word or two.
UNHURRIED_GROWTH: Final = 1.25
UNHURRIED_SURPLUS: Final = 64
UNHURRIED_AGAIN_AFTER: Final = 64
